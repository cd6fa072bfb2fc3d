"""Small architectures of several families, as blueprints without a warning about their design."""

from striate.blueprint import Blueprint

# Limits may be chosen while looking at networks of the first; nobody tunes on the second.
DEVELOPMENT = ("vgg-bn", "vgg", "lenet")
HELD_OUT = ("residual", "separable", "all-conv", "lenet-bn", "wide-vgg")

# For pictures of 28 to 32 pixels, and for pictures of 8, which bear one halving.
_STAGES = {
    "vgg-bn": (
        "(conv 3x3 8, batchnorm, relu) x2; maxpool 2; (conv 3x3 16, batchnorm, relu) x2; maxpool 2; fc 32, relu",
        "(conv 3x3 16, batchnorm, relu) x2; maxpool 2; conv 3x3 32, batchnorm, relu; fc 32, relu",
    ),
    "vgg": (
        "(conv 3x3 8, relu) x2; maxpool 2; (conv 3x3 16, relu) x2; maxpool 2; fc 32, relu",
        "(conv 3x3 16, relu) x2; maxpool 2; conv 3x3 32, relu; fc 32, relu",
    ),
    "lenet": (
        "conv 5x5 8, relu; maxpool 2; conv 5x5 16, relu; maxpool 2; fc 32, relu",
        "conv 5x5 16, relu; maxpool 2; conv 3x3 32, relu; fc 32, relu",
    ),
    "residual": (
        "conv 3x3 16, batchnorm, relu; maxpool 2; basicblock 16; maxpool 2; basicblock 32; globalavgpool",
        "conv 3x3 16, batchnorm, relu; basicblock 16; maxpool 2; basicblock 32; globalavgpool",
    ),
    "separable": (
        (
            "conv 3x3 16 stride 2, batchnorm, relu; (depthwise 3, batchnorm, relu; conv 1x1 32, batchnorm, relu) x2; maxpool 2; "
            "(depthwise 3, batchnorm, relu; conv 1x1 48, batchnorm, relu) x2; globalavgpool"
        ),
        (
            "conv 3x3 16, batchnorm, relu; depthwise 3, batchnorm, relu; conv 1x1 32, batchnorm, relu; maxpool 2; "
            "depthwise 3, batchnorm, relu; conv 1x1 48, batchnorm, relu; globalavgpool"
        ),
    ),
    "all-conv": (
        (
            "conv 3x3 12, batchnorm, relu; conv 3x3 16 stride 2, batchnorm, relu; conv 3x3 24, batchnorm, relu; "
            "conv 3x3 32 stride 2, batchnorm, relu; conv 3x3 32, batchnorm, relu; globalavgpool"
        ),
        (
            "(conv 3x3 16, batchnorm, relu) x2; conv 3x3 32 stride 2, batchnorm, relu; conv 3x3 32, batchnorm, relu; "
            "globalavgpool"
        ),
    ),
    "lenet-bn": (
        "conv 5x5 8, batchnorm, relu; maxpool 2; conv 5x5 16, batchnorm, relu; maxpool 2; fc 32, relu",
        "conv 5x5 16, batchnorm, relu; maxpool 2; conv 3x3 32, batchnorm, relu; fc 32, relu",
    ),
    "wide-vgg": (
        "conv 3x3 12, relu; maxpool 2; conv 3x3 24, relu; maxpool 2; conv 3x3 32, relu; fc 48, relu, dropout 0.3",
        "conv 3x3 24, relu; maxpool 2; conv 3x3 32, relu; fc 48, relu, dropout 0.3",
    ),
}
NORMALISED = tuple(name for name, (stages, _) in _STAGES.items() if "batchnorm" in stages)
_SMALL_PX = 16


def plan(architecture: str, shape: tuple[int, int, int], classes: int) -> Blueprint:
    """Return an architecture for pictures of a shape, (channels, height, width)."""
    stages = _STAGES[architecture][shape[1] < _SMALL_PX]
    return Blueprint.from_text(f"input {'x'.join(map(str, shape))}; {stages}; classes {classes}")
