"""The best classifier that is made of layers, as one network: the frozen first part and the new head."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from striate.analyse import layers as readings_of
from striate.errors import InputError, Quoted, StriateError
from striate.features.neighbours.query import checked_network
from striate.features.store import VectorStore
from striate.nets import Network
from striate.nets.cuts import cut_at, point_at
from striate.observe.units import unit_axes
from striate.records.adapting import CutPoint
from striate.records.downstream import Downstream, DownstreamRow
from striate.records.output import Output
from striate.records.vectors import VectorLayer, VectorSpec
from striate.trace import Recording, trace
from striate.trace.state import kept_randomness
from striate.transfer.downstream.classifier import Classifier
from striate.transfer.downstream.families import FAMILIES, Family
from striate.transfer.downstream.nesting import Asked, fit, settled

LAYERED = frozenset(family.name for family in FAMILIES if family.hidden is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Backbone:
    """A store's network, before a head is put behind one of its layers.

    Attributes:
        network: It has the weights that the store's vectors were made with.
        spec: How they were made: each is what a layer gives for one view.
        recording: The network's trace.
    """

    network: Network
    spec: VectorSpec
    recording: Recording


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """A network with the head that classifies.

    Attributes:
        network: In eval mode; nothing before the head was changed.
        row: Which row of the comparison it is.
        told: Why it is not the best row, a sentence each; () if it is.
    """

    network: Network
    row: DownstreamRow
    told: tuple[str, ...]


def join_best(
    found: Downstream,
    features: Mapping[str, npt.NDArray[np.float32]],
    asked: Asked,
    backbone: Backbone,
    output: Output,
) -> Joined:
    """Return the network up to the layer of the best row that can be layers, with that classifier, fitted to all samples, behind.

    Least squares, ridge, logistic and the linear SVM are one fully connected layer, the MLP two. Neighbours and the RBF SVM are
    none, and descriptors have no network: those rows are passed over, and said.

    Args:
        found: The comparison.
        features: That it was made with.
        asked: Likewise.
        backbone: Of the store they are from.
        output: What is answered.

    Raises:
        InputError: No row that can be layers.
    """
    told: list[str] = []
    for row in found.rows:
        reason = _why_not(row)
        if not reason:
            try:
                made = _joined(row, features[row.features], asked, backbone, output)
            except StriateError as error:
                reason = str(error)
            else:
                return replace(made, told=tuple(told))
        told.append(f"{row.family} on {row.features} cannot be saved: {reason}")
    raise InputError("some row must be one that can be layers of a network", got=Quoted(told[0]))


def backbone_of(store: VectorStore, network: Network | str | None = None, *, families: Sequence[str] = ()) -> Backbone:
    """Return the network whose vectors a store holds, if a head can stand behind its layers.

    Args:
        store: The store.
        network: Its network, or where that is now; None loads it from where the store says.
        families: Of which one is to be the head; all if none.

    Raises:
        InputError: It is not there; its weights are others; vectors that are more than what a layer gives for one view; no
            family that can be layers.
    """
    spec = store.spec
    if families and not LAYERED & set(families):
        raise InputError(
            f"a family must be one that can be layers: {', '.join(sorted(LAYERED))}", got=Quoted(", ".join(families))
        )
    if spec.views != "centre" or spec.is_normalised:
        got = "vectors of length 1" if spec.is_normalised else f"the mean over {spec.views}"
        raise InputError(
            "vectors must be what a layer gives for one view, for a head to stand behind it",
            got=Quoted(got),
            hint="Extract without --normalise and --views.",
        )
    found = checked_network(store, network)
    return Backbone(network=found, spec=spec, recording=trace(found.module, (2, *found.input_shape)))


def cut_for(layer: VectorLayer, recording: Recording) -> CutPoint:
    """Return the cut behind which a head reads what the store keeps of a layer.

    Raises:
        InputError: A pooling that no cut has; a value that no module returns or takes.
    """
    if layer.pooling not in {"flat", "average"}:
        raise InputError("a head must read averages, or values as they are", got=layer.pooling, where=layer.name)
    graph = recording.graph
    taps = {reading.name: reading.tap for reading in readings_of(graph)}
    op = taps.get(layer.name, layer.name)
    channels = unit_axes(graph)[op]
    over = () if layer.pooling == "flat" else tuple(axis for axis in range(1, len(graph[op].shape)) if axis != channels)
    return point_at(recording, op, name=layer.name, over=over)


def _why_not(row: DownstreamRow) -> str:
    if row.source == "hand-made":
        return "no network makes these features."
    return "" if row.family in LAYERED else "it is no fully connected layer."


def _joined(
    row: DownstreamRow, rows: npt.NDArray[np.float32], asked: Asked, backbone: Backbone, output: Output,
) -> Joined:  # fmt: skip
    network, spec, recording = backbone.network, backbone.spec, backbone.recording
    layer = spec.layer(row.features)
    if layer is None:
        raise InputError("a row's layer must be in the store", got=row.features)
    family = next(one for one in FAMILIES if one.name == row.family)
    # First, because it is quick and may be refused.
    with kept_randomness():
        made = cut_at(network.module, recording, cut_for(layer, recording), asked.outputs, hidden=family.hidden or ())
    fitted, setting = _fitted(np.asarray(rows, np.float64), asked, family)
    layers = fitted.layers or ()
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
    return Joined(network=whole, row=row, told=())


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
