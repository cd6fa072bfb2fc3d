"""The gradients of one step, whole or in pieces: over several processes, and over smaller batches when memory runs out."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from striate.data import Batch
from striate.data.batching import part_of
from striate.data.halving import even_parts, free_memory, is_out_of_memory, out_of_memory
from striate.train.losses import scores_of
from striate.train.work import Work

_AVERAGED = {"running_mean", "running_var"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What came of a step's forward and backward passes; the gradients are in the module.

    Attributes:
        loss: Mean over the whole batch.
        at_once: Images each process worked on at once; below its part of the batch after memory ran out.
        is_stopping: Whether a process asked to stop.
    """

    loss: float
    at_once: int
    is_stopping: bool = False


def take_gradients(work: Work, batch: Batch, *, step: int, at_once: int = 0, wants_to_stop: bool = False) -> Taken:
    """Take the gradients of a batch's mean loss, and return the loss.

    The batch is this process's part of the step's; gradients are summed over all, each sample with its weight in the whole
    batch, so that the result is that of one process with the whole batch, up to rounding. Batch normalisation takes its
    statistics from the images that are worked on at once; running ones are averaged over the processes, by images.

    When memory runs out, buffers and random numbers go back to what they were, and the step is done again on halves, whose
    gradients are accumulated; in all processes, whichever it was.

    Args:
        work: What is trained; its gradients are replaced, its optimiser does not step.
        batch: This process's part.
        step: Number of the step, which random numbers belong to.
        at_once: Images at once, as an earlier step found; 0: all.
        wants_to_stop: Whether this process was asked to stop; told to the others.

    Raises:
        RunError: One image at once does not fit; another process is gone.
    """
    ranks = work.device.ranks
    whole = len(batch.whole_targets)
    largest = len(range(whole)[part_of(whole, 0, ranks.world_size)])
    before = [buffer.clone() for buffer in work.module.buffers()]
    fitting = at_once or largest
    while True:
        work.device.seed(work.recipe.seed, step)
        work.optimizer.zero_grad()
        loss = _accumulated(work, batch, fitting)
        is_short, is_stopping = loss is None, wants_to_stop
        if ranks.world_size > 1:
            loss, is_short, is_stopping = _summed(work, batch, loss, wants_to_stop=wants_to_stop)
        if loss is not None and not is_short:
            return Taken(loss=loss.item(), at_once=fitting if fitting < largest else at_once, is_stopping=is_stopping)
        work.optimizer.zero_grad()
        free_memory()
        with torch.no_grad():
            for buffer, value in zip(work.module.buffers(), before, strict=True):
                buffer.copy_(value)
        fitting = min(fitting, largest) // 2
        if fitting == 0:
            raise out_of_memory("a training step")


def halved(module: nn.Module, step: int, at_once: int) -> str:
    """Return what a reader must know after memory ran out, in a sentence or two."""
    words = (
        f"Memory ran out at step {step + 1}: from here on {at_once} images at once, and gradients are accumulated, so that the "
        "step's mean is the same."
    )
    if any(isinstance(child, nn.modules.batchnorm._BatchNorm) for child in module.modules()):  # noqa: SLF001
        words += f" Batch normalisation now takes its statistics from those {at_once} images, not from the whole batch."
    return words


def _accumulated(work: Work, batch: Batch, at_once: int) -> Tensor | None:
    """Return this process's share of the mean loss, its gradients taken; None when memory ran out."""
    parts = even_parts(len(batch), at_once)
    is_whole = len(parts) == 1 and len(batch) == len(batch.whole_targets)
    place = work.device.place
    total = torch.zeros((), device=place)
    try:
        weight = None if is_whole else work.loss.weight(batch.whole_targets.to(place))
        for part in parts:
            targets = batch.targets[part].to(place)
            with work.device.autocast():
                scores = scores_of(work.module, work.device.take(batch.images[part]), work.dataset.output.count)
            loss = work.loss(scores, targets)
            if weight is not None:
                loss = loss * (work.loss.weight(targets) / weight)
            work.device.backward(loss)
            total += loss.detach()
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        return None
    return total


def _summed(work: Work, batch: Batch, loss: Tensor | None, *, wants_to_stop: bool) -> tuple[Tensor, bool, bool]:
    """Sum gradients and loss over all processes, average running statistics; return loss, short of memory, stopping.

    One message: gradients, which of them there are, statistics, loss and two flags.
    """
    trained = [parameter for parameter in work.module.parameters() if parameter.requires_grad]
    is_short = loss is None
    grads = [None if is_short else parameter.grad for parameter in trained]
    statistics = _statistics(work.module)
    share = len(batch) / len(batch.whole_targets)
    pieces = [
        torch.zeros_like(parameter) if grad is None else grad for parameter, grad in zip(trained, grads, strict=True)
    ]
    pieces += [buffer * share for buffer in statistics]
    told = [float(grad is not None) for grad in grads] + [float(is_short), float(wants_to_stop)]
    tail = torch.tensor(told, device=work.device.place)
    total = torch.zeros((), device=work.device.place) if loss is None else loss
    flat = torch.cat([*(piece.detach().float().reshape(-1) for piece in pieces), tail, total.reshape(1)])
    work.device.ranks.sum(flat)
    summed = torch.split(flat, [piece.numel() for piece in pieces] + [len(tail), 1])
    *flags, short, stop = summed[-2].tolist()
    if not short:
        for parameter, values, flag in zip(trained, summed, flags, strict=False):
            if flag:
                parameter.grad = torch.empty_like(parameter).copy_(values.view(parameter.shape))
        for buffer, values in zip(statistics, summed[len(trained) :], strict=False):
            buffer.copy_(values.view(buffer.shape))
    return summed[-1][0], bool(short), bool(stop)


def _statistics(module: nn.Module) -> list[Tensor]:
    """Return the running statistics that a step changes."""
    return [
        buffer
        for child in module.modules()
        if child.training
        for name, buffer in child.named_buffers(recurse=False)
        if name in _AVERAGED
    ]
