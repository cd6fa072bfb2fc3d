"""The one pass through the frozen network: pooled features at every cut, for every sample."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median

import torch
from torch import Tensor, nn

from striate.data import Dataset, batches
from striate.events import SILENT, Events, Task
from striate.nets import Network
from striate.records.adapting import CutPoint
from striate.trace import Site, hearing
from striate.trace.shell import twin, unwrapped
from striate.trace.state import eval_mode, kept_randomness

BATCH = 8
# The first batches go through in both memory formats in turn; the faster one by their medians does the rest.
_TRIED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """What a frozen network makes of samples, at every cut.

    Attributes:
        rows: (n, features) float32 by the cut's name.
        indices: Of the samples in the data set, in the order of the rows.
        targets: Of the samples: (n,) classes, or (n, outputs).
        seconds: What the pass took.
        image_s: Seconds an image, once the format was chosen.
        memory_format: "plain" or "channels-last".
    """

    rows: Mapping[str, Tensor]
    indices: tuple[int, ...]
    targets: Tensor
    seconds: float
    image_s: float
    memory_format: str

    def of(self, places: Sequence[int]) -> Features:
        """Return the features of some rows, in the order given."""
        chosen = list(places)
        return replace(
            self,
            rows={name: rows[chosen] for name, rows in self.rows.items()},
            indices=tuple(self.indices[place] for place in chosen),
            targets=self.targets[chosen],
        )


def extract_features(
    network: Network,
    dataset: Dataset,
    indices: Sequence[int],
    cuts: Sequence[CutPoint],
    *,
    batch_size: int = BATCH,
    events: Events = SILENT,
) -> Features:
    """Return the averaged features of samples at every cut, in one pass in eval mode.

    Of each value only the means are kept, so that memory does not grow with the number of cuts. The network is left as it
    came: a copy of it runs.

    Args:
        network: The pretrained network.
        dataset: Where the samples are.
        indices: Which, each once.
        cuts: Of `cut_points`.
        batch_size: Images at once; on processors few are faster than many.
        events: Hears "features" by the image; may cancel between batches.

    When it misleads:
        Batches of other sizes and other memory formats round differently: about 1e-6 of a feature.
    """
    module = twin(unwrapped(network.module)).eval()
    heard: defaultdict[str, list[Tensor]] = defaultdict(list)
    over = {cut.name: cut.over for cut in cuts}

    def hear(name: str, value: Tensor) -> None:
        pooled = value.float().mean(over[name]) if over[name] else value.float()
        heard[name].append(pooled.flatten(1).cpu().clone())

    sites = [Site(name=cut.name, path=cut.path, turn=cut.turn, side=cut.side) for cut in cuts]
    task = Task("features", total=len(indices), unit="image", events=events)
    formats = _Formats(module)
    targets, began = [], time.monotonic()
    with kept_randomness(), eval_mode(module), torch.inference_mode(), hearing(module, sites, hear) as begin:
        for batch in batches(dataset, tuple(indices), network.preprocessing, batch_size=batch_size):
            begin()
            formats.run(batch.images.to(formats.device))
            targets.append(batch.targets)
            task.advance(len(batch.targets))
    return Features(
        rows={name: torch.cat(rows) for name, rows in heard.items()},
        indices=tuple(indices),
        targets=torch.cat(targets),
        seconds=time.monotonic() - began,
        image_s=formats.image_s(),
        memory_format=formats.chosen(),
    )


class _Formats:
    """Runs batches, the first ones in both memory formats in turn, and goes on with the faster."""

    _NAMES: Mapping[str, torch.memory_format] = {
        "plain": torch.contiguous_format,
        "channels-last": torch.channels_last,
    }

    def __init__(self, module: nn.Module) -> None:
        self._module = module
        self._seconds: dict[str, list[float]] = {name: [] for name in self._NAMES}
        self.device = next((p.device for p in module.parameters()), torch.device("cpu"))
        self._now = ""

    def run(self, images: Tensor) -> None:
        name = self._next() if images.ndim == 4 else "plain"
        if name != self._now and images.ndim == 4:
            self._module.to(memory_format=self._NAMES[name])
            self._now = name
        began = time.perf_counter()
        self._module(images.contiguous(memory_format=self._NAMES[name]))
        self._seconds[name].append((time.perf_counter() - began) / len(images))

    def _next(self) -> str:
        for name, seconds in self._seconds.items():
            # One more than is counted: a format's first batch also plans the products.
            if len(seconds) <= _TRIED:
                return name
        return self.chosen()

    def chosen(self) -> str:
        known = {name: median(seconds[1:] or seconds) for name, seconds in self._seconds.items() if seconds}
        return min(known, key=lambda name: known[name])

    def image_s(self) -> float:
        """Return the seconds an image takes in the chosen format."""
        return median(self._seconds[self.chosen()])
