"""Adapting EfficientNet-Lite0, with its real weights: what measuring costs, whether the budget is kept, and what peers reach.

* measuring: all features and all probes, beside one plain forward pass over the same images.
* budget: the time told beforehand, the time taken, the time given.
* peers: accuracy, time and memory beside fastai's `fine_tune` and a training at timm's rates (`adapting_peers.py`).

Run: make bench, or python benchmarks/adapting.py [measuring] [budget] [peers] [--small] [--fastai PYTHON]
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import adapting_peers
import numpy as np
import torch
from lite import lite
from machine import heading
from picture_folders import write_digits, write_patches

from striate.data import load_data
from striate.events import Events
from striate.nets import Network
from striate.nets.cuts import cut_points
from striate.records.adapting import CutPoint
from striate.trace import trace
from striate.transfer import Features, adapt, extract_features, probe_cuts
from striate.transfer.preparing import divide
from striate.transfer.probing import Ground

FORMATS = {"plain": torch.contiguous_format, "channels last": torch.channels_last}
BATCHES = (8, 32)
CHUNK = 200
PHOTOGRAPH_COUNT = 21
PROBINGS = 3


class Plain:
    """The loop one would write: Pillow reads and scales, the network answers, in inference mode."""

    def __init__(self, network: Network, paths: list[str]) -> None:
        import timm

        self.paths = paths
        self.module = timm.create_model("efficientnet_lite0")
        self.module.load_state_dict(network.module.state_dict())
        self.module.eval()
        config = timm.data.resolve_data_config({}, model=self.module)
        self.transform = timm.data.create_transform(**config)
        self.batch, self.layout = self._best()

    def run(self, start: int, stop: int) -> float:
        """Return the seconds the images from `start` to before `stop` take; beyond the end it begins anew."""
        from PIL import Image

        chosen = [self.paths[place % len(self.paths)] for place in range(start, stop)]
        began = time.perf_counter()
        with torch.inference_mode():
            for place in range(0, len(chosen), self.batch):
                images = torch.stack(
                    [self.transform(Image.open(path).convert("RGB")) for path in chosen[place : place + self.batch]]
                )
                self.module(images.contiguous(memory_format=FORMATS[self.layout]))
        return time.perf_counter() - began

    def _best(self) -> tuple[int, str]:
        found = {}
        for _ in range(2):
            for self.layout, layout in FORMATS.items():
                self.module.to(memory_format=layout)
                for self.batch in BATCHES:
                    self.run(0, self.batch)
                    taken = self.run(0, 64)
                    found[self.batch, self.layout] = min(taken, found.get((self.batch, self.layout), taken))
        batch, name = min(found, key=found.__getitem__)
        self.module.to(memory_format=FORMATS[name])
        return batch, name


class Alternating(Events):
    """Lets the plain loop run the same images after each chunk of the measured pass, and clocks both."""

    def __init__(self, plain: Plain) -> None:
        self.plain, self.pairs = plain, []
        self._done, self._began = 0, time.perf_counter()

    def progress(self, progress) -> None:
        if progress.done - self._done < CHUNK and progress.done != progress.total:
            return
        own = time.perf_counter() - self._began
        self.pairs.append((own, self.plain.run(self._done, progress.done)))
        self._done, self._began = progress.done, time.perf_counter()


def measure_measuring(*, is_small: bool) -> None:
    """Print what features and probes take beside a plain pass."""
    count = 400 if is_small else 2000
    with tempfile.TemporaryDirectory() as place:
        write_digits(Path(place), np.random.default_rng(0), train=count)
        data = load_data(Path(place) / "train")
        network = lite()
        cuts = cut_points(trace(network.module, (2, *network.input_shape)))
        plain = Plain(network, [str(Path(place) / "train" / sample.place) for sample in data.samples])
        watch = Alternating(plain)
        features = extract_features(network, data, tuple(range(len(data))), cuts, events=watch)
        ground = ground_of(data, features.targets)
        probing = [(probing_s(features, cuts, ground), plain.run(0, CHUNK) / CHUNK * count) for _ in range(PROBINGS)]
    ratios = sorted(ours / theirs for ours, theirs in watch.pairs)
    probes = median(ours / theirs for ours, theirs in probing)
    print(
        f"measuring: {count} digits at 224 px, {len(cuts)} cuts; plain loop {sum(pair[1] for pair in watch.pairs):.1f} s (batch "
        f"{plain.batch}, {plain.layout}), features in {features.memory_format}\n"
        f"  features {median(ratios):.2f} times the plain pass ({ratios[0]:.2f} to {ratios[-1]:.2f}, {len(ratios)} pairs), "
        f"probes {probes:.2f} ({median(pair[0] for pair in probing):.1f} s, {ground.fold_count} folds)\n"
        f"  together {median(ratios) + probes:.2f} times; target at most 1.3",
        flush=True,
    )


def probing_s(features: Features, cuts: Sequence[CutPoint], ground: Ground) -> float:
    """Return the seconds all probes take."""
    began = time.perf_counter()
    probe_cuts(features.of(ground.samples), cuts, ground)
    return time.perf_counter() - began


def ground_of(data, targets: torch.Tensor) -> Ground:
    """Return folds and targets as `adapt` makes them, without looking for near-duplicates."""
    parts = divide(data)
    folds = torch.zeros(len(parts.samples), dtype=torch.int64)
    for number, part in enumerate(parts.folds.parts):
        folds[list(part)] = number
    return Ground(
        kind="classes", outputs=data.output.count, targets=targets[list(parts.samples)], folds=folds, samples=parts.samples
    )  # fmt: skip


def measure_budget(*, is_small: bool) -> None:
    """Print, for each budget, what was told and what was taken."""
    each = 4 if is_small else 24
    network = lite()
    for budget_s in (40.0,) if is_small else (600.0, 120.0):
        with tempfile.TemporaryDirectory() as place:
            write_patches(Path(place) / "patches", np.random.default_rng(0), each=each)
            data = load_data(Path(place) / "patches" / "train")
            found = adapt(network, data, Path(place) / "run", budget_s=budget_s, by_folder=True).adaptation
        ratio = found.told_s / found.seconds
        print(
            f"budget: {len(data)} patches of {PHOTOGRAPH_COUNT} photographs at 224 px, {budget_s:.0f} s given: told "
            f"{found.told_s:.0f} s, taken {found.seconds:.0f} s, told / taken {ratio:.2f} (target 0.7 to 1.3), "
            f"{'within' if found.seconds <= budget_s else 'OVER'} the budget\n"
            f"  chosen {found.chosen!r} of {len(found.candidates)} regimes, {found.folds} folds, test "
            f"{'none' if found.test is None else f'{found.test.mean:.1%} of {found.test.count}'}",
            flush=True,
        )


def main() -> int:
    """Print what was asked for; everything if nothing was named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART", help="measuring, budget, peers; all by default")
    parser.add_argument("--small", action="store_true", help="a dry run: little data, one draw, little time")
    adapting_peers.add_options(parser)
    options = parser.parse_args()
    unknown = set(options.parts) - {"measuring", "budget", "peers"}
    if unknown:
        parser.error(f"a part must be measuring, budget or peers; got {', '.join(sorted(unknown))}")
    chosen = options.parts or ["measuring", "budget", "peers"]
    print(heading("Adapting EfficientNet-Lite0 with its ImageNet weights"), flush=True)
    if "measuring" in chosen:
        measure_measuring(is_small=options.small)
    if "budget" in chosen:
        measure_budget(is_small=options.small)
    if "peers" in chosen:
        adapting_peers.measure(options)
    return 0


if __name__ == "__main__":
    sys.exit(main())
