"""Orders of a layer's channels for one look: by activation, class weight, gradient, or likeness to another look."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import cosine_similarity, normalize

from striate.errors import InputError, Quoted, unknown_name
from striate.explain.class_weight import class_weight
from striate.explain.neuron import Pass
from striate.report.arrays import ArrayStore
from striate.studio.looks.look import Look
from striate.studio.looks.neurons import row_of
from striate.studio.looks.passes import Passes
from striate.studio.subject import Subject

ORDERS = ("activation", "class", "gradient", "similarity", "alike")


def ordered(
    subject: Subject, look: Look, passes: Passes, row: int, *, by: str, about: int, other: Look | None
) -> bytes:
    """Return the channels of a row by falling value as safetensors: `order` int32, `values` float32 in that order.

    "activation": the map's mean; "class": the weight with which the output's score reads the channel's mean; "gradient": the
    mean gradient of the output's score at the map; "similarity": the cosine with the same channel's map for another look: these
    as `striate.explain.activation_maps` defines them. "alike": each channel beside the one most like it: from the strongest on
    always the nearest that is left, by the cosine of their maps; the value is that cosine, 1 for the first.

    Args:
        subject: Whose network it is.
        look: The look.
        passes: Asked for the look's pass where gradients are wanted.
        row: Number of the layer.
        by: One of `ORDERS`.
        about: Number of the output.
        other: The other look, for "similarity".

    Raises:
        InputError: No such row or output; "class" where no linear layer reads the channels' means; "similarity" alone.
        UnknownNameError: An order nobody knows.
    """
    layer = subject.layer(row)
    flat = look.values[row].double().reshape(layer.channels, -1)
    if not 0 <= about < len(look.scores):
        raise InputError(f"an output's number must be 0 … {len(look.scores) - 1}", got=about)
    if by == "activation":
        values = flat.mean(1)
    elif by == "class":
        op, module = layer.reading.tap, subject.network.module
        values = class_weight(subject.recording, module, op, layer.axis, where=layer.reading.name)[about].double().cpu()
    elif by == "gradient":
        with passes.of(look) as seen:
            slopes = by_channel(seen, row, seen.slopes(None, about).get(row_of(seen, row).number))
        values = slopes.double().reshape(layer.channels, -1).mean(1)
    elif by == "similarity":
        if other is None:
            raise InputError("similarity must have another look to compare with", got=Quoted("none"), where="other")
        values = cosine_similarity(flat, other.values[row].double().reshape(layer.channels, -1), dim=1)
    elif by == "alike":
        chain, values = _alike(flat)
        return _told(chain, values[chain])
    else:
        raise unknown_name("order", by, list(ORDERS))
    order = torch.argsort(values, descending=True, stable=True)
    return _told(order, values[order])


def _told(order: Tensor, values: Tensor) -> bytes:
    store = ArrayStore()
    store.numbers("order", order.to(torch.int32).numpy())
    store.numbers("values", values.float().numpy())
    return store.to_safetensors()


def _alike(flat: Tensor) -> tuple[Tensor, Tensor]:
    """Return channels so that each follows the one it is most like, and the cosine of each with the one before it.

    A map of zeros is like no other (cosine 0).
    """
    flat = flat.nan_to_num(0, 0, 0)
    units = normalize(flat, dim=1)
    chain = [int(flat.abs().amax(1).argmax())]
    cosines = torch.ones(len(flat), dtype=flat.dtype)
    left = torch.ones(len(flat), dtype=torch.bool)
    left[chain[0]] = False
    for _ in range(len(flat) - 1):
        near = (units @ units[chain[-1]]).masked_fill(~left, -torch.inf)
        place = int(near.argmax())
        cosines[place] = near[place]
        left[place] = False
        chain.append(place)
    return torch.tensor(chain), cosines


def by_channel(seen: Pass, number: int, value: Tensor | None) -> Tensor:
    """Return a row's value or gradient (1, …) as (channels, axes…), float32; zeros for None."""
    row = row_of(seen, number)
    found = torch.zeros(row.shape) if value is None else value
    return found[0].movedim(row.axis - 1, 0).reshape(row.channels, *row.sizes).float().cpu()
