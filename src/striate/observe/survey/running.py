"""The forward pass of a survey: what is wanted is taken from each value the moment it is made; none is kept alive."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_leaves

from striate.errors import Quoted, RunError
from striate.observe.survey.glance import Glance, glance
from striate.observe.units import unit_axes
from striate.trace import Recording, Site, hearing, tap
from striate.trace.copying import copied
from striate.trace.shell import twin, unwrapped
from striate.trace.state import one_thread

Hear = Callable[[str, Tensor], None]
FORMATS: Mapping[str, torch.memory_format] = {"plain": torch.contiguous_format, "channels-last": torch.channels_last}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ran:
    """What the pass of a block gave.

    Attributes:
        glances: By op.
        features: (n, features) float32 means, or None.
        scores: (n, outputs) float32: the first output, or None where that is no row an image.
    """

    glances: Mapping[str, Glance]
    features: Tensor | None
    scores: Tensor | None


class Runner:
    """Runs a copy of a network; the original is never entered. One thread, always the same number of images.

    Args:
        module: The network's module.
        recording: Its trace.
        ops: Names of the ops looked at.
        features: The op whose means are kept; empty for none.
        memory_format: "plain" or "channels-last".
        block: Images at once; fewer are filled up, so that every image's numbers are the same wherever it stands.
        has_statistics: Whether more than peaks is wanted.
    """

    def __init__(
        self,
        module: nn.Module,
        recording: Recording,
        ops: Sequence[str],
        *,
        features: str,
        memory_format: str,
        block: int,
        has_statistics: bool,
    ) -> None:
        self._recording, self._ops, self._features = recording, tuple(ops), features
        self._format, self._block, self._has_statistics = FORMATS[memory_format], block, has_statistics
        self._module = twin(unwrapped(module)).eval()
        first = next((part for part in self._module.parameters()), None)
        self._device = first.device if first is not None else torch.device("cpu")
        self._type = first.dtype if first is not None and first.is_floating_point() else torch.float32
        if len(next(iter(recording.graph.conditions.inputs.values()))) == 4:
            self._module.to(memory_format=self._format)
        self._axes = unit_axes(recording.graph)
        self._sites = _sites(recording, [*dict.fromkeys((*ops, *([features] if features else [])))])

    def again(self) -> Runner:
        """Return another runner with the same weights in the same memory, for another thread."""
        other = Runner.__new__(Runner)
        other.__dict__.update(self.__dict__)
        held = {id(tensor): tensor for tensor in self._module.parameters()}
        other._module = copied(self._module, held)  # noqa: SLF001 - its own class
        return other

    def alone(self) -> Runner:
        """Return a runner of the same module for one image at once."""
        other = Runner.__new__(Runner)
        other.__dict__.update(self.__dict__)
        other._block = 1  # noqa: SLF001 - its own class
        return other

    def run(
        self,
        images: Tensor,
        orders: Tensor,
        bars: Mapping[str, Tensor | None],
        still_on: Mapping[str, Tensor] | None = None,
    ) -> Ran:
        """Return what a block of at most `block` prepared images gives.

        Args:
            images: (n, *shape) float32.
            orders: (n,) int64: the images' numbers in the survey.
            bars: By op, what a peak must reach for its place to be asked for.
            still_on: By op, which units were on in all images so far.
        """
        count = len(images)
        short = self._block - count
        whole = torch.cat([images, images[-1:].expand(short, *images.shape[1:])]) if short else images
        whole = whole.to(self._device, self._type)
        if whole.ndim == 4:
            whole = whole.contiguous(memory_format=self._format)
        found: dict[str, Glance] = {}
        means: list[Tensor] = []

        def hear(name: str, value: Tensor) -> None:
            own = value.movedim(self._axes[name], 1)[:count]
            if name == self._features:
                means.append(
                    (own.flatten(2).mean(2, dtype=torch.float32) if own.ndim > 2 else own.float()).cpu().clone()
                )
            if name in self._ops:
                found[name] = glance(
                    own,
                    orders,
                    bars.get(name),
                    has_statistics=self._has_statistics,
                    still_on=(still_on or {}).get(name),
                )

        with one_thread(), torch.inference_mode():
            outputs = self._pass(whole, hear)
        missing = [name for name in self._ops if name not in found]
        if missing:
            raise RunError("a network must reach a layer for it to be surveyed", got=Quoted(", ".join(missing[:3])))
        return Ran(
            glances={name: found[name] for name in self._ops},
            features=means[0] if means else None,
            scores=_rows(outputs, count),
        )

    def _pass(self, images: Tensor, hear: Hear) -> object:
        if self._sites is not None:
            with hearing(self._module, self._sites, hear) as begin:
                begin()
                return self._module(images)
        names = [*dict.fromkeys((*self._ops, *([self._features] if self._features else [])))]
        ran = tap(self._module, images, names, self._recording)
        for name, value in ran.taps.items():
            hear(name, value)
        return ran.outputs


def _sites(recording: Recording, names: Sequence[str]) -> list[Site] | None:
    """Return where modules give the values; None if one is no module's output."""
    if any(name not in recording.sites for name in names):
        return None
    return [Site(name=name, path=recording.sites[name][0], turn=recording.sites[name][1]) for name in names]


def _rows(outputs: object, count: int) -> Tensor | None:
    """Return the first output as (n, k); None if it is no row an image."""
    first = next((leaf for leaf in tree_leaves(outputs) if isinstance(leaf, Tensor)), None)
    if first is None or first.ndim < 2 or first.shape[2:].numel() > 1 or not first.is_floating_point():
        return None
    return first.flatten(1)[:count].float().cpu()
