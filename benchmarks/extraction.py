"""Extraction from JPEG files beside what its parts take alone, and beside the loop one would write.

* parts: the rate of `extract` times (decode + network), both measured alone with as many lanes in the same run: decoding is
  reading a file, its pixels and the prepared input. 1 means that keys, thumbnails, rows and the store cost nothing.
* loop: `extract` beside torchvision's ImageFolder, transforms and DataLoader and the same network, the loop at the best of its
  settings: 0, 1 or 2 workers, 8 or 32 images, plain or channels-last.
* reduced: how far vectors of JPEGs decoded at a reduced size are from those of whole ones.

The photographs are those of scikit-image, enlarged to 4000 × 3000 and with a camera's grain, so that a file has some 3 MB;
and the same at 640 × 480.

Run: make bench, or python benchmarks/extraction.py [parts] [loop] [reduced] [--small]
"""

import argparse
import tempfile
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median

import numpy as np
import torch
from lite import lite
from machine import heading
from picture_folders import PHOTOGRAPHS

from striate.data import list_data
from striate.data.decoding import read_bytes
from striate.data.files import decode_file
from striate.features.extraction import extract, plan_vectors
from striate.features.extraction.running import Runner
from striate.features.extraction.views import needed_px, views_of
from striate.features.store import VectorStore
from striate.nets import Network
from striate.records.vectors import VectorChoice, VectorSpec

LARGE, SMALL = (4000, 3000), (640, 480)
LANES = 2


def write_photographs(folder: Path, size: tuple[int, int], copies: int) -> None:
    """Write every photograph `copies` times, each at another place of it and with grain of its own."""
    import skimage
    from PIL import Image

    draw = np.random.default_rng(0)
    for name, files in PHOTOGRAPHS.items():
        (folder / name).mkdir(parents=True, exist_ok=True)
        for file in files:
            path = Path(skimage.__file__).parent / "data" / file
            if not path.exists():
                continue
            whole = Image.open(path).convert("RGB")
            for copy in range(copies):
                side = 0.9 * min(whole.size)
                left, top = (draw.uniform(0, length - side) for length in whole.size)
                box = (left, top, left + side, top + 0.75 * side)
                large = np.asarray(whole.resize(size, Image.Resampling.BICUBIC, box=box), dtype=np.int16)
                grain = draw.normal(0, 5, (size[1], size[0], 1)).astype(np.int16)
                picture = Image.fromarray((large + grain).clip(0, 255).astype(np.uint8))
                picture.save(folder / name / f"{file}-{copy}.jpg", quality=90)


def in_lanes(work, items) -> float:
    """Return the seconds that some work takes in as many threads as there are lanes."""

    def one(item) -> None:
        torch.set_num_threads(1)
        work(item)

    with ThreadPoolExecutor(LANES) as pool:
        list(pool.map(one, items[:LANES]))
        began = time.perf_counter()
        list(pool.map(one, items))
        return time.perf_counter() - began


def decoded(path: Path, spec: VectorSpec) -> torch.Tensor:
    """Return a file as the network's input."""
    least = needed_px(spec.preprocessing, spec.views)
    return views_of(decode_file(path.name, read_bytes(path), at_least_px=least).values, spec.preprocessing, spec.views)


def parts(network: Network, folder: Path, label: str, rounds: int) -> None:
    """Print the rate of the whole beside that of its parts."""
    spec = plan_vectors(network)
    entries = list_data(folder).entries
    runner = Runner(network, spec)
    runners = [runner, *(runner.again() for _ in range(LANES - 1))]
    batch = torch.randn(spec.batch_size, *network.input_shape)
    ratios = []
    for _ in range(rounds):
        decode_s = in_lanes(lambda entry: decoded(entry.path, spec), entries) / len(entries)
        passes = [
            (number, runners[number % LANES])
            for number in range(-(-len(entries) // spec.batch_size) // LANES * LANES or LANES)
        ]
        network_s = in_lanes(lambda item: item[1].run(batch), passes) / (len(passes) * spec.batch_size)
        with tempfile.TemporaryDirectory() as store:
            found = extract(network, folder, f"{store}/v", lanes=LANES)
        whole_s = found.seconds / found.computed
        ratios.append((decode_s + network_s) / whole_s)
        print(
            f"  {label}: decode {1000 * decode_s:.1f} ms, network {1000 * network_s:.1f} ms an image, "
            f"whole {1000 * whole_s:.1f} ms, ratio {ratios[-1]:.2f}",
            flush=True,
        )
    print(
        f"{label}: {median(ratios):.2f} of 1 / (decode + network), median of {rounds} ({len(entries)} files)\n",
        flush=True,
    )


def plain_loop(network: Network, folder: Path, workers: int, batch_size: int, layout: torch.memory_format) -> float:
    """Return the seconds an image takes in the loop one would write."""
    from torch.utils.data import DataLoader
    from torchvision import transforms
    from torchvision.datasets import ImageFolder

    how = network.preprocessing
    side = (how.scaled_px or how.shape[1:])[0]
    transform = transforms.Compose([
        transforms.Resize(side), transforms.CenterCrop(how.shape[1]), transforms.ToTensor(),
        transforms.Normalize(how.mean, how.std),
    ])  # fmt: skip
    # lancedb, loaded in this process, warns of fork; the loop does not use it.
    warnings.filterwarnings("ignore", message="lancedb fork support")
    loader = DataLoader(ImageFolder(folder, transform), batch_size=batch_size, num_workers=workers)
    module = network.module.to(memory_format=layout)
    vectors, count = [], 0
    began = time.perf_counter()
    with torch.inference_mode():
        for images, _ in loader:
            kept = module.forward_features(images.contiguous(memory_format=layout))
            vectors.append(kept.mean((2, 3)))
            count += len(images)
    taken = (time.perf_counter() - began) / count
    network.module.to(memory_format=torch.contiguous_format)
    return taken


def loop(network: Network, folder: Path, rounds: int) -> None:
    """Print the rate of `extract` beside the plain loop at its best."""
    formats = {"plain": torch.contiguous_format, "channels-last": torch.channels_last}
    tried = {
        (workers, size, name): plain_loop(network, folder, workers, size, layout)
        for workers in (0, 1, 2)
        for size in (8, 32)
        for name, layout in formats.items()
    }
    best = min(tried, key=lambda setting: tried[setting])
    print(f"the loop's best: {best[0]} workers, {best[1]} images, {best[2]}", flush=True)
    ratios = []
    for _ in range(rounds):
        own = plain_loop(network, folder, best[0], best[1], formats[best[2]])
        with tempfile.TemporaryDirectory() as store:
            ours = extract(network, folder, f"{store}/v", lanes=LANES).image_s
        ratios.append(own / ours)
        print(f"  loop {1000 * own:.1f} ms, extract {1000 * ours:.1f} ms an image, ratio {ratios[-1]:.2f}", flush=True)
    print(f"beside the loop: {median(ratios):.2f} times as fast, median of {rounds}\n", flush=True)


def reduced(network: Network, folder: Path) -> None:
    """Print how far reduced decoding moves vectors, beside how far apart photographs are."""
    with tempfile.TemporaryDirectory() as store:
        extract(network, folder, f"{store}/r", lanes=LANES)
        extract(network, folder, f"{store}/w", VectorChoice(is_reduced=False), lanes=LANES)
        one, other = (VectorStore.open(f"{store}/{name}").vectors().values for name in "rw")
    unit = [values / np.linalg.norm(values, axis=1, keepdims=True) for values in (one, other)]
    same = (unit[0] * unit[1]).sum(1)
    apart = unit[1] @ unit[1].T
    np.fill_diagonal(apart, -1)
    found = (unit[0] @ unit[1].T).argmax(1) == np.arange(len(one))
    print(
        f"reduced beside whole: cosine {same.min():.4f} at least, median {np.median(same):.4f};"
        f" the nearest other photograph {np.median(apart.max(1)):.4f};"
        f" {found.mean():.1%} of the reduced vectors are nearest to their own whole one\n",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("what", nargs="*", default=["parts", "loop", "reduced"])
    parser.add_argument("--small", action="store_true")
    given = parser.parse_args()
    copies, rounds = (1, 1) if given.small else (16, 5)
    print(heading("Extraction: EfficientNet-Lite0 at 224 px from JPEG files"))
    network = lite()
    with tempfile.TemporaryDirectory() as folder:
        large, small = Path(folder, "large"), Path(folder, "small")
        write_photographs(large, LARGE, copies)
        write_photographs(small, SMALL, 2 * copies)
        size = np.mean([path.stat().st_size for path in large.rglob("*.jpg")])
        counts = [len(list(place.rglob("*.jpg"))) for place in (large, small)]
        print(f"{counts[0]} photographs of 12 megapixels ({size / 1e6:.1f} MB), {counts[1]} of 640 × 480\n")
        if "parts" in given.what:
            parts(network, large, "12 megapixels", rounds)
            parts(network, small, "640 × 480", rounds)
        if "loop" in given.what:
            loop(network, large, rounds)
        if "reduced" in given.what:
            reduced(network, large)


if __name__ == "__main__":
    main()
