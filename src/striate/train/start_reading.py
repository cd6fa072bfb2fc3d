"""What a network is like before its first step: values and gradients, layer by layer, as training sees them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from striate.analyse import layers
from striate.errors import InputError, Quoted
from striate.graph import Graph
from striate.nets.beginnings.walk import as_in_training
from striate.records.beginnings import LayerStart, Start
from striate.records.readings import LayerReading
from striate.trace import Recording, trace
from striate.train.losses import Loss, scores_of

_WEIGHTED = {"conv", "convtranspose", "linear"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Where the values of a layer come out of a module.

    Attributes:
        row: The layer, as the table reads it.
        path: Path of the module.
        turn: Which of its calls, from 0.
        key: Name of the layer's weights.
    """

    row: LayerReading
    path: str
    turn: int
    key: str


def read_start(module: nn.Module, images: Tensor, targets: Tensor, loss: Loss, *, beginning: str) -> Start:
    """Return mean, spread and active share of each layer's values, and the norm of its weights' gradient.

    A layer's values are those after the normalisation and activation that follow it, where a module makes them. Batch
    normalisation uses the batch, as in training; dropout is off.

    Args:
        module: Left as it was: mode, buffers, gradients, hooks.
        images: Prepared, (n, c, h, w), n at least 2.
        targets: As the loss takes them.
        loss: Of the kind of output.
        beginning: How its weights began, for the record.

    Raises:
        InputError: No layer of it can be looked at.
    """
    recording = trace(module, (len(images), *images.shape[1:]))
    sites = _sites(recording)
    if not sites:
        raise InputError(
            "a network must have layers that modules make", got=Quoted("none"), hint="Write layers as modules."
        )
    found: dict[str, tuple[float, float, float]] = {}
    parameters = dict(module.named_parameters(remove_duplicate=False))
    trained = [site for site in sites if parameters[site.key].requires_grad]
    handles = []
    try:
        for path in {site.path for site in sites}:
            names = {site.turn: site.row.name for site in sites if site.path == path}
            handles.append(module.get_submodule(path).register_forward_hook(_Look(names, found)))
        with as_in_training(module), torch.enable_grad():
            value = loss(scores_of(module, images, loss.output.count), targets)
            gradients = _gradients(value, [parameters[site.key] for site in trained])
    finally:
        for handle in handles:
            handle.remove()
    norms: dict[str, float] = {
        site.row.name: 0.0 if gradient is None else float(gradient.double().norm())
        for site, gradient in zip(trained, gradients, strict=True)
    }
    last = _last(recording.graph, sites)
    rows = tuple(
        LayerStart(
            layer=site.row.name,
            mean=found[site.row.name][0],
            std=found[site.row.name][1],
            active_share=found[site.row.name][2],
            gradient_norm=norms.get(site.row.name, 0.0),
            weight_norm=float(parameters[site.key].detach().double().norm()),
            is_rectified=site.row.is_rectified,
            is_output=site.row.name == last,
        )
        for site in sites
        if site.row.name in found
    )
    return Start(beginning=beginning, layers=rows, loss=float(value.detach()), images=len(images))


def mean_start(starts: Sequence[Start]) -> Start:
    """Return the mean over seeds, with the spread over them beside it."""
    first = starts[0]
    rows = []
    for place, row in enumerate(first.layers):
        same = [start.layers[place] for start in starts]
        rows.append(
            LayerStart(
                layer=row.layer,
                mean=_mean(other.mean for other in same),
                std=_mean(other.std for other in same),
                active_share=_mean(other.active_share for other in same),
                gradient_norm=_mean(other.gradient_norm for other in same),
                weight_norm=_mean(other.weight_norm for other in same),
                is_rectified=row.is_rectified,
                is_output=row.is_output,
                std_spread=_spread([other.std for other in same]),
                active_spread=_spread([other.active_share for other in same]),
                gradient_spread=_spread([other.gradient_norm for other in same]),
            )
        )
    return Start(
        beginning=first.beginning,
        layers=tuple(rows),
        loss=_mean(start.loss for start in starts),
        images=first.images,
        seeds=len(starts),
    )


def _mean(values: Iterable[float]) -> float:
    """Return a mean that may be infinite or no number: a start may be as bad as that."""
    return torch.tensor(list(values), dtype=torch.float64).mean().item()


def _spread(values: list[float]) -> float:
    """Return the standard deviation of a sample; 0 for one value."""
    return torch.tensor(values, dtype=torch.float64).std().item() if len(values) > 1 else 0.0


def _gradients(value: Tensor, weights: Sequence[Tensor]) -> Sequence[Tensor | None]:
    """Return the gradients of a loss by weights; none where all are frozen, which torch refuses."""
    return torch.autograd.grad(value, weights, allow_unused=True) if weights else ()


def _sites(recording: Recording) -> list[Site]:
    """Return the layers with weights, each with the last module in it that makes its values."""
    graph, made = recording.graph, []
    for row in layers(graph):
        op = graph[row.name]
        keys = [param.key for param in op.params if len(param.shape) > 1]
        if op.kind not in _WEIGHTED or not keys:
            continue
        upto = row.ops[: row.ops.index(row.tap) + 1]
        site = next((recording.sites[name] for name in reversed(upto) if name in recording.sites), None)
        if site is not None:
            made.append(Site(row=row, path=site[0], turn=site[1], key=keys[0]))
    return made


def _last(graph: Graph, sites: list[Site]) -> str:
    """Return the layer that makes the scores: the last whose ops include the output, else the last."""
    ends = [site.row.name for site in sites if set(site.row.ops).intersection(graph.outputs)]
    return ends[-1] if ends else sites[-1].row.name


class _Look:
    """A hook that takes mean, spread and active share on the calls wanted."""

    def __init__(self, names: dict[int, str], found: dict[str, tuple[float, float, float]]) -> None:
        self._names, self._found, self._turn = names, found, -1

    def __call__(self, _module: nn.Module, _given: object, made: object) -> None:
        self._turn += 1
        name = self._names.get(self._turn)
        if name is None or not isinstance(made, Tensor):
            return
        values = made.detach().double()
        self._found[name] = (
            values.mean().item(),
            values.std(unbiased=False).item(),
            (values > 0).double().mean().item(),
        )
