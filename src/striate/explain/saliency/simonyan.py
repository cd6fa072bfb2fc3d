"""The gradient of a score at the input."""

from __future__ import annotations

import torch
from torch import Tensor

from striate.errors import InputError, ShapeError
from striate.events import SILENT, Events, Task
from striate.explain.answers import fitting, parts, scores, taken, undisturbed
from striate.explain.method import method
from striate.nets import Network
from striate.records import Saliency


@method("Which pixels would move this score if they changed a little?", section="methods/saliency")
def saliency(network: Network, images: Tensor, targets: Tensor, *, events: Events = SILENT) -> tuple[Saliency, ...]:
    """Return the gradient of one output's score at each image.

    The score is what the network gives before softmax. Signs are kept, and channels stay apart.

    Args:
        network: Classes, labels or values.
        images: Preprocessed, (n, c, h, w); (n, c, length) is taken as images of one row.
        targets: Output unit explained, int64 (n,), one for each image.
        events: Hears of each image.

    Returns:
        One record for each image, `sample` its place in the batch: `located` names the data set's
        and adds the share on the object. Score per unit of the preprocessed input.

    Raises:
        InputError: A target that is no output; a network that breaks the way back to its input.
        ShapeError: Not one target for each image.
        Cancelled: The watcher asked to stop.

    When it misleads:
        A score that is saturated, or a pixel that matters only with others, has gradient zero. In
        networks with large strides or max pooling the map is grainy because the gradient is, not
        because the answer rests on grain. It says what would move the score, not what made it.

    Source:
        Simonyan, Vedaldi, Zisserman, "Deep Inside Convolutional Networks", ICLR workshop 2014,
        sec. 3. Differs: the signed gradient of every channel, not its largest magnitude.

    Cost:
        One forward and one backward pass for each image.

    Example:
        >>> from striate.blueprint import Blueprint
        >>> from striate.nets import from_blueprint
        >>> network = from_blueprint(Blueprint.from_text("input 1x8x8; conv 3x3 4, relu; classes 3"))
        >>> [seen] = saliency(network, torch.ones(1, 1, 8, 8), torch.tensor([2]))
        >>> seen.target, seen.gradient.shape
        (2, (1, 8, 8))
    """
    inputs = taken(network, images)
    if targets.shape != inputs.shape[:1]:
        raise ShapeError("targets must be one output unit for each image", got=tuple(targets.shape))
    outside = [int(unit) for unit in targets if not 0 <= int(unit) < network.output.count]
    if outside:
        raise InputError(f"targets must be 0 … {network.output.count - 1}", got=outside[0])
    units = targets.to(device=inputs.device, dtype=torch.int64)
    task = Task("saliency", total=len(inputs), unit="image", events=events)
    records: list[Saliency] = []
    if not len(inputs):
        return ()
    # The backward pass keeps every layer's values: a quarter of the images at once.
    at_once = max(1, fitting(inputs[0]) // 4)
    with undisturbed(network.module):
        for part, wanted in zip(parts(inputs, at_once), parts(units, at_once), strict=True):
            slopes = gradient(network, part, wanted).float().cpu().numpy()
            for unit, slope in zip(wanted.tolist(), slopes, strict=True):
                records.append(
                    Saliency(
                        sample=len(records),
                        target=unit,
                        gradient=slope if slope.ndim == 3 else slope[:, None],
                        foreground=None,
                        share_on_object=None,
                    )
                )
            task.advance(len(part))
    return tuple(records)


def gradient(network: Network, inputs: Tensor, units: Tensor) -> Tensor:
    """Return the gradient of one score each at inputs (n, c, …); zero where the score ignores them.

    Raises:
        InputError: The module leaves the ways of differentiation.
    """
    with torch.enable_grad():
        leaf = inputs.detach().requires_grad_()
        # A copy, so that a network that begins with an in-place op does not meet a leaf.
        answered = scores(network, leaf.clone())
        # Copies, too, of targets made in inference mode.
        chosen = answered.gather(1, units[:, None].clone()).sum()
        if not chosen.requires_grad:
            raise InputError(
                "scores must depend on the input in a differentiable way",
                got=type(network.module).__name__,
                hint="Does its forward detach, round, or switch gradients off?",
            )
        [slope] = torch.autograd.grad(chosen, [leaf], allow_unused=True, materialize_grads=True)
    return slope
