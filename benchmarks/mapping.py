"""A map of 20,000 vectors beside openTSNE's defaults on the same input, and 10,000 × 1,280 from vectors to what is told of them.

The vectors are real: the 5,000 digits and three shifts of each, through a small network trained on the digits, at what enters
its first fully connected layer (784); and 10,000 of these pictures through EfficientNet-Lite0 (1,280). Both sides alternate
in one run, with as many threads; both maps are judged in the space of all features. Run: make bench, or
python benchmarks/mapping.py [pairs] [--wide] [--narrow].
"""

import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from lite import lite
from machine import heading

from striate.blueprint import Blueprint
from striate.data import load_data
from striate.features.mapping import (
    Known,
    forecast_map,
    map_layer,
    map_quality,
    nearest_rows,
    place_points,
    principal_axes,
)
from striate.nets import load_network
from striate.numbers import duration
from striate.records import Recipe
from striate.train import train

TEXT = "input 1x28x28; conv 3x3 8, batchnorm, relu; maxpool 2; conv 3x3 16, batchnorm, relu; maxpool 2; fc 32, relu; classes 10"
SHIFTS = ((0, 0), (0, 2), (2, 0), (-2, -1))


def pictures() -> tuple[torch.Tensor, np.ndarray]:
    """Return the digits and their shifts, (20000, 1, 28, 28) of 0 to 1, and their classes."""
    digits = load_data("digits")
    images = torch.stack([digits.read(index) for index in range(len(digits))]).float() / 255
    shifted = torch.cat([torch.roll(images, shift, (2, 3)) for shift in SHIFTS])
    return shifted, np.tile(digits.targets().numpy(), len(SHIFTS)).astype(np.int64)


def narrow_vectors(images: torch.Tensor) -> np.ndarray:
    """Return what enters the first fully connected layer of a small trained network, (n, 784)."""
    with tempfile.TemporaryDirectory() as folder:
        recipe = Recipe(optimizer="adamw", rate=0.004, epochs=2, batch=50, weight_decay=0.05)
        train(Blueprint.from_text(TEXT), load_data("digits"), recipe, Path(folder) / "run")
        network = load_network(str(Path(folder) / "run"))
    module = network.module.eval()
    kept: list[torch.Tensor] = []
    layer = next(one for one in module.modules() if isinstance(one, torch.nn.Linear))
    handle = layer.register_forward_hook(lambda _, given, __: kept.append(given[0].detach().clone()))
    how = network.preprocessing
    with torch.no_grad():
        for batch in images.split(500):
            module((batch - how.mean[0]) / how.std[0])
    handle.remove()
    return torch.cat(kept).numpy()


def wide_vectors(images: torch.Tensor) -> np.ndarray:
    """Return pooled features of EfficientNet-Lite0, (n, 1280), of the pictures at 64 × 64."""
    module = lite().module.eval()
    found = []
    with torch.no_grad():
        for batch in images.split(100):
            large = torch.nn.functional.interpolate(batch, size=(64, 64), mode="bilinear").expand(-1, 3, -1, -1)
            found.append(module.forward_head(module.forward_features(large * 2 - 1), pre_logits=True))
    return torch.cat(found).numpy()


def ours(vectors: np.ndarray) -> np.ndarray:
    """Return the map as Striate makes it."""
    axes = principal_axes(vectors).place(vectors)
    return place_points(nearest_rows(vectors, 90), axes, perplexity=30.0).points.astype(np.float32)


def theirs(vectors: np.ndarray) -> np.ndarray:
    """Return the map as openTSNE makes it when nothing is said but the threads."""
    from openTSNE import TSNE

    return np.array(TSNE(n_jobs=torch.get_num_threads(), random_state=0).fit(vectors), np.float32)


def timed(work, *given) -> tuple[float, np.ndarray]:
    """Return the seconds one call takes, and what it returns."""
    began = time.perf_counter()
    found = work(*given)
    return time.perf_counter() - began, found


def compare(vectors: np.ndarray, pairs: int) -> None:
    """Print both sides' seconds and qualities, pair by pair, and the median of the ratios."""
    ours(vectors[:500])
    theirs(vectors[:500])
    ratios = []
    for _ in range(pairs):
        their_s, their_map = timed(theirs, vectors)
        our_s, our_map = timed(ours, vectors)
        their, our = map_quality(vectors, [their_map, our_map])
        ratios.append(their_s / our_s)
        print(
            f"openTSNE {their_s:.0f} s, trustworthiness {their.trustworthiness:.4f}, continuity {their.continuity:.4f}, recall "
            f"{their.recall:.3f}; Striate {our_s:.0f} s, {our.trustworthiness:.4f}, {our.continuity:.4f}, {our.recall:.3f}: "
            f"{ratios[-1]:.2f}×",
            flush=True,
        )
    print(f"median of the ratios of {len(vectors)} × {vectors.shape[1]}: {statistics.median(ratios):.2f}×")


def measure_whole(vectors: np.ndarray, truth: np.ndarray) -> None:
    """Print what a map with everything that is measured takes, beside what was told."""
    told = forecast_map(len(vectors), (vectors.shape[1],), pixels=0)
    known = Known(truth="classes", targets=truth, rows=np.arange(len(truth)))
    seconds, (layer, _) = timed(lambda: map_layer("pooled", vectors, known))
    print(
        f"{len(vectors)} × {vectors.shape[1]}, map, four more beside it and all measures: {duration(seconds)}, told "
        f"{duration(told.seconds)}; trustworthiness {layer.quality.trustworthiness:.4f}, recall {layer.quality.recall:.3f}"
    )


def main() -> None:
    """Print all rows."""
    pairs = next((int(word) for word in sys.argv[1:] if word.isdigit()), 3)
    print(heading("Maps of feature vectors"))
    images, truth = pictures()
    if "--wide" not in sys.argv:
        compare(narrow_vectors(images), pairs)
    if "--narrow" not in sys.argv:
        some = np.arange(0, len(images), 2)
        measure_whole(wide_vectors(images[some]), truth[some])


if __name__ == "__main__":
    main()
