"""Whether batch normalisation divides by the statistics of the data at hand, or by those of others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from striate.data import Dataset, batches
from striate.errors import InputError, Quoted
from striate.events import SILENT, Events, Task
from striate.explain.answers import fitting, scores, taken, undisturbed
from striate.explain.entering.paired import right, rival, share
from striate.explain.method import method
from striate.nets import Network
from striate.records import NormShift, NormTrial
from striate.trace import trace
from striate.trace.shell import twin, unwrapped
from striate.train.normalisation import with_statistics

_FEWEST = 4
_TINY = 1e-12


@method("Does batch normalisation hold the statistics of these data?", section="methods/norm-trial")
def norm_trial(network: Network, dataset: Dataset, indices: Sequence[int], *, events: Events = SILENT) -> NormTrial:
    """Return how the running statistics compare with the data's, and what the network answers with the data's own.

    Two things are measured. As the network is used: mean and variance of what enters every normalisation, beside the running
    ones. And the accuracy with statistics measured anew: every second image is answered with the statistics of the others, and
    the other way round, so that no image is answered with its own.

    Args:
        network: A classifier with batch normalisation that keeps running statistics; left as it came, copied for this.
        dataset: Data with the network's classes.
        indices: Held-out samples, hundreds of them; with fewer than four, nothing is measured anew.
        events: Hears of each image; may cancel.

    Returns:
        Both accuracies on the same images, McNemar's exact test between them, and a row for each normalisation.

    Raises:
        InputError: No such normalisation; a network that does not answer with one class.
        Cancelled: The watcher asked to stop.

    When it misleads:
        Data of few classes have statistics of their own by right. Statistics of a few dozen images are coarse: the accuracy
        with them may be below that of running statistics which are quite right.

    Source:
        Li et al., "Revisiting Batch Normalization for Practical Domain Adaptation" (AdaBN), ICLR Workshop 2017. Differs: halves
        take turns, and McNemar's test judges.

    Cost:
        Three forward passes for each image, and a copy of the network.

    Example:
        >>> from striate.blueprint import Blueprint
        >>> from striate.data import load_data
        >>> from striate.nets import from_blueprint
        >>> network = from_blueprint(Blueprint.from_text("input 1x28x28; conv 5x5 4, batchnorm, relu; classes 10"))
        >>> found = norm_trial(network, load_data("digits"), range(0, 5000, 500))
        >>> found.images, [(row.layer, row.channels) for row in found.layers]
        (10, [('batchnorm1', 4)])
    """
    if network.output.kind != "classes":
        raise InputError("a network must answer with one class", got=Quoted(network.output.kind))
    chosen = tuple(int(index) for index in indices)
    with torch.inference_mode(mode=False):
        copied = replace(network, module=twin(unwrapped(network.module)))
    norms = running_norms(copied.module)
    if not norms:
        raise InputError("a network must have batch normalisation with running statistics", got=Quoted("none"))
    task = Task("measuring statistics", total=3 * len(chosen), unit="image", events=events)
    with undisturbed(copied.module), torch.no_grad():
        as_used, shifts = _as_used(copied, norms, dataset, chosen, task)
        measured = torch.zeros_like(as_used)
        for own, others in ((slice(0, None, 2), slice(1, None, 2)), (slice(1, None, 2), slice(0, None, 2))):
            if len(chosen) >= _FEWEST:
                _measure(copied, norms, dataset, chosen[others], task)
            measured[own] = _right(copied, dataset, chosen[own], task)
    names = {op.path: op.name for op in trace(network.module, (1, *network.input_shape)).graph}
    return NormTrial(
        images=len(chosen),
        accuracy=share(as_used),
        measured=rival("statistics of these data", measured, as_used),
        layers=tuple(replace(row, layer=names.get(row.layer, row.layer)) for row in shifts),
    )


def running_norms(module: nn.Module) -> dict[str, _BatchNorm]:
    """Return the batch normalisations with running statistics, by path."""
    return {path: part for path, part in with_statistics(module).items() if isinstance(part, _BatchNorm)}


class _Sums:
    """Sums of what enters one normalisation, channel by channel."""

    def __init__(self) -> None:
        self.count, self.total, self.squares = 0, torch.zeros(()), torch.zeros(())

    def add(self, _module: nn.Module, entering: tuple[Tensor, ...]) -> None:
        rows = entering[0].double().transpose(0, 1).flatten(1)
        self.count += rows.shape[1]
        self.total, self.squares = self.total + rows.sum(1), self.squares + rows.square().sum(1)


def _as_used(
    network: Network, norms: Mapping[str, _BatchNorm], dataset: Dataset, indices: tuple[int, ...], task: Task
) -> tuple[Tensor, list[NormShift]]:
    """Return which answers are right with the running statistics, and how far these lie from the data's."""
    sums = {path: _Sums() for path in norms}
    # On a copy that nobody else has.
    hooks = [part.register_forward_pre_hook(sums[path].add) for path, part in norms.items()]
    found = _right(network, dataset, indices, task)
    for hook in hooks:
        hook.remove()
    return found, [_shift(path, part, sums[path]) for path, part in norms.items() if sums[path].count]


def _shift(path: str, norm: _BatchNorm, sums: _Sums) -> NormShift:
    assert norm.running_mean is not None  # noqa: S101 - of the types; running_norms chose such
    assert norm.running_var is not None  # noqa: S101 - as above
    mean = sums.total / sums.count
    variance = (sums.squares / sums.count - mean.square()).clamp(min=_TINY)
    running = norm.running_var.double().clamp(min=_TINY)
    away = (mean - norm.running_mean.double()).abs() / running.sqrt()
    ratio = torch.maximum(variance / running, running / variance)
    return NormShift(
        layer=path, channels=len(mean), mean_shift=float(away.median()), variance_ratio=float(ratio.median())
    )


def _right(network: Network, dataset: Dataset, indices: tuple[int, ...], task: Task) -> Tensor:
    network.module.eval()
    found = []
    for batch in batches(dataset, indices, network.preprocessing, batch_size=_at_once(network, len(indices))):
        images = taken(network, batch.images, axes=(1, 2, 3))
        found.append(right(network, images, batch.targets.to(images.device)))
        task.advance(len(images))
    return torch.cat([torch.zeros(0, dtype=torch.bool), *found])


def _measure(
    network: Network, norms: Mapping[str, _BatchNorm], dataset: Dataset, indices: tuple[int, ...], task: Task
) -> None:
    """Put the statistics of some images in the place of the running ones: the mean over batches of equal size.

    `train.normalisation.reestimate_statistics` leaves an incomplete last batch out. Here batches are nearly of one size, and
    the last one may be half of all images.
    """
    network.module.eval()
    for norm in norms.values():
        norm.reset_running_stats()
        # None averages over all batches.
        norm.momentum = None
        norm.train()
    for batch in batches(dataset, indices, network.preprocessing, batch_size=_at_once(network, len(indices))):
        # One image alone may give one value a channel, which has no variance.
        if len(batch) > 1:
            scores(network, taken(network, batch.images, axes=(1, 2, 3)))
        task.advance(len(batch))
    network.module.eval()


def _at_once(network: Network, count: int) -> int:
    """Return how many images make a batch so that all batches are about equally large."""
    most = fitting(torch.zeros(network.input_shape), least=2)
    return -(-count // max(1, -(-count // most))) or 1
