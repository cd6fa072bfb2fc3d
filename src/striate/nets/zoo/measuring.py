"""The figures of one network of a zoo, without its weights."""

from __future__ import annotations

import torch
from torch import nn

from striate.analyse import cost, last_field, receptive_fields
from striate.nets.origin import Origin, OriginKind
from striate.nets.zoo.published import published_preprocessing
from striate.records.zoo import ZooRow
from striate.trace import trace


def measured(kind: OriginKind, name: str) -> ZooRow:
    """Return what a network costs for one image of the size its weights were made for.

    It is built and traced without values: no weights are made and none are fetched.

    Args:
        kind: "timm" or "torchvision".
        name: The network's name there.

    Raises:
        UnknownNameError: The zoo has no such network.

    Example:
        >>> row = measured("torchvision", "resnet18")
        >>> row.input, row.params, row.field_px
        ((3, 224, 224), 11689512, 435)
    """
    module = _built(Origin(kind=kind, text=name)).eval()
    shape = published_preprocessing(kind, name, module).shape
    reference = f"{kind}:{name}"
    params = sum(parameter.numel() for parameter in module.parameters())
    try:
        recording = trace(module, (1, *shape))
    except Exception as cause:  # noqa: BLE001 - other people's networks may raise anything; the row says so
        reason = " ".join(str(cause).split())[:100]
        return ZooRow(reference=reference, input=shape, params=params, note=f"not traced: {reason}")
    found = cost(recording.graph)
    field = last_field(recording.graph, receptive_fields(recording.graph))
    return ZooRow(
        reference=reference,
        input=shape,
        params=params,
        macs=None if found.not_counted else found.total.macs,
        field_px=max((axis.size_px for axis in field.axes), default=None),
        is_global=field.is_global,
        note=f"not counted: {', '.join(found.not_counted[:3])}" if found.not_counted else "",
    )


def _built(origin: Origin) -> nn.Module:
    """Return a module without values; one whose widths are computed with tensors has to be built with them."""
    try:
        with torch.device("meta"):
            return origin.build()
    except NotImplementedError:
        with torch.random.fork_rng():
            return origin.build()
