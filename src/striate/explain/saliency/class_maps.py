"""Class maps: where on a layer's map a class is seen. CAM and Grad-CAM."""

from __future__ import annotations

import torch
from torch import Tensor

from striate.errors import InputError, Quoted
from striate.events import SILENT, Events
from striate.explain.saliency.attributing import PER_SCORE, Maps, Pick, attributions, saliency_method
from striate.explain.saliency.layers import MapLayer, MeanHead, map_layer, mean_head
from striate.explain.saliency.scored import Scored
from striate.nets import Network
from striate.records import Attribution


@saliency_method("Where on the last map does each class get its score from?")
def cam(
    network: Network, images: Tensor, targets: Tensor | None = None, *, layer: str = "", events: Events = SILENT
) -> tuple[Attribution, ...]:
    """Return, place by place, what the last map gives to scores, for a network that averages it and has one linear layer.

    Args:
        network: Whose scores are a linear layer of the means of a map.
        images: As for `gradient`.
        targets: As for `gradient`; asking about all classes costs no more than about one.
        layer: Name of an op or module; the last map that everything goes through if left out.
        events: Hears of each image.

    Returns:
        Maps (k, 1, axes…) of the layer's size, in score: the mean over places and the bias make the score.

    Raises:
        InputError: Another head; a target that is no output; images that are not finite.
        UnknownNameError: No such layer.
        ShapeError: Not a row of targets for each image.
        Cancelled: The watcher asked to stop.

    When it misleads:
        One place of the last map sees far more of the image than its own pixels: enlarged, the map looks sharper than it is.
        What all classes share shows in each of them.

    Source:
        Zhou et al., "Learning Deep Features for Discriminative Localization", CVPR 2016, sec. 2. Differs: signs are kept; the
        unit is the score's.

    Cost:
        One trace and one forward pass, for any number of classes.

    Example:
        >>> from striate.blueprint import Blueprint
        >>> from striate.nets import from_blueprint
        >>> network = from_blueprint(Blueprint.from_text("input 1x8x8; conv 3x3 4, relu; globalavgpool; classes 3"))
        >>> [seen] = cam(network, torch.rand(1, 1, 8, 8), torch.arange(3)[None])
        >>> seen.layer, seen.maps.shape, seen.backward_passes
        ('relu1', (3, 1, 8, 8), 0)
    """
    scored = Scored(network, images)
    found = map_layer(scored.recording, layer)
    head = mean_head(scored.recording, scored.module, found)
    if head is None:
        raise InputError(
            "cam must have a network whose scores are one linear layer of a map's means",
            got=Quoted(f"more than that behind {found.name}"),
            where=found.name,
            hint="Take grad_cam.",
        )

    def core(part: Tensor, pick: Pick) -> Maps:
        return _weighed(scored, part, pick, found, head)

    return attributions(
        scored, targets, core, name="cam", unit=PER_SCORE, layer=found.name, passes=(1, 0), events=events
    )


@saliency_method("Where on a layer's map do channels that raise these scores respond?")
def grad_cam(
    network: Network, images: Tensor, targets: Tensor | None = None, *, layer: str = "", events: Events = SILENT
) -> tuple[Attribution, ...]:
    """Return a layer's channels, added up with the mean gradients of scores at them as weights.

    Where scores are one linear layer of the map's means the weights are those of that layer, and no backward pass is taken.
    Else what comes before the layer runs once, without gradients.

    Args:
        network: As for `gradient`.
        images: As for `gradient`.
        targets: As for `gradient`.
        layer: Name of an op or module; the last map that everything goes through if left out.
        events: Hears of each image.

    Returns:
        Maps (k, 1, axes…) of the layer's size, signed: the paper shows what is above zero.

    Raises:
        InputError: A layer without a map; a target that is no output; images that are not finite; a broken way back.
        UnknownNameError: No such layer.
        ShapeError: Not a row of targets for each image.
        Cancelled: The watcher asked to stop.

    When it misleads:
        Averaging the gradient forgets where it was: with fully connected layers behind the map the picture may show places
        that do not matter. In early layers it says little. Enlarged, it looks sharper than it is.

    Source:
        Selvaraju et al., "Grad-CAM", ICCV 2017, sec. 3. Differs: what is below zero is kept.

    Cost:
        One trace, one forward pass, and for each score one backward pass through what follows the layer; none at all behind a
        mean and one linear layer.

    Example:
        >>> from striate.blueprint import Blueprint
        >>> from striate.nets import from_blueprint
        >>> network = from_blueprint(Blueprint.from_text("input 1x8x8; conv 3x3 4, relu; maxpool 2; classes 3"))
        >>> [seen] = grad_cam(network, torch.rand(1, 1, 8, 8), torch.tensor([2]), layer="relu1")
        >>> seen.layer, seen.maps.shape, seen.backward_passes
        ('relu1', (1, 1, 8, 8), 1)
    """
    scored = Scored(network, images)
    found = map_layer(scored.recording, layer)
    head = mean_head(scored.recording, scored.module, found)

    def core(part: Tensor, pick: Pick) -> Maps:
        if head is not None:
            made = _weighed(scored, part, pick, found, head)
            # The gradient of a mean is the weight over the number of places.
            places = made.maps[0, 0, 0].numel()
            return Maps(scores=made.scores, units=made.units, maps=made.maps / places)
        scores, units, value, slopes = scored.from_layer(part, found.name, pick)
        value = value.permute(found.order)
        slopes = slopes.permute(0, *[dim + 1 if dim else 1 for dim in found.order])
        weights = slopes.flatten(3).mean(3)
        return Maps(scores=scores, units=units, maps=torch.einsum("nkc,nc...->nk...", weights, value)[:, :, None])

    return attributions(
        scored,
        targets,
        core,
        name="grad_cam",
        unit=PER_SCORE,
        layer=found.name,
        passes=(1, 0 if head is not None else 1),
        events=events,
    )


def _weighed(scored: Scored, part: Tensor, pick: Pick, layer: MapLayer, head: MeanHead) -> Maps:
    """Return the map's channels added up with the linear layer's weights."""
    scores, value = scored.value(part, layer.name)
    units = pick(scores)
    maps = torch.einsum("nkc,nc...->nk...", head.weight[units], value.permute(layer.order))
    return Maps(scores=scores, units=units, maps=maps[:, :, None])
