"""A survey of all convolution layers beside a plain forward pass over the same images.

* plain: the network alone over the same prepared images, at the best of: one or as many threads as there are processors in as
  many lanes, 4, 8 or 32 images, plain or channels-last.
* patches: `survey` with the strongest images alone (has_statistics=False), of all convolution layers.
* everything: `survey` of all layers with all statistics, without a folder and with one.
* memory: the peak of a process that surveys files, at two numbers of images.

Everything of a round runs in turn; the ratio is the median over rounds.

Run: make bench, or python benchmarks/survey.py [speed] [memory] [--small]
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median

import numpy as np
import torch
from extraction import write_photographs
from lite import lite
from machine import heading

from striate.analyse import layers as readings_of
from striate.data import batches, load_data
from striate.nets import Network, load_network
from striate.observe.survey import survey
from striate.trace import trace
from striate.trace.shell import twin

FORMATS = {"plain": torch.contiguous_format, "channels-last": torch.channels_last}
CORES = os.cpu_count() or 1


def networks() -> dict[str, Network]:
    """Return the networks measured: published weights, and a larger one with random ones, which take as long."""
    return {"EfficientNet-Lite0": lite(), "ResNet-18": load_network("torchvision:resnet18")}


def photographs(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return parts of scikit-image's photographs, 224 × 224, as one array in memory, with which photograph each is of."""
    from PIL import Image

    with tempfile.TemporaryDirectory() as folder:
        write_photographs(Path(folder), (640, 480), 1)
        whole = [np.asarray(Image.open(path).convert("RGB")) for path in sorted(Path(folder).rglob("*.jpg"))]
    draw = np.random.default_rng(0)
    found = []
    for number in range(count):
        picture = whole[number % len(whole)]
        top, left = (int(draw.integers(0, side - 224)) for side in picture.shape[:2])
        found.append(picture[top : top + 224, left : left + 224].transpose(2, 0, 1))
    return np.stack(found), np.arange(count) % len(whole)


def plain(network: Network, dataset, *, lanes: int, threads: int, size: int, layout: str) -> float:
    """Return the seconds of a plain pass over the data."""
    modules = [twin(network.module).eval().to(memory_format=FORMATS[layout]) for _ in range(lanes)]

    def one(images: torch.Tensor) -> torch.Tensor:
        torch.set_num_threads(threads)
        module = modules.pop()
        with torch.inference_mode():
            scores = module(images.contiguous(memory_format=FORMATS[layout])).float().clone()
        modules.append(module)
        return scores

    began = time.perf_counter()
    with ThreadPoolExecutor(lanes) as pool:
        waiting = []
        for batch in batches(dataset, tuple(range(len(dataset))), network.preprocessing, batch_size=size):
            waiting.append(pool.submit(one, batch.images))
            if len(waiting) > 2 * lanes:
                waiting.pop(0).result()
        for left in waiting:
            left.result()
    taken = time.perf_counter() - began
    torch.set_num_threads(CORES)
    return taken


def best_setting(network: Network, dataset) -> dict:
    """Return the setting in which a plain pass is fastest."""
    settings = [
        {"lanes": lanes, "threads": threads, "size": size, "layout": layout}
        for lanes, threads in {(1, CORES), (CORES, 1)}
        for size in (4, 8, 32)
        for layout in FORMATS
    ]
    taken = [min(plain(network, dataset, **setting) for _ in range(2)) for setting in settings]
    return settings[int(np.argmin(taken))]


def speed(count: int, rounds: int) -> None:
    dataset = load_data(photographs(count))
    few = load_data(photographs(64))
    for name, network in networks().items():
        recording = trace(network.module, (1, *network.input_shape))
        convolutions = [reading.name for reading in readings_of(recording.graph) if reading.kind == "conv"]
        setting = best_setting(network, few)
        words = (
            f"{setting['lanes']} lanes of {setting['threads']} threads, {setting['size']} images, {setting['layout']}"
        )
        print(f"{name}: {len(convolutions)} convolutions, {count} images; plain pass at its best: {words}", flush=True)
        ratios: dict[str, list[float]] = {"patches": [], "everything": [], "everything, in a folder": []}
        for _ in range(rounds):
            own = plain(network, dataset, **setting)
            for what, taken in ratios.items():
                with tempfile.TemporaryDirectory() as folder:
                    began = time.perf_counter()
                    survey(
                        network,
                        dataset,
                        layers=convolutions if what == "patches" else None,
                        has_statistics=what != "patches",
                        folder=folder if "folder" in what else None,
                        recording=recording,
                    )
                    taken.append((time.perf_counter() - began) / own)
            again = plain(network, dataset, **setting)
            print(
                f"  plain {1000 * own / count:.1f} and {1000 * again / count:.1f} ms an image, "
                + ", ".join(f"{what} {taken[-1]:.2f} ×" for what, taken in ratios.items()),
                flush=True,
            )
        for what, taken in ratios.items():
            print(
                f"{name}, {what}: {median(taken):.2f} × a plain pass ({min(taken):.2f} to {max(taken):.2f})", flush=True
            )
        print()


def peak(folder: str, count: int) -> None:
    """Survey the first files of a folder, and print the peak of this process in MB."""
    torch.set_num_threads(1)
    dataset = load_data(folder)
    found = survey(lite(), dataset, range(count), folder=f"{folder}-{count}-survey")
    print(len(found.samples), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)


def memory(copies: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        write_photographs(Path(folder, "p"), (320, 240), copies)
        total = len(list(Path(folder, "p").rglob("*.jpg")))
        for count in (total // 4, total):
            call = [sys.executable, __file__, "--peak", str(Path(folder, "p")), str(count)]
            images, size = subprocess.run(call, check=True, capture_output=True, text=True).stdout.split()
            print(f"peak memory, EfficientNet-Lite0, everything in a folder: {images} images, {size} MB", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("what", nargs="*", default=["speed", "memory"])
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--peak", nargs=2)
    given = parser.parse_args()
    if given.peak:
        peak(given.peak[0], int(given.peak[1]))
        return
    print(heading("Survey: all units of all layers in one pass"))
    if "speed" in given.what:
        speed(*((64, 1) if given.small else (512, 3)))
    if "memory" in given.what:
        memory(10 if given.small else 60)


if __name__ == "__main__":
    main()
