"""Print the JSON Schema of what the studio's server tells, from which `web/src/studio/wire.ts` is written.

Run: `python -m striate.studio.schema | npm --prefix web run types -- --name Studio --out src/studio/wire.ts`
"""

from __future__ import annotations

import json
import sys
from typing import Any

from pydantic.json_schema import models_json_schema

from striate.studio import (
    begin_wire,
    design_wire,
    edit_wire,
    freeze_wire,
    job_wire,
    map_wire,
    tour_wire,
    training_wire,
    unit_wire,
    version_wire,
    wire,
)

MODELS = (
    wire.Explored, wire.LookMade, wire.Neuron, wire.SampleWanted, wire.DrawingWanted, wire.Failure,
    wire.BackwardMade, wire.Paths, wire.ChangesWanted, wire.Difference,
    job_wire.OcclusionWanted, job_wire.SurveyWanted, job_wire.Job, job_wire.Jobs, job_wire.Unit,
    map_wire.MapWanted, map_wire.MapShown, map_wire.InputPlaced, map_wire.ChoiceWanted, map_wire.Differences,
    unit_wire.UnitImageWanted, unit_wire.UnitOcclusionWanted, unit_wire.GrownImage, unit_wire.UnitFilter, unit_wire.UnitFigures,
    unit_wire.Onward, unit_wire.Law, edit_wire.SaveWanted, edit_wire.NetworkSaved,
    version_wire.VersionRow, version_wire.Beside,
    training_wire.TrainingWanted, training_wire.TrainingRow, training_wire.Trainings, training_wire.TrainingShown,
    tour_wire.TourName, tour_wire.Tour, freeze_wire.FreezeWanted, freeze_wire.Frozen, begin_wire.Beginning,
    design_wire.DesignWanted, design_wire.Designed, design_wire.Reports,
)  # fmt: skip


def studio_schema() -> dict[str, Any]:
    """Return the schema of one object that has every model as a property, so that each becomes a type."""
    places, schema = models_json_schema([(model, "serialization") for model in MODELS], by_alias=True)
    properties = {model.__name__: places[model, "serialization"] for model in MODELS}
    return {
        "title": "Studio",
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
        "$defs": schema["$defs"],
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(studio_schema(), indent=1) + "\n")
