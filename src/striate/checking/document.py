"""A check as plain values: what `striate check --json` prints."""

from __future__ import annotations

from dataclasses import asdict
from fractions import Fraction
from math import isfinite
from typing import Any

from striate import schema
from striate.analyse import borders, last_field
from striate.checking.border_document import border_document, sizes_document
from striate.checking.record import Check
from striate.graph import Op
from striate.records import Receptive

SCHEMA_VERSION = 2


def document(found: Check) -> dict[str, Any]:
    """Return a check as plain values."""
    reached = borders(found.graph, found.fields)
    return {
        "schema": schema.stamp("check", SCHEMA_VERSION),
        "network": found.name,
        "conditions": asdict(found.graph.conditions),
        "notes": list(found.notes),
        "totals": asdict(found.cost.total),
        "memory": _memory(found),
        "receptive_field": field_document(last_field(found.graph, found.fields)),
        "borders": border_document(reached),
        "input_sizes": sizes_document(found.graph),
        "ops": [_op(found, op) | {"padding_share": reached.padding_share.get(op.name)} for op in found.graph],
        "not_counted": list(found.cost.not_counted),
        "findings": _findings(found),
        "allowed": [covered.finding.row() | {"reason": covered.allowance.reason} for covered in found.report.allowed],
        "unused_allowances": [asdict(unused.allowance) | {"why": unused.why} for unused in found.report.unused],
        "failures": [asdict(failure) for failure in found.report.failures],
    }


def field_document(field: Receptive) -> dict[str, Any]:
    """Return a receptive field as plain values, per axis."""
    return {
        "size_px": [number(axis.size_px) for axis in field.axes],
        "stride_px": [number(axis.stride) for axis in field.axes],
        "padding_px": [number(axis.padding_px) for axis in field.axes],
        "holes_px": [axis.holes_px for axis in field.axes],
        "is_global": field.is_global,
        "is_aligned": field.is_aligned,
        "is_known": field.is_known,
    }


def number(value: float | Fraction) -> float | int:
    """Return a number as JSON has them: whole where it is whole.

    Example:
        >>> number(Fraction(4, 2)), number(Fraction(1, 2))
        (2, 0.5)
    """
    return int(value) if value == int(value) else float(value)


def _plain(value: Any) -> Any:  # noqa: ANN401 - attributes are plain values of any kind
    """Return a value as JSON has them: numbers that are none in words."""
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    return str(value) if isinstance(value, float) and not isfinite(value) else value


def _op(found: Check, op: Op) -> dict[str, Any]:
    row = {
        "name": op.name,
        "kind": op.kind,
        "shape": list(op.shape),
        "dtype": op.dtype,
        "path": op.path,
        "inputs": list(op.inputs),
        "attributes": {key: _plain(value) for key, value in op.attributes.items()},
        "receptive_field": field_document(found.fields[op.name]),
    }
    return row | asdict(found.cost.ops[op.name]) | {"saved_bytes": found.memory.saved.get(op.name, 0)}


def _findings(found: Check) -> list[dict[str, Any]]:
    """Return the findings with where they are written, and what their cure would change."""
    rows = {id(finding): finding.row() for finding in found.findings}
    for finding in found.findings:
        place = found.subject.place(finding.op)
        rows[id(finding)]["place"] = asdict(place) if place is not None else None
    for offer in found.offers():
        rows[id(offer.finding)]["cure"] |= {
            "text": str(offer.cure),
            "before": asdict(offer.before),
            "after": asdict(offer.after) if offer.after is not None else None,
            "obstacle": offer.obstacle,
        }
    return list(rows.values())


def _memory(found: Check) -> dict[str, Any]:
    """Return a ledger as plain values; its parts by op go with the ops."""
    plain = {key: value for key, value in asdict(found.memory).items() if key not in {"saved", "not_counted"}}
    return plain | {
        "saved_bytes": found.memory.saved_bytes,
        "inference_peak_bytes": found.inference.peak_bytes,
        "limit_bytes": found.memory_limit_bytes,
        "largest_batch": found.largest_batch,
        "savings": [asdict(saving) for saving in found.savings],
    }
