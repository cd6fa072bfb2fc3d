"""The gradient at the input, and the input times its gradient."""

from __future__ import annotations

from torch import Tensor

from striate.events import SILENT, Events
from striate.explain.saliency.attributing import PER_INPUT, PER_SCORE, Maps, Pick, attributions, saliency_method
from striate.explain.saliency.scored import Scored
from striate.nets import Network
from striate.records import Attribution


@saliency_method("Which pixels would move these scores if they changed a little?")
def gradient(
    network: Network, images: Tensor, targets: Tensor | None = None, *, events: Events = SILENT
) -> tuple[Attribution, ...]:
    """Return the gradient of scores at each image.

    Args:
        network: Classes, labels or values.
        images: Preprocessed, (n, c, axes…) with one, two or three axes of space.
        targets: Output units, int64, (n,) or (n, k) for k maps of each image; None for the answer.
        events: Hears of each score of each image; can cancel between them.

    Returns:
        Maps (k, c, axes…) in score per unit of the preprocessed input.

    Raises:
        InputError: A target that is no output; images that are not finite; a network that breaks the way back.
        ShapeError: Not a row of targets for each image.
        Cancelled: The watcher asked to stop.

    When it misleads:
        A score that is saturated, or a pixel that matters only with others, has gradient zero. It says what would move the
        score, not what made it; how far around the image it holds, `linear_view` measures.

    Source:
        Simonyan, Vedaldi, Zisserman, "Deep Inside Convolutional Networks", ICLR workshop 2014, sec. 3. Differs: the signed
        gradient of every channel, not its largest magnitude.

    Cost:
        One forward pass, and one backward pass for each score.

    Example:
        >>> import torch
        >>> from striate.blueprint import Blueprint
        >>> from striate.nets import from_blueprint
        >>> network = from_blueprint(Blueprint.from_text("input 1x8x8; conv 3x3 4, relu; classes 3"))
        >>> [seen] = gradient(network, torch.ones(1, 1, 8, 8), torch.tensor([[0, 2]]))
        >>> seen.targets, seen.maps.shape, seen.unit
        ((0, 2), (2, 1, 8, 8), 'score per unit of input')
    """
    scored = Scored(network, images)

    def core(part: Tensor, pick: Pick) -> Maps:
        scores, units, slopes = scored.answer(part, pick)
        return Maps(scores=scores, units=units, maps=slopes)

    return attributions(scored, targets, core, name="gradient", unit=PER_INPUT, events=events)


@saliency_method("How much of these scores does each pixel carry, were the network linear?")
def input_x_gradient(
    network: Network, images: Tensor, targets: Tensor | None = None, *, events: Events = SILENT
) -> tuple[Attribution, ...]:
    """Return the preprocessed image times the gradient of scores at it.

    Args:
        network: As for `gradient`.
        images: As for `gradient`.
        targets: As for `gradient`.
        events: Hears of each image.

    Returns:
        Maps (k, c, axes…) in score. For a linear network without biases they sum to the score.

    Raises:
        InputError: A target that is no output; images that are not finite; a network that breaks the way back.
        ShapeError: Not a row of targets for each image.
        Cancelled: The watcher asked to stop.

    When it misleads:
        What preprocessing puts at zero, the mean colour, gets nothing whatever it means: grey objects vanish. The outline
        seen is partly the image itself, not what the network reads.

    Source:
        Shrikumar et al., "Not Just a Black Box", arXiv:1605.01713, 2016. Differs: nothing.

    Cost:
        One forward pass, and one backward pass for each score.

    Example:
        >>> import torch
        >>> from striate.blueprint import Blueprint
        >>> from striate.nets import from_blueprint
        >>> network = from_blueprint(Blueprint.from_text("input 1x8x8; conv 3x3 4, relu; classes 3"))
        >>> [seen] = input_x_gradient(network, torch.zeros(1, 1, 8, 8), torch.tensor([2]))
        >>> float(abs(seen.maps).max())
        0.0
    """
    scored = Scored(network, images)

    def core(part: Tensor, pick: Pick) -> Maps:
        scores, units, slopes = scored.answer(part, pick)
        return Maps(scores=scores, units=units, maps=slopes * part[:, None])

    return attributions(scored, targets, core, name="input_x_gradient", unit=PER_SCORE, events=events)
