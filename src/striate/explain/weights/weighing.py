"""The weights of any layer, held against random ones of the same shape."""

from __future__ import annotations

import torch
from torch import Tensor

from striate.explain.detail import fine_detail
from striate.explain.method import method
from striate.explain.weights.copies import LIMIT, copies, random_cosine
from striate.explain.weights.layer_weight import LayerWeight, layer_weight
from striate.explain.weights.random_filters import detail_band
from striate.explain.weights.spectrum import spectrum
from striate.explain.weights.waves import waves
from striate.graph import Graph
from striate.nets import Network
from striate.records import LayerWeights

DEAD = 1e-3
LONG = 0.9


@method("What do a layer's weights look like, and which of them do nothing of their own?", section="methods/weights")
def weights(network: Network, *, layer: str | None = None, seed: int = 0, graph: Graph | None = None) -> LayerWeights:
    """Return the weights of a convolution or fully connected layer, with what can be read off them.

    Per filter: its length, its fine detail beside random filters of the shape, whether it is dead, which filters are copies,
    and, of a layer that reads the input, its frequency, orientation and colour. Per input channel: the length of all weights
    that read it. Of the whole layer: singular values and effective rank beside those of a random start.

    A filter is dead if its length, times what a batch normalisation behind it multiplies it by, is at most 1/1,000 of the 90 %
    quantile in the layer. Two filters are copies if their cosine is above 0.95 and above what random filters of the shape reach.

    Args:
        network: Any with such a layer.
        layer: Name of its op or module; the first that runs if None.
        seed: Of the random filters.
        graph: The network's table for eval mode, if it is known.

    Raises:
        InputError: No such layer; a layer without weights of its own, or with whole numbers as weights.
        UnknownNameError: A layer nobody knows.
        WeightsError: Weights that are not finite.

    When it misleads:
        Only the first layer's weights lie on pixels; of later ones the picture means little, look at `effective_filters`. A
        short filter is worth as much as a long one if normalisation follows. Small kernels leave little room: the highest
        cosine of 64 random 3×3 filters of one channel is about 0.96. A low rank may be what the task needs.

    Source:
        Effective rank: Roy and Vetterli, "The effective rank", EUSIPCO 2007; start: He et al., ICCV 2015, sec. 2.2; pictures:
        Krizhevsky et al., "ImageNet Classification", NeurIPS 2012, fig. 3. Differs: what counts as dead or copied is ours.

    Cost:
        One trace, the singular values of the weights and of random ones, up to 20,000 small transforms.

    Example:
        >>> from striate.blueprint import Blueprint
        >>> from striate.nets import from_blueprint
        >>> network = from_blueprint(Blueprint.from_text("input 1x28x28; conv 5x5 8, relu; conv 3x3 6, relu; classes 10"))
        >>> found = weights(network, layer="conv2")
        >>> found.weights.shape, found.dead, found.copies, found.input_norms.shape, found.waves
        ((6, 8, 3, 3), (), (), (8,), None)
    """
    found = layer_weight(network, layer, graph=graph)
    generator = torch.Generator().manual_seed(seed)
    weight = found.weight
    groups = int(found.op.attributes.get("groups", 1))
    length = weight.double().flatten(1).norm(dim=1)
    of_inputs = _input_norms(weight, groups)
    shape = tuple(weight.shape)
    chance = random_cosine(shape, generator)
    # Filters of one number are all alike or opposite.
    limit = max(LIMIT, chance) if weight[0].numel() > 1 else 1.0
    alike = copies(weight, limit)
    has_detail = max(shape[2:], default=1) > 1
    return LayerWeights(
        layer=found.op.name,
        key=found.key,
        weights=weight.numpy(),
        groups=groups,
        reads_input=found.reads_input,
        shared_with=found.shared_with,
        norms=length.float().numpy(),
        input_norms=of_inputs.float().numpy(),
        dead=_far_below(length * found.factor.double().abs()),
        dead_inputs=_far_below(of_inputs),
        copies=alike.groups,
        copy_limit=limit,
        random_cosine=chance,
        closest=alike.closest,
        detail=fine_detail(weight, with_mean=True).numpy() if has_detail else None,
        random_band=detail_band(shape[1:], generator) if has_detail else None,
        spectrum=spectrum(weight, generator),
        waves=waves(weight) if found.reads_input else None,
        notes=found.notes + _notes(found),
    )


def _input_norms(weight: Tensor, groups: int) -> Tensor:
    """Return the length (channels,) of all weights that read a channel; groups follow each other."""
    number, channels = weight.shape[:2]
    split = weight.double().reshape(groups, number // groups, channels, -1)
    return split.square().sum((1, 3)).sqrt().flatten()


def _far_below(lengths: Tensor) -> tuple[int, ...]:
    """Return which lengths are at most 1/1,000 of a long one (the 90 % quantile); which are zero, if that is zero itself."""
    if not len(lengths):
        return ()
    # Not the middle one, which is dead itself in a layer that is mostly dead; not the longest, which may be a stray.
    long = float(torch.quantile(lengths.double(), LONG, interpolation="higher"))
    return tuple(place for place, length in enumerate(lengths.tolist()) if length <= DEAD * long)


def _notes(found: LayerWeight) -> tuple[str, ...]:
    if not found.shared_with:
        return ()
    return (f"The same weight is used by {', '.join(found.shared_with)}.",)
