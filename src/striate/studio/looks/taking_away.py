"""A look's numbers as files that open in PyTorch: every digit of a layer, of all layers, of what one unit is made of."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from striate.errors import InputError, Quoted
from striate.explain.neuron import Pass, told
from striate.records import NeuronPart
from striate.studio.looks.look import Look
from striate.studio.looks.neurons import row_of
from striate.studio.subject import Subject

# Of one file; what is larger is said before, and refused.
MOST_BYTES = 256 * 2**20
# A sum is taken apart into all its parts.
_ALL = 1 << 30


def layer_file(subject: Subject, look: Look, number: int) -> bytes:
    """Return one layer as safetensors: `values` float32 (channels, axes…), whole and unrounded.

    The metadata say of which network, layer and input.

    Args:
        subject: The network.
        look: The look, or the difference of two.
        number: Of the layer.

    Raises:
        InputError: There is no such layer; a file of more than 256 MiB.

    Example:
        >>> from safetensors.torch import load
        >>> from striate.blueprint import Blueprint
        >>> from striate.nets import from_blueprint
        >>> from striate.studio.looks.look import Given, Looks
        >>> from striate.studio.subject import subject_of
        >>> subject = subject_of(from_blueprint(Blueprint.from_text("input 1x8x8; conv 3x3 4, relu; classes 3")), None)
        >>> look = Looks(subject).take(Given(inputs=torch.ones(1, 1, 8, 8), words="White."))
        >>> load(layer_file(subject, look, 0))["values"].shape
        torch.Size([4, 8, 8])
    """
    layer = subject.layer(number)
    return _file({"values": look.values[number]}, _of(subject, look) | {"layer": layer.reading.name})


def look_file(subject: Subject, look: Look) -> bytes:
    """Return a whole look as safetensors: `input` (1, c, axes…), `scores` (outputs,), and every layer by its name.

    Raises:
        InputError: A file of more than 256 MiB.
    """
    values = {f"layer.{layer.reading.name}": value for layer, value in zip(subject.layers, look.values, strict=True)}
    return _file({"input": look.inputs, "scores": look.scores, **values}, _of(subject, look))


def unit_file(subject: Subject, look: Look, seen: Pass, row: int, channel: int, at: tuple[int, ...]) -> bytes:
    """Return all parts of a unit's sum as safetensors.

    Of each layer that is read, or of `input`: `NAME.channels` int64 (parts,), `NAME.input`, `NAME.weight` and `NAME.product`
    float64 (parts, window…); then `bias`, `total` and the network's own `value`, all before the activation, as float64.

    Args:
        subject: The network.
        look: The look.
        seen: Its pass.
        row: Number of the unit's layer.
        channel: Of it.
        at: The unit's place.

    Raises:
        InputError: There is no such layer, channel or place; a unit that is no sum known here; a file of more than 256 MiB.
    """
    source = row_of(seen, row)
    found = told(seen, source, channel, at, by="contribution", about=None, top=_ALL)
    if not found.parts:
        raise InputError("a unit must be a sum to be taken apart", got=Quoted(found.formula), where=source.name)
    arrays: dict[str, Tensor] = {}
    for name in dict.fromkeys(part.layer for part in found.parts):
        parts = sorted((part for part in found.parts if part.layer == name), key=lambda part: part.channel)
        arrays |= _parts("input" if name == seen.input.name else f"layer.{name}", parts)
    for name, value in (("bias", found.bias), ("total", found.total), ("value", found.before)):
        arrays[name] = torch.tensor(value, dtype=torch.float64)
    unit = {"layer": source.name, "channel": str(channel), "at": ",".join(map(str, at)), "formula": found.formula}
    return _file(arrays, _of(subject, look) | unit)


def _parts(name: str, parts: list[NeuronPart]) -> dict[str, Tensor]:
    def stacked(values: list[tuple[float, ...]]) -> Tensor:
        return torch.tensor(values, dtype=torch.float64).reshape(len(parts), *parts[0].window)

    return {
        f"{name}.channels": torch.tensor([part.channel for part in parts]),
        f"{name}.input": stacked([part.input for part in parts]),
        f"{name}.weight": stacked([part.weight for part in parts]),
        f"{name}.product": stacked([part.product for part in parts]),
    }


def _of(subject: Subject, look: Look) -> dict[str, str]:
    return {"network": subject.name, "weights": subject.key, "input_words": look.words, "look": look.key}


def _file(arrays: Mapping[str, Tensor], words: dict[str, str]) -> bytes:
    from safetensors.torch import save

    size = sum(array.numel() * array.element_size() for array in arrays.values())
    if size > MOST_BYTES:
        raise InputError(
            f"a file of values must be at most {MOST_BYTES // 2**20} MiB",
            got=Quoted(f"{size / 2**20:.0f} MiB"),
            hint="Take one layer at a time.",
        )
    # Values may be views of one storage.
    return save({name: array.detach().cpu().contiguous().clone() for name, array in arrays.items()}, metadata=words)
