"""Half of scikit-learn's digits to learn from, the other half to adapt to."""

import torch

TEXT = (
    "input 1x8x8; conv 3x3 8, batchnorm, relu; conv 3x3 8, batchnorm, relu; maxpool 2; conv 3x3 16, batchnorm, relu; "
    "fc 24, relu; classes 5"
)


def half(wanted, count=None, *, targets=None):
    """Digits of some classes, so many of each, as 8 × 8 grey images; `targets` makes something else of the classes."""
    from sklearn.datasets import load_digits

    from striate.data import load_data

    images, classes = load_digits(return_X_y=True)
    images = torch.from_numpy(images.reshape(-1, 8, 8) * 15).byte()
    kept = [n for name in wanted for n in [n for n, one in enumerate(classes) if one == name][:count]]
    told = [f"digit {classes[n]}" for n in kept] if targets is None else [targets(int(classes[n])) for n in kept]
    return load_data((images[kept], told))
