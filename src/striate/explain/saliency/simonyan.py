"""The gradient of a score at the input."""

from __future__ import annotations

from torch import Tensor

from striate.errors import ShapeError
from striate.events import SILENT, Events, Task
from striate.explain.answers import parts, undisturbed
from striate.explain.method import method
from striate.explain.saliency.attributing import pick_units
from striate.explain.saliency.scored import Scored
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
        >>> import torch
        >>> from striate.blueprint import Blueprint
        >>> from striate.nets import from_blueprint
        >>> network = from_blueprint(Blueprint.from_text("input 1x8x8; conv 3x3 4, relu; classes 3"))
        >>> [seen] = saliency(network, torch.ones(1, 1, 8, 8), torch.tensor([2]))
        >>> seen.target, seen.gradient.shape
        (2, (1, 8, 8))
    """
    if targets.shape != images.shape[:1]:
        raise ShapeError("targets must be one output unit for each image", got=tuple(targets.shape))
    scored = Scored(network, images, axes=(1, 2))
    picks = pick_units(scored, targets)
    task = Task("saliency", total=len(scored.inputs), unit="image", events=events)
    records: list[Saliency] = []
    with undisturbed(scored.network.module):
        for part, pick in zip(parts(scored.inputs, scored.at_once), picks, strict=True):
            _, units, slopes = scored.answer(part, pick)
            for unit, slope in zip(units[:, 0].tolist(), slopes[:, 0].float().cpu().numpy(), strict=True):
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
    """Return the gradient of one score each, units (n,), at inputs (n, c, …); zero where the score ignores them.

    A network in half precision is computed in float32.

    Raises:
        InputError: The module leaves the ways of differentiation.
    """
    scored = Scored(network, inputs)
    return scored.slopes(scored.inputs, units[:, None].clone())[:, 0]
