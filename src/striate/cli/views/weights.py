"""`striate explain weights`: a layer's weights as pictures, with what is dead, copied, noisy, or of low rank."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from striate import schema
from striate.cli.explaining import Setting
from striate.cli.terminal import print_json, print_line
from striate.cli.views.view import Request, refuse
from striate.errors import UsageError
from striate.findings import Finding

if TYPE_CHECKING:
    from striate.nets import Network
    from striate.records import EffectiveFilters, Filters, LayerWeights

SCHEMA_VERSION = 1
TAKES = "no image, --layer"
SETTINGS: Mapping[str, Setting] = {"seed": int, "effective": int}

_RULES = ("filters-as-noisy-as-random", "copied-filters", "dead-filters")


def view(request: Request) -> Sequence[Finding]:
    """Print a layer's figures and what rules find; write its weights, or with effective=1 what they are of the input."""
    from striate.cli.explain_tables import tell_random, write_arrays
    from striate.cli.tables import show_findings
    from striate.explain import effective_filters, weights
    from striate.lint import lint
    from striate.nets import load_network
    from striate.records import Evidence
    from striate.report.pictures.weights import effective_picture, weights_picture
    from striate.runs import write_bytes

    refuse(request, images=True, classes=True)
    settings = request.read(SETTINGS)
    is_effective = bool(settings.pop("effective", 0))
    if is_effective and not request.layer:
        raise UsageError("effective filters must be of a named layer", got="none", hint="Like --layer conv2.")
    network = load_network(request.network)
    found = weights(network, layer=request.layer or None, **settings)
    effective = effective_filters(network, layer=request.layer) if is_effective else None
    arrays = _arrays(found) | (
        {} if effective is None else {"effective": effective.filters, "offsets": effective.offsets}
    )
    plain = _plain(found, effective)
    others = [path for path in request.out if path not in request.pictures]
    written = write_arrays(others, arrays, {"schema": schema.stamp("weights-arrays", SCHEMA_VERSION), "record": plain})
    for path in request.pictures:
        source = request.network
        made = (
            weights_picture(found, source=source) if effective is None else effective_picture(effective, source=source)
        )
        write_bytes(path, made)
        written.append(path)
    judged = lint(Evidence(weights=(found,), filters=_filters(network, found)), select=_RULES)
    if request.json:
        print_json(
            {"schema": schema.stamp("weights", SCHEMA_VERSION), "network": request.network}
            | plain
            | {"findings": [finding.row() for finding in judged.findings], "written": [str(path) for path in written]}
        )
        return judged.findings
    tell_random(network)
    _show(found, effective)
    show_findings(judged.findings, checked=len(judged.silent), skipped=len(judged.skipped))
    for path in written:
        print_line(f"Wrote {path}.")
    return judged.findings


def _filters(network: Network, found: LayerWeights) -> Filters | None:
    """Return the filters beside random ones, of a convolution that reads the input; the rules on them judge no other."""
    from striate.explain import filters

    return filters(network, layer=found.layer) if found.reads_input and found.weights.ndim > 2 else None


def _show(found: LayerWeights, effective: EffectiveFilters | None) -> None:
    from striate.graph import times
    from striate.report.pictures.weights import weights_sentences

    print_line(f"{found.layer}: {len(found.weights)} filters of {times(found.weights.shape[1:])}.")
    for sentence in (*weights_sentences(found), *found.notes, *(effective.notes if effective else ())):
        print_line(sentence)


def _arrays(found: LayerWeights) -> dict[str, Any]:
    arrays = {
        "weights": found.weights,
        "norms": found.norms,
        "input_norms": found.input_norms,
        "singular_values": found.spectrum.values,
        "random_singular_values": found.spectrum.random_values,
    }
    if found.detail is not None:
        arrays["detail"] = found.detail
    if found.waves is not None:
        each = ("cycles_per_px", "orientation_deg", "colour_share")
        arrays |= {name: getattr(found.waves, name) for name in each if getattr(found.waves, name) is not None}
    return arrays


def _plain(found: LayerWeights, effective: EffectiveFilters | None) -> dict[str, Any]:
    return {
        "layer": found.layer,
        "weight": found.key,
        "shape": list(found.weights.shape),
        "groups": found.groups,
        "reads_input": found.reads_input,
        "shared_with": list(found.shared_with),
        "dead": list(found.dead),
        "dead_inputs": list(found.dead_inputs),
        "copies": [list(group) for group in found.copies],
        "copy_limit": found.copy_limit,
        "random_cosine": found.random_cosine,
        "closest": None if found.closest is None else list(found.closest),
        "detail": None if found.detail is None else [float(one) for one in found.detail],
        "random_band": None if found.random_band is None else list(found.random_band),
        "effective_rank": found.spectrum.effective_rank,
        "random_effective_rank": found.spectrum.random_effective_rank,
        "notes": list(found.notes),
        "effective": None
        if effective is None
        else {
            "units": list(effective.units),
            "place": list(effective.place),
            "corner_px": list(effective.corner_px),
            "notes": list(effective.notes),
        },
    }
