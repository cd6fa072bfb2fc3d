"""The best classifier that is made of layers, as one network: the frozen first part and the new head."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from striate.analyse import cost
from striate.analyse import layers as readings_of
from striate.errors import InputError, Quoted, StriateError
from striate.graph import size
from striate.kinds import kind_of
from striate.nets import Network
from striate.nets.cuts import cut_at
from striate.nets.weights import weights_key
from striate.observe.units import unit_axes
from striate.records.adapting import CutPoint
from striate.records.downstream import Downstream, DownstreamRow
from striate.records.output import Output
from striate.records.vectors import VectorLayer, VectorSpec
from striate.trace import Recording, trace
from striate.transfer.downstream.classifier import Classifier
from striate.transfer.downstream.families import FAMILIES, Family
from striate.transfer.downstream.nesting import Asked, fit, settled

LAYERED = frozenset({"linear", "ridge", "logistic", "linear SVM", "MLP"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """A network with the head that classifies.

    Attributes:
        network: In eval mode; nothing before the head was changed.
        row: Which row of the comparison it is.
        setting: Chosen over all folds; None where nothing is.
        told: Why it is not the best row, a sentence each; () if it is.
    """

    network: Network
    row: DownstreamRow
    setting: float | None
    told: tuple[str, ...]


def join_best(
    found: Downstream,
    features: Mapping[str, npt.NDArray[np.float32]],
    asked: Asked,
    network: Network,
    spec: VectorSpec,
    output: Output,
) -> Joined:
    """Return the network up to the layer of the best row that can be layers, with that classifier, fitted to all samples, behind.

    Least squares, ridge, logistic and the linear SVM are one fully connected layer, the MLP two. Neighbours and the RBF SVM are
    none, and descriptors have no network: those rows are passed over, and said.

    Args:
        found: The comparison.
        features: That it was made with.
        asked: Likewise.
        network: Whose features they are.
        spec: How they were made.
        output: What is answered.

    Raises:
        InputError: Another network; features that are no plain averages of one view of it; no row that can be layers.
    """
    check_same(network, spec)
    recording = trace(network.module, (2, *network.input_shape))
    told: list[str] = []
    for row in found.rows:
        reason = _why_not(row)
        if not reason:
            try:
                made = _joined(row, features[row.features], asked, network, spec, recording, output)
            except StriateError as error:
                reason = str(error)
            else:
                return replace(made, told=tuple(told))
        told.append(f"{row.family} on {row.features} cannot be saved: {reason}")
    raise InputError("some row must be one that can be layers of a network", got=Quoted(told[0]))


def check_same(network: Network, spec: VectorSpec) -> None:
    """Refuse a network whose features these are not, and features a head cannot be put behind.

    Raises:
        InputError: As above.
    """
    if weights_key(network.module) != spec.weights_key:
        raise InputError(
            "the network must be the one the store was extracted with",
            got=Quoted("other weights"),
            hint=f"It was {spec.network}.",
        )
    if spec.views != "centre" or spec.is_normalised:
        got = "vectors of length 1" if spec.is_normalised else f"the mean over {spec.views}"
        raise InputError(
            "vectors must be what a layer gives for one view, for a head to stand behind it",
            got=Quoted(got),
            hint="Extract without --normalise and --views.",
        )


def cut_for(layer: VectorLayer, recording: Recording) -> CutPoint:
    """Return the cut behind which a head reads what the store keeps of a layer.

    Raises:
        InputError: A pooling that no cut has; a value that no module returns or takes.
    """
    if layer.pooling not in {"flat", "average"}:
        raise InputError("a head must read averages, or values as they are", got=layer.pooling, where=layer.name)
    graph = recording.graph
    taps = {reading.name: reading.tap for reading in readings_of(graph)}
    op, (path, turn), side = _site(recording, taps.get(layer.name, layer.name))
    shape = graph[op].shape
    channels = unit_axes(graph)[op]
    over = () if layer.pooling == "flat" else tuple(axis for axis in range(1, len(shape)) if axis != channels)
    names = [one.name for one in graph]
    before, table = names[: names.index(op) + 1], cost(graph)
    macs = sum(table.ops[name].macs for name in before) // graph.conditions.batch
    total = table.total.macs // graph.conditions.batch
    return CutPoint(
        name=layer.name, op=op, path=path, turn=turn, side="after" if side else "before", over=over, shape=shape[1:],
        features=size(tuple(length for axis, length in enumerate(shape) if axis and axis not in over)),
        macs=macs, parameters=sum(table.ops[name].params for name in before), macs_share=macs / total if total else 0.0,
    )  # fmt: skip


def _site(recording: Recording, op: str) -> tuple[str, tuple[str, int], bool]:
    """Return an op with this value, the call of a module at it, and whether the module returns it (else it takes it)."""
    if op in recording.sites:
        return op, recording.sites[op], True
    graph, wanted = recording.graph, op
    for reader in graph:
        if tuple(reader.inputs) != (op,):
            continue
        if reader.name in recording.sites:
            return op, recording.sites[reader.name], False
        kind = kind_of(reader.kind)
        if kind is not None and reader.kind in {"identity", "dropout", "droppath"}:
            op = reader.name
    raise InputError("a cut must be where a module begins or ends", got=wanted)


def _why_not(row: DownstreamRow) -> str:
    if row.source == "hand-made":
        return "no network makes these features."
    return "" if row.family in LAYERED else "it is no fully connected layer."


def _joined(
    row: DownstreamRow, rows: npt.NDArray[np.float32], asked: Asked, network: Network, spec: VectorSpec,
    recording: Recording, output: Output,
) -> Joined:  # fmt: skip
    layer = spec.layer(row.features)
    if layer is None:
        raise InputError("a row's layer must be in the store", got=row.features)
    family = next(one for one in FAMILIES if one.name == row.family)
    fitted, setting = _fitted(np.asarray(rows, np.float64), asked, family)
    layers = fitted.layers or ()
    hidden = tuple(len(biases) for _, biases in layers[:-1])
    made = cut_at(network.module, recording, cut_for(layer, recording), asked.outputs, hidden=hidden)
    mean, std = _scale(asked)
    linear = [part for part in made.head if isinstance(part, nn.Linear)]
    with torch.no_grad():
        for place, (part, (weights, biases)) in enumerate(zip(linear, layers, strict=True), start=1):
            if place == len(layers) and asked.kind == "values":
                weights, biases = weights / std[:, None], (biases - mean) / std
            part.weight.copy_(torch.from_numpy(np.ascontiguousarray(weights)))
            part.bias.copy_(torch.from_numpy(np.ascontiguousarray(biases)))
    made.eval()
    preprocessing = spec.preprocessing
    if asked.kind == "values":
        preprocessing = replace(preprocessing, value_mean=tuple(mean.tolist()), value_std=tuple(std.tolist()))
    origin = network.origin if network.origin.kind == "module" else network.origin.ended(made.ending)
    known = {
        "features": row.features, "family": row.family, "setting": setting, "samples": len(asked.folds),
        "cross_validated": row.estimate.mean,
    }  # fmt: skip
    whole = replace(
        network, module=made, output=output, origin=origin, preprocessing=preprocessing,
        receipt={**network.receipt, "downstream": known},
    )  # fmt: skip
    return Joined(network=whole, row=row, setting=setting if family.setting_name else None, told=())


def _fitted(rows: npt.NDArray[np.float64], asked: Asked, family: Family) -> tuple[Classifier, float]:
    setting = settled(rows, asked, family)
    everything = np.ones(len(asked.folds), np.bool_)
    return fit(rows, asked, family, everything, (setting,))[0], setting


def _scale(asked: Asked) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return mean and standard deviation of the values, which a network answers in; of classes and labels nothing is scaled."""
    if asked.kind != "values":
        return np.zeros(asked.outputs), np.ones(asked.outputs)
    std = asked.targets.std(0)
    return asked.targets.mean(0), np.where(std > 0, std, 1.0)
