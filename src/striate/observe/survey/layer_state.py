"""What a survey keeps of one layer while images go by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from striate.observe.strongest import Strongest
from striate.observe.survey.bins import BINS, bins_of
from striate.observe.survey.glance import Glance
from striate.observe.survey.settings import MOMENT_MACS, MOST_CHANNELS
from striate.observe.survey.sums import Sums

Arrays = dict[str, npt.NDArray[np.generic]]
# Of the sums over pairs of neighbours: x, y, x², y², xy.
_PAIRS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerNeeds:
    """How much is kept of a layer.

    Attributes:
        units: Its units.
        classes: Classes whose sums are kept; 0 for none.
        responses: Images whose responses are kept; 0 for none.
        counted: Strongest images kept, a unit.
        k: Of these, those whose places are kept.
        has_statistics: Whether more than the strongest is kept.
        is_rectified: Whether it ends in a ReLU: where it is zero, nobody asks for the place.
    """

    units: int
    classes: int
    responses: int
    counted: int
    k: int
    has_statistics: bool
    is_rectified: bool = False

    @property
    def channels(self) -> npt.NDArray[np.int64]:
        """Units whose second moments are kept: all, or 256 evenly spread."""
        kept = min(self.units, MOST_CHANNELS)
        return np.arange(kept) * self.units // kept

    @property
    def moment_positions(self) -> int:
        """Positions an image that are read for second moments, at most."""
        return max(MOMENT_MACS // len(self.channels) ** 2, 1)


class LayerState:
    """Numbers of one layer over the images seen so far. Memory does not grow with them.

    Args:
        needs: How much is kept.
    """

    def __init__(self, needs: LayerNeeds) -> None:
        self.needs = needs
        self.strongest = Strongest(needs.counted)
        self.images, self.broken = 0, 0
        self.maximum = np.full(needs.units, -np.inf, np.float32)
        self.least_mean = np.full(needs.units, np.inf, np.float32)
        self.counts: dict[str, npt.NDArray[np.int64] | npt.NDArray[np.int32]] = {}
        self.sums: dict[str, Sums] = {}
        self.moments: dict[str, npt.NDArray[np.float64]] = {}
        self.on = np.ones(needs.units, np.bool_)
        self.responses = np.zeros((0, needs.units), np.float32)
        self.has_response = np.zeros(0, np.bool_)
        if not needs.has_statistics:
            return
        units, channels = needs.units, len(needs.channels)
        self.counts = {
            "histogram": np.zeros((units, BINS), np.int32), "read": np.zeros(1, np.int64), "above": np.zeros(units, np.int64),
            "pairs": np.zeros(1, np.int64), "rows": np.zeros(1, np.int64), "classes": np.zeros(needs.classes, np.int64),
        }  # fmt: skip
        self.sums = {
            "means": Sums((units,)), "squares": Sums((units,)), "pairs": Sums((_PAIRS, units)),
            "classes": Sums((needs.classes, units)),
        }  # fmt: skip
        self.moments = {"first": np.zeros(channels), "second": np.zeros((channels, channels))}
        self.responses = np.zeros((needs.responses, units), np.float32)
        self.has_response = np.zeros(needs.responses, np.bool_)

    @property
    def bar(self) -> Tensor | None:
        """What a peak must reach for its place to be asked for: to be among the k strongest, (units,) float32; None for all."""
        values = self.strongest.values
        is_full = values.shape[1] >= self.needs.k
        if not self.needs.is_rectified:
            return values[:, self.needs.k - 1] if is_full else None
        least = torch.full((self.needs.units,), torch.finfo(torch.float32).smallest_normal)
        return torch.maximum(values[:, self.needs.k - 1], least) if is_full else least

    def add(self, seen: Glance, samples: Tensor, orders: Tensor, targets: Tensor | None, slots: Tensor) -> None:
        """Take in some images.

        Args:
            seen: What was taken of the layer.
            samples: (n,) int64: positions in the data set.
            orders: (n,) int64: the images' numbers in the survey.
            targets: (n,) int64 classes, or None.
            slots: (n,) int64: which of the kept responses are theirs; −1 for none.
        """
        # A mean is finite only if every value is; a peak alone hides −∞.
        good = seen.peaks.isfinite().all(1)
        if seen.means is not None:
            good &= seen.means.isfinite().all(1)
        if not bool(good.all()):
            self.broken += int((~good).sum())
            seen = seen.of(good)
            samples, orders, slots = samples[good], orders[good], slots[good]
            targets = None if targets is None else targets[good]
        if not len(samples):
            return
        self.images += len(samples)
        self.maximum = np.maximum(self.maximum, seen.peaks.amax(0).numpy())
        self.strongest.add(seen.peaks, samples, places=seen.places)
        if seen.means is None or seen.read is None or seen.on is None:
            return
        self.on &= seen.on.all(0).numpy()
        self._add_read(seen.read, seen.beside, orders)
        means = seen.means.numpy()
        self.least_mean = np.minimum(self.least_mean, means.min(0))
        self._add_means(means, None if targets is None else targets.numpy())
        at = slots.numpy()
        self.responses[at[at >= 0]] = means[at >= 0]
        self.has_response[at[at >= 0]] = True

    def arrays(self) -> Arrays:
        """Return everything as arrays by name."""
        found: Arrays = {f"strongest/{name}": item.numpy() for name, item in self.strongest.tensors().items()}
        found |= {"images": np.array([self.images, self.broken]), "maximum": self.maximum, "on": self.on}
        found["least_mean"] = self.least_mean
        found |= {"responses": self.responses, "has_response": self.has_response}
        found |= {f"count/{name}": count for name, count in self.counts.items()}
        found |= {f"moment/{name}": moment for name, moment in self.moments.items()}
        for name, sums in self.sums.items():
            found[f"high/{name}"], found[f"low/{name}"] = sums.arrays()
        return found

    @classmethod
    def of(cls, needs: LayerNeeds, arrays: Mapping[str, npt.NDArray[np.generic]]) -> LayerState:
        """Return the state that `arrays` gave."""
        state = cls(needs)
        kept = {name.partition("/")[2]: item for name, item in arrays.items() if name.startswith("strongest/")}
        state.strongest = Strongest.of(
            needs.counted, {name: torch.from_numpy(item.copy()) for name, item in kept.items()}
        )
        state.images, state.broken = (int(number) for number in arrays["images"])
        state.maximum, state.on = arrays["maximum"].astype(np.float32), arrays["on"].astype(np.bool_)
        state.least_mean = arrays["least_mean"].astype(np.float32)
        state.responses = arrays["responses"].astype(np.float32)
        state.has_response = arrays["has_response"].astype(np.bool_)
        for name, count in state.counts.items():
            count[...] = arrays[f"count/{name}"]
        state.moments = {name: arrays[f"moment/{name}"].astype(np.float64) for name in state.moments}
        state.sums = {
            name: Sums.of(arrays[f"high/{name}"].astype(np.float64), arrays[f"low/{name}"].astype(np.float64))
            for name in state.sums
        }
        return state

    def _add_read(self, read: Tensor, beside: Tensor | None, orders: Tensor) -> None:
        """Take in the values (n, positions, units) at the positions read, and at their neighbours."""
        units = self.needs.units
        rows = read.flatten(0, 1)
        self.counts["read"] += len(rows)
        self.counts["above"] += (rows > 0).sum(0).numpy()
        places = bins_of(rows).add_(torch.arange(units) * BINS).flatten()
        flat = torch.from_numpy(self.counts["histogram"]).view(-1)
        flat.scatter_add_(0, places, torch.ones(1, dtype=torch.int32).expand(len(places)))
        if beside is not None:
            x, y = rows.double(), beside.flatten(0, 1).double()
            parts = [part.sum(0) for part in (x, y, x * x, y * y, x * y)]
            self.sums["pairs"].add(torch.stack(parts).numpy())
            self.counts["pairs"] += len(rows)
        few = self._few(read, orders)
        self.moments["first"] += few.sum(0).numpy()
        self.moments["second"] += (few.T @ few).numpy()
        self.counts["rows"] += len(few)

    def _few(self, read: Tensor, orders: Tensor) -> Tensor:
        """Return the values (rows, channels) for second moments, in turn from every part of the map."""
        positions = read.shape[1]
        taken = min(self.needs.moment_positions, positions)
        places = (orders[:, None] + torch.arange(taken) * positions // taken) % positions
        rows = read[torch.arange(len(read))[:, None], places].flatten(0, 1)
        return rows[:, torch.from_numpy(self.needs.channels)].double()

    def _add_means(self, means: npt.NDArray[np.float32], targets: npt.NDArray[np.int64] | None) -> None:
        values = means.astype(np.float64)
        self.sums["means"].add(values.sum(0))
        self.sums["squares"].add((values * values).sum(0))
        if targets is None or not self.needs.classes:
            return
        present = np.unique(targets)
        parts = np.stack([values[targets == one].sum(0) for one in present])
        self.sums["classes"].add(parts, at=present)
        self.counts["classes"] += np.bincount(targets, minlength=self.needs.classes)
