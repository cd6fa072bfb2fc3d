"""What one unit at one place is made of: its inputs, its weights, their products and their sum."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from striate.errors import InputError, Quoted, ShapeError, unknown_name
from striate.explain.answers import taken
from striate.explain.method import method
from striate.explain.neuron.apart import Apart, apart, by_row
from striate.explain.neuron.following import Following
from striate.explain.neuron.passing import Pass, Row
from striate.explain.saliency.scored import single
from striate.graph import times
from striate.kinds import kind_of
from striate.nets import Network
from striate.numbers import measure
from striate.records import Neuron, NeuronBox, NeuronPart
from striate.trace.state import kept_randomness

BY = ("contribution", "weight", "gradient")
# Of the magnitudes that are added: what single precision leaves of sums of thousands.
_CLOSE = 1e-5


@method("What does a neuron read, and how does that add up to its value?", section="methods/neuron")
def neuron(  # noqa: PLR0913 - which unit, and in which order its parts
    network: Network,
    image: Tensor,
    *,
    layer: str,
    channel: int,
    at: Sequence[int] = (),
    by: str = "contribution",
    about: int | None = None,
    top: int = 12,
) -> Neuron:
    """Return the sum that a unit's value at one place is, channel by channel.

    For a convolution or a fully connected layer a part is one channel that is read: the window of its values, the weights,
    their products, and what they add up to. Batch normalisation that follows is folded into weights and bias. What a fully
    connected layer reads is led back through flattening to channel and place of the layer it was, so that its window is the
    whole map. A pooling has one part: its channel's window, with weight 1 at the winner, or equal weights. Where values meet,
    each is a part; of a product half is credited to each factor (what Shapley's values are, from zero). The sums are formed
    in double precision and compared with what the network computed.

    Args:
        network: Any whose calls can be recorded; it is neither entered nor changed.
        image: Preprocessed, (c, axes…).
        layer: Name of a layer.
        channel: Its number in the layer.
        at: Its place on the layer's map; empty for a vector.
        by: Which parts are the strongest: "contribution", the magnitude of what they add; "weight", the sum of their
            weights' magnitudes; "gradient", the magnitude of the gradient over their window.
        about: Number of the output whose score gradients are of; the highest if None.
        top: How many parts are listed; the others are added up.

    Returns:
        The unit. Of an operation that is no sum known here (attention, interpolation, …) kind is "other" and there are no
        parts.

    Raises:
        InputError: A channel, place or output that does not exist; values that are not finite.
        ShapeError: No single image.
        UnknownNameError: A layer or an order nobody knows.

    When it misleads:
        A large part is large for this image; the same weight may add nothing for another. Parts with opposite signs cancel:
        look at the sum as well. A strong weight on a channel that is silent here adds nothing, and the gradient says what a
        small change would do, not what the channel's presence did.

    Source:
        The definition of the layers; folding: Jacob et al., "Quantization and Training of Neural Networks for Efficient
        Integer-Arithmetic-Only Inference", CVPR 2018, sec. 3.2. Differs: in double precision, for one unit, and checked
        against the network's own value.

    Cost:
        One forward and one backward pass, op by op.

    Example:
        >>> from striate.blueprint import Blueprint
        >>> from striate.nets import from_blueprint
        >>> network = from_blueprint(Blueprint.from_text("input 1x8x8; conv 3x3 4, relu; maxpool 2; classes 3"))
        >>> seen = neuron(network, torch.ones(1, 8, 8), layer="classes", channel=2, top=3)
        >>> [part.window for part in seen.parts], seen.others, seen.adds_up
        ([(4, 4), (4, 4), (4, 4)], 1, True)
    """
    if by not in BY:
        raise unknown_name("order", by, list(BY))
    if image.ndim != len(network.input_shape):
        raise ShapeError("image must be one, (channels, axes …)", got=Quoted(times(tuple(image.shape))))
    network = single(network)
    with torch.inference_mode(mode=False), kept_randomness():
        seen = Pass(network.module, taken(network, image[None], axes=(1, 2, 3)))
        return told(seen, seen.row(layer), channel, tuple(at), by=by, about=about, top=top)


def told(seen: Pass, row: Row, channel: int, at: tuple[int, ...], *, by: str, about: int | None, top: int) -> Neuron:
    """Return what `neuron` returns, of a pass that was made already.

    Raises:
        InputError: A channel, place or output that does not exist; values that are not finite; no part wanted.
    """
    if top < 1:
        raise InputError("top must be at least 1", got=top)
    flat = row.flat(channel, at)
    value = float(seen.value(row).reshape(-1)[flat])
    if value - value != 0:
        raise InputError("a unit's value must be finite", got=Quoted(str(value)), where=row.name)
    output = int(seen.scores.argmax()) if about is None else about
    slopes = seen.slopes(None, output)
    found, after = apart(seen, row, flat)
    whole = Neuron(
        layer=row.name,
        channel=channel,
        at=at,
        value=value,
        before=value if after is None else after.before,
        did="" if after is None else after.did,
        kind="other",
        formula=f"{_operation(seen, row)}: no sum that is taken apart here",
        parts=(),
        others=0,
        others_number=0.0,
        bias=0.0,
        total=value if after is None else after.before,
        adds_up=False,
        absent="",
        winner=(),
        boxes=_boxes(seen, row, at),
        about=output,
    )
    return whole if found is None else _summed(whole, found, slopes, by=by, top=top)


def _summed(whole: Neuron, found: Apart, slopes: Mapping[int, Tensor], *, by: str, top: int) -> Neuron:
    """Return a unit with what adds up to its value."""
    terms, after = found.terms, found.following
    weights = terms.weights * after.scale
    products = found.inputs * weights
    numbers, strengths, gradients = products.sum(1), weights.abs().sum(1), _gradients(found, slopes)
    key = {"contribution": numbers.abs(), "weight": strengths, "gradient": gradients.abs()}[by]
    order = torch.argsort(key, descending=True, stable=True)
    bias = terms.bias * after.scale + after.shift
    total = float(numbers.sum()) + bias
    magnitude = float(products.abs().sum()) + abs(terms.bias * after.scale) + after.sizes
    parts = tuple(
        NeuronPart(
            layer=found.rows[part].name,
            channel=found.channels[part],
            window=terms.window,
            places=tuple(found.rows[part].on_map(found.places[part]).tolist()),
            input=tuple(found.inputs[part].tolist()),
            weight=tuple(weights[part].tolist()),
            product=tuple(products[part].tolist()),
            number=float(numbers[part]),
            strength=float(strengths[part]),
            gradient=float(gradients[part]),
        )
        for part in order[:top].tolist()
    )
    winner = () if terms.winner is None else found.rows[0].unit(int(found.places[0, terms.winner]))[1]
    return replace(
        whole,
        kind=terms.kind,
        formula=terms.formula + _folded(after),
        parts=parts,
        others=len(order) - len(parts),
        others_number=float(numbers[order[top:]].sum()),
        bias=bias,
        total=total,
        adds_up=abs(total - after.before) <= _CLOSE * magnitude,
        absent=terms.absent,
        winner=winner,
    )


def _gradients(found: Apart, slopes: Mapping[int, Tensor]) -> Tensor:
    """Return the gradient of the score summed over each part's window (parts,), float64; 0 where none arrives."""
    out = torch.zeros(len(found.rows), dtype=torch.float64)
    for row, parts in by_row(found.rows).items():
        slope = slopes.get(row.number)
        if slope is not None:
            read, flat = found.places[parts], slope.reshape(-1)
            taken_ = flat[read.clamp(min=0).to(flat.device)].double().cpu()
            out[parts] = torch.where(read < 0, 0.0, taken_).sum(1)
    return out


def _folded(after: Following) -> str:
    if not after.norms:
        return ""
    word = "batch normalisation" if after.norms == 1 else f"{after.norms} batch normalisations"
    return f"; {word} folded in: × {measure(after.scale)}, {measure(after.shift, signed=True)}"


def _operation(seen: Pass, row: Row) -> str:
    op = seen.run.graph[row.ops[0]]
    kind = kind_of(op.kind)
    return kind.summary(op) if kind is not None else op.kind


def _boxes(seen: Pass, row: Row, at: tuple[int, ...]) -> tuple[NeuronBox, ...]:
    """Return what a unit reads of the layers before it and of the input; nothing where no rule says it."""
    try:
        read = seen.boxes.of(row.tap, at)
    except InputError:
        try:
            # A map that was pooled into one place has no axes left.
            read = seen.boxes.of(row.tap, ()) if not any(at) else {}
        except InputError:
            return ()
    before = seen.rows[: seen.rows.index(row)]
    found = []
    for one in (*reversed(before), seen.input):
        spans = read.get(one.tap)
        if spans is not None:
            whole = tuple((0, size) for size in one.sizes)
            found.append(NeuronBox(layer=one.name, spans=spans if len(spans) == len(whole) else whole))
    return tuple(found)
