"""A store of a million real feature vectors: handwritten digits, turned and shifted, through a small trained network.

Of the 5,000 digits 100 are kept out, and so are all their pictures: they are asked as queries. The others are each turned by up
to 20°, scaled by up to a tenth and shifted by up to 3 pixels, 205 times; each picture is rounded to bytes, as a file would hold
it. The vector is what enters the first fully connected layer: 512 averages of maps.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from striate.blueprint import Blueprint
from striate.data import load_data, prepare
from striate.data.pixels import content_key
from striate.features.extraction import plan_vectors
from striate.features.store import VectorStore
from striate.features.store.columns import table_schema
from striate.features.store.lock import only_writer
from striate.nets import Network, load_network
from striate.records import Recipe
from striate.train import train

NETWORK = (
    "input 1x28x28; conv 5x5 16 stride 2, relu; conv 3x3 32 stride 2, relu; conv 3x3 64 stride 2, relu; conv 1x1 512, relu; "
    "globalavgpool; classes 10"
)
SIZE = 512
KEPT_OUT = 100
_BLOCK, _APPENDED = 2_000, 20_000


def trained(folder: Path) -> Network:
    """Return the network, trained for four epochs in the folder, or read from it."""
    data = load_data("digits")
    return train(Blueprint.from_text(NETWORK), data, Recipe(rate=0.05, epochs=4, batch=50), folder).network


def turned(images: torch.Tensor, draw: torch.Generator) -> torch.Tensor:
    """Return uint8 images (n, 1, 28, 28), each turned, scaled and shifted by chance."""
    count = len(images)
    angle = (torch.rand(count, generator=draw) * 2 - 1) * (20 * torch.pi / 180)
    scale = 1 + (torch.rand(count, generator=draw) * 2 - 1) * 0.1
    shift = (torch.rand(count, 2, generator=draw) * 2 - 1) * (2 * 3 / 28)
    rotation = torch.stack([angle.cos(), -angle.sin(), angle.sin(), angle.cos()], 1).reshape(-1, 2, 2)
    grid = torch.nn.functional.affine_grid(
        torch.cat([rotation * scale[:, None, None], shift[:, :, None]], 2), list(images.shape), align_corners=False
    )
    return torch.nn.functional.grid_sample(images.float(), grid, align_corners=False).round().clamp(0, 255).byte()


def vectors_of(network: Network, images: torch.Tensor) -> np.ndarray:
    """Return what enters the fully connected layer, (n, 512) float32."""
    held: list[torch.Tensor] = []
    last = [module for module in network.module.modules() if isinstance(module, torch.nn.Linear)][-1]
    hook = last.register_forward_pre_hook(lambda _, inputs: held.append(inputs[0]))
    try:
        with torch.inference_mode():
            network.module(torch.stack([prepare(image, network.preprocessing) for image in images]))
    finally:
        hook.remove()
    return held[0].float().numpy()


def pictures(count: int) -> Iterator[tuple[torch.Tensor, list[int]]]:
    """Yield blocks of pictures and which digit each is of: digit after digit, again and again."""
    digits = load_data("digits")
    draw = torch.Generator().manual_seed(0)
    known = len(digits) - KEPT_OUT
    for start in range(0, count, _BLOCK):
        places = [number % known for number in range(start, min(start + _BLOCK, count))]
        yield turned(torch.stack([digits.read(place) for place in places]), draw), places


def queries(network: Network) -> np.ndarray:
    """Return the vectors of the digits that were kept out, each as it is and turned once, (200, 512)."""
    digits = load_data("digits")
    images = torch.stack([digits.read(place) for place in range(len(digits) - KEPT_OUT, len(digits))])
    return vectors_of(network, torch.cat([images, turned(images, torch.Generator().manual_seed(1))]))


def write_store(address: Path, count: int, folder: Path) -> VectorStore:
    """Return the store with so many rows; one that is there is opened."""
    import pyarrow as pa

    if (address / "vectors.lance").is_dir():
        return VectorStore.open(address)
    network = load_network(str(folder)) if (folder / "network").is_dir() else trained(folder)
    network.module.eval()
    spec = plan_vectors(network, reference=str(folder))
    store = VectorStore.create(address, spec)
    schema = table_schema(spec)
    names = load_data("digits")
    targets = names.targets().tolist()
    pending, number = [], 0
    with only_writer(str(address)):
        for images, places in pictures(count):
            values = vectors_of(network, images)
            contents = [content_key(image.numpy().tobytes()) for image in images]
            columns = {
                "id": [f"{content}.{number + row}" for row, content in enumerate(contents)],
                "content": contents,
                "place": [f"digits/{place}/{number + row}" for row, place in enumerate(places)],
                "path": [""] * len(places),
                "label": [names.output.names[targets[place]] for place in places],
                "targets": [[float(targets[place])] for place in places],
                "group": [str(place) for place in places],
                "split": ["train"] * len(places),
            }
            arrays = [
                pa.array(columns[field.name], field.type)
                if field.name in columns
                else pa.FixedSizeListArray.from_arrays(pa.array(values.reshape(-1)), SIZE)
                if field.name == "vector"
                else pa.nulls(len(places), field.type)
                for field in schema
            ]
            pending.append(pa.Table.from_arrays(arrays, schema=schema))
            number += len(places)
            if number % _APPENDED == 0 or number == count:
                store.append(pa.concat_tables(pending))
                pending = []
    store.compact()
    return store
