"""SmoothGrad: the mean gradient around an image."""

from __future__ import annotations

import torch
from torch import Tensor

from striate.errors import InputError
from striate.events import SILENT, Events
from striate.explain.saliency.attributing import PER_INPUT, Maps, Pick, attributions, saliency_method
from striate.explain.saliency.scored import Scored
from striate.nets import Network
from striate.records import Attribution


@saliency_method("Which pixels would move these scores in the neighbourhood of the image?")
def smooth_grad(
    network: Network,
    images: Tensor,
    targets: Tensor | None = None,
    *,
    noise_share: float = 0.15,
    samples: int = 25,
    seed: int = 0,
    events: Events = SILENT,
) -> tuple[Attribution, ...]:
    """Return the gradient of scores, averaged over copies of each image with noise.

    Args:
        network: As for `gradient`.
        images: As for `gradient`.
        targets: As for `gradient`; None for the answer to the image without noise.
        noise_share: Standard deviation of the noise, as a share of the image's range (largest − smallest value).
        samples: Copies with noise.
        seed: Of the noise; every image gets the same, scaled to its range.
        events: Hears of each copy's backward passes, one for each score; can cancel between them.

    Returns:
        Maps (k, c, axes…) in score per unit of the preprocessed input, signed.

    Raises:
        InputError: A target that is no output; fewer than one sample; a negative share; images that are not finite; a network
            that breaks the way back.
        ShapeError: Not a row of targets for each image.
        Cancelled: The watcher asked to stop.

    When it misleads:
        It is the gradient of a network blurred by the noise, not of yours: at shares of 0.2 and more many networks answer
        otherwise. A smooth picture is no proof of meaning.

    Source:
        Smilkov et al., "SmoothGrad: removing noise by adding noise", arXiv:1706.03825, 2017. Differs: signs are kept.

    Cost:
        As many forward passes as samples and one, and as many backward passes as samples for each score.

    Example:
        >>> from striate.blueprint import Blueprint
        >>> from striate.nets import from_blueprint
        >>> network = from_blueprint(Blueprint.from_text("input 1x8x8; conv 3x3 4, relu; classes 3"))
        >>> [seen] = smooth_grad(network, torch.rand(1, 1, 8, 8), torch.tensor([2]), samples=4)
        >>> seen.maps.shape, seen.settings
        ((1, 1, 8, 8), (('noise share', 0.15), ('samples', 4), ('seed', 0)))
    """
    if samples < 1:
        raise InputError("samples must be at least 1", got=samples)
    if not noise_share >= 0:
        raise InputError("noise_share must be at least 0", got=noise_share)
    scored = Scored(network, images)
    generator = torch.Generator().manual_seed(seed)
    shape = scored.inputs.shape[1:]
    noise = torch.randn(samples, *shape, generator=generator).to(scored.inputs)

    def core(part: Tensor, pick: Pick) -> Maps:
        with torch.no_grad():
            scores = scored.scores(part.clone())
        units = pick(scores)
        rows = part.flatten(1)
        spread = ((rows.amax(1) - rows.amin(1)) * noise_share).view(-1, *[1] * len(shape))
        maps = scored.weighted_slopes(lambda n: part + spread * noise[n], [1 / samples] * samples, units)
        return Maps(scores=scores, units=units, maps=maps)

    return attributions(
        scored,
        targets,
        core,
        name="smooth_grad",
        unit=PER_INPUT,
        events=events,
        settings=(("noise share", noise_share), ("samples", samples), ("seed", seed)),
        passes=(samples + 1, samples),
        notes=_constant(scored.inputs),
    )


def _constant(inputs: Tensor) -> tuple[str, ...]:
    rows = inputs.flatten(1)
    count = int((rows.amax(1) == rows.amin(1)).sum()) if len(inputs) else 0
    if not count:
        return ()
    which = "The image is" if len(inputs) == 1 else f"{count} of {len(inputs)} images are"
    return (f"{which} constant, so no noise was added: this is the gradient.",)
