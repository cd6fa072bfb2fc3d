"""Guided backpropagation and deconvolution: gradients of which only what raises a unit gets through a ReLU."""

from __future__ import annotations

from torch import Tensor

from striate.events import SILENT, Events
from striate.explain.saliency.attributing import PER_INPUT, Maps, Pick, attributions, saliency_method
from striate.explain.saliency.rectifiers import not_rectifiers, rectified
from striate.explain.saliency.scored import Scored
from striate.nets import Network
from striate.records import Attribution


@saliency_method("Which pixels excite these scores along units that were active?")
def guided_backprop(
    network: Network, images: Tensor, targets: Tensor | None = None, *, events: Events = SILENT
) -> tuple[Attribution, ...]:
    """Return the gradient of scores at each image, with ReLUs that hand back positive gradients only.

    The rule stands in place of every ReLU and ReLU6 the network calls, modules and functions, in place or used again. Other
    activations keep their gradient, which `notes` says.

    Args:
        network: As for `gradient`; one that makes the same calls for all images.
        images: As for `gradient`.
        targets: As for `gradient`.
        events: Hears of each image.

    Returns:
        Maps (k, c, axes…), signed. They are no gradient any more, and have no scale that could be checked.

    Raises:
        InputError: A target that is no output; images that are not finite; a network whose calls depend on the image.
        ShapeError: Not a row of targets for each image.
        Cancelled: The watcher asked to stop.

    When it misleads:
        It shows the image's edges nearly whatever the network has learned and whichever class is asked about: its maps survive
        random weights (Adebayo et al. 2018; Nie et al. 2018). Look at `randomised_layers` before you believe it.

    Source:
        Springenberg et al., "Striving for Simplicity", ICLR workshop 2015, sec. 3.4. Differs: ReLU6 is taken as a ReLU.

    Cost:
        One trace, one forward pass, and one backward pass for each score.

    Example:
        >>> import torch
        >>> from striate.blueprint import Blueprint
        >>> from striate.nets import from_blueprint
        >>> network = from_blueprint(Blueprint.from_text("input 1x8x8; conv 3x3 4, relu; classes 3"))
        >>> [seen] = guided_backprop(network, torch.ones(1, 1, 8, 8), torch.tensor([2]))
        >>> seen.maps.shape, seen.notes
        ((1, 1, 8, 8), ())
    """
    return _guided(Scored(network, images), targets, name="guided_backprop", is_masked=True, events=events)


@saliency_method("Which pixels would a deconvolutional network paint for these scores?")
def deconvolution(
    network: Network, images: Tensor, targets: Tensor | None = None, *, events: Events = SILENT
) -> tuple[Attribution, ...]:
    """Return scores led back to the image with ReLUs that act on the gradient instead of on what they were given.

    Args:
        network: As for `guided_backprop`.
        images: As for `gradient`.
        targets: As for `gradient`.
        events: Hears of each image.

    Returns:
        Maps (k, c, axes…), signed. They are no gradient any more, and have no scale that could be checked.

    Raises:
        InputError: A target that is no output; images that are not finite; a network whose calls depend on the image.
        ShapeError: Not a row of targets for each image.
        Cancelled: The watcher asked to stop.

    When it misleads:
        Without max pooling it does not depend on the image at all. With it, it hardly depends on the class.

    Source:
        Zeiler, Fergus, "Visualizing and Understanding Convolutional Networks", ECCV 2014, sec. 2.1. Differs: a unit of the
        output is led back, and normalisation and bounded ReLUs by the same rule, as in Captum.

    Cost:
        One trace, one forward pass, and one backward pass for each score.

    Example:
        >>> import torch
        >>> from striate.blueprint import Blueprint
        >>> from striate.nets import from_blueprint
        >>> network = from_blueprint(Blueprint.from_text("input 1x8x8; conv 3x3 4, relu; classes 3"))
        >>> deconvolution(network, torch.ones(1, 1, 8, 8), torch.tensor([2]))[0].maps.shape
        (1, 1, 8, 8)
    """
    return _guided(Scored(network, images), targets, name="deconvolution", is_masked=False, events=events)


def _guided(
    scored: Scored, targets: Tensor | None, *, name: str, is_masked: bool, events: Events
) -> tuple[Attribution, ...]:
    scored.refused(name)
    program, relus = rectified(scored.recording.program, is_masked=is_masked)

    def core(part: Tensor, pick: Pick) -> Maps:
        scores, units, slopes = scored.answer(part, pick, program)
        return Maps(scores=scores, units=units, maps=slopes)

    notes = not_rectifiers(scored.recording.graph, relus)
    return attributions(scored, targets, core, name=name, unit=PER_INPUT, events=events, notes=notes)
