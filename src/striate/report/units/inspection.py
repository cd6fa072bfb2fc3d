"""`inspect_units`: one layer or one unit, judged, as a picture and as numbers."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from striate import schema
from striate.analyse import layers as readings_of
from striate.data import Dataset, ReadAs, load_data, prepare, unprepare
from striate.errors import InputError
from striate.events import SILENT, Events
from striate.nets import Network, load_network
from striate.observe.survey import judge_units, survey
from striate.observe.units import unit_axes, unit_layers
from striate.records.unit_survey import Survey, SurveyedLayer, UnitJudgement
from striate.report.held_out import run_of, training_of
from striate.report.units.sheet import unit_sheet
from striate.runs import write_bytes
from striate.trace import trace

SCHEMA_VERSION = 1
# Units that a sheet of a layer shows: those that answer most steadily, dead ones last.
SHOWN = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitInspection:
    """What `inspect_units` found.

    Attributes:
        survey: The survey it rests on.
        layer: The layer.
        judged: The units asked for: one, or all of the layer.
        written: Files.
    """

    survey: Survey
    layer: SurveyedLayer
    judged: tuple[UnitJudgement, ...]
    written: tuple[Path, ...]

    def document(self) -> dict[str, Any]:
        """Return it as plain values, as `striate inspect --layer --json` prints it."""
        return {
            "schema": schema.stamp("units", SCHEMA_VERSION),
            "layer": self.layer.layer,
            "field_px": list(self.layer.field_px),
            "images": self.layer.images,
            "left_out": self.layer.broken,
            "figures": layer_figures(self.layer),
            "units": [_row(one) for one in self.judged],
            "written": [str(path) for path in self.written],
        }


def inspect_units(
    network: str | Path | Network,
    data: str | Path | Dataset,
    layer: str,
    *,
    unit: int | None = None,
    out: Path | str | None = None,
    seed: int = 0,
    events: Events = SILENT,
) -> UnitInspection:
    """Judge one layer, or one unit of it, and write a sheet of patches (PNG) and the numbers (NPZ).

    By a run, the held-out part of the data is looked at: of its own data that of its split, of other data that of a new split,
    without what it has seen. By any other network, everything.

    Args:
        network: A run folder, or anything `load_network` takes.
        data: A data reference or a `Dataset`.
        layer: Name of the layer.
        unit: Its number; None judges all.
        out: A folder; `units` beside the network's run, or in the current folder, if left out.
        seed: Of the random sets.
        events: Hears "surveying" by the image; may cancel.

    Raises:
        UnknownNameError: No such layer.
        InputError: No such unit; `out` is a file.
        StorageError: The disk refused.
    """
    run = run_of(network)
    folder = Path(out) if out is not None else (run.folder if run else Path()) / "units"
    if folder.exists() and not folder.is_dir():
        raise InputError("--out must be a folder, or not there yet, with --layer", got=str(folder))
    loaded = load_network(network)
    read_as = ReadAs(axes=loaded.preprocessing.stored_axes)
    dataset = data if isinstance(data, Dataset) else load_data(data, read_as=read_as, events=events)
    indices = training_of(run, dataset)[1].test if run is not None else tuple(range(len(dataset)))
    recording = trace(loaded.module, (1, *loaded.input_shape))
    (reading,) = unit_layers(readings_of(recording.graph), [layer])
    units = recording.graph[reading.tap].shape[unit_axes(recording.graph)[reading.tap]]
    if unit is not None and not 0 <= unit < units:
        raise InputError(f"a unit's number must be 0 … {units - 1}", got=unit, where=reading.name)
    found = survey(loaded, dataset, indices, layers=[reading.name], recording=recording, events=events)
    one = found.layers[0]
    judged = judge_units(found, one.layer, None if unit is None else [unit], seed=seed)
    name = one.layer.replace("/", "_") + ("" if unit is None else f"-{unit}")
    written = [folder / f"{name}.npz"]
    write_bytes(written[0], _numbers(one, judged))
    if len(found.input_px) == 2:
        shown = judged if unit is not None else _shown(one, judged)
        images = _images(loaded, dataset, one, shown)
        source = f"{network if isinstance(network, str | Path) else type(loaded.module).__name__}"
        written.append(folder / f"{name}.png")
        write_bytes(written[1], unit_sheet(found, one, shown, images, source=source))
    else:
        events.log("no sheet: patches are drawn of pictures only")
    return UnitInspection(survey=found, layer=one, judged=judged, written=tuple(written))


def layer_figures(layer: SurveyedLayer) -> dict[str, Any]:
    """Return a layer's own figures as plain values."""
    found = layer.statistics
    if found is None:
        return {}
    beside = found.neighbour_correlation
    return {
        "units": layer.units,
        "dead": int(layer.dead.sum()) if layer.is_rectified else None,
        "always_on": int(found.always_on.sum()) if layer.is_rectified else None,
        "active_share": float(found.active_share.mean()),
        "neighbour_correlation": _median(beside),
        "selectivity": _median(found.selectivity),
        "explained_by_classes": _median(found.explained),
        "channels": found.channels,
        "rows": found.rows,
        "participation": None if np.isnan(found.participation) else found.participation,
        "rank": found.rank,
        "rank_99": found.rank_99,
    }


def _median(values: NDArray[np.float32] | None) -> float | None:
    return None if values is None or np.isnan(values).all() else float(np.nanmedian(values))


def _shown(layer: SurveyedLayer, judged: Sequence[UnitJudgement]) -> list[UnitJudgement]:
    """Return the most coherent units of a layer, and how they compare; of equal ones the first."""
    alive = [one for one in judged if not (one.is_dead and layer.is_rectified)]
    ordered = sorted(alive, key=lambda one: -(one.coherence if one.coherence is not None else -2.0))
    return ordered[:SHOWN]


def _images(
    network: Network, dataset: Dataset, layer: SurveyedLayer, shown: Sequence[UnitJudgement]
) -> dict[int, NDArray[np.uint8]]:
    """Return the images shown, as they entered the network."""
    k = layer.places.shape[1]
    wanted = sorted({int(sample) for one in shown for sample in layer.samples[one.unit, :k]})
    found = {}
    for sample in wanted:
        rate = dataset.samples[sample].sample_rate_hz
        entered = prepare(dataset.read(sample), network.preprocessing, sample_rate_hz=rate)
        pixels = (unprepare(entered, network.preprocessing) * 255).round().byte().numpy().transpose(1, 2, 0)
        found[sample] = pixels if pixels.shape[2] in {1, 3} else pixels[..., :1]
    return found


def _numbers(layer: SurveyedLayer, judged: Sequence[UnitJudgement]) -> bytes:
    """Return the layer's arrays and the judgements as one NPZ file, one row a unit judged."""
    units = np.array([one.unit for one in judged], np.int64)
    arrays: dict[str, Any] = {"units": units, "field_px": np.array(layer.field_px)}
    arrays |= {
        name: getattr(layer, name)[units]
        for name in ("maximum", "samples", "values", "places", "boxes", "is_cut", "dead")
    }  # fmt: skip
    for name in ("coherence", "chance_coherence", "entropy_bits", "chance_entropy_bits", "two_groups", "two_groups_p"):
        width = 2 if name.startswith("chance") else 1
        values = [getattr(one, name) for one in judged]
        arrays[name] = np.array([np.full(width, np.nan) if value is None else np.atleast_1d(value) for value in values])
    found = layer.statistics
    if found is not None:
        arrays |= {
            name: getattr(found, name)[units] for name in ("active_share", "always_on", "mean", "spread", "sparseness")
        }
        arrays |= {"quantile_shares": np.array(found.quantile_shares), "quantiles": found.quantiles[units]}
        for name in ("selectivity", "explained", "neighbour_correlation"):
            if getattr(found, name) is not None:
                arrays[name] = getattr(found, name)[units]
        if found.class_means is not None:
            arrays["class_means"] = found.class_means[:, units].T
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def _row(one: UnitJudgement) -> dict[str, Any]:
    row = asdict(one)
    for name in ("class_counts", "groups"):
        row[name] = None if row[name] is None else row[name].tolist()
    return row
