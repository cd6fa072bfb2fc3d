"""Units judged for a report: of every layer some, evenly spread, so that large networks take no longer than small ones."""

from __future__ import annotations

import numpy as np

from striate.events import SILENT, Events, Task
from striate.observe.survey import judge_units
from striate.observe.survey.judging import DIVIDED, TWIN
from striate.records.unit_survey import JudgedUnits, Survey

# Units judged in all layers together, and in one at least: some 30 ms each.
MOST_JUDGED, LEAST_JUDGED = 192, 4


def judged_units(survey: Survey, *, seed: int = 0, events: Events = SILENT) -> JudgedUnits | None:
    """Return judgements of some units of every layer; None of a survey without features to hold them against.

    Args:
        survey: With statistics.
        seed: Of the random sets.
        events: Hears of each layer; may cancel.
    """
    if survey.features is None or not survey.layers:
        return None
    most = max(LEAST_JUDGED, MOST_JUDGED // len(survey.layers))
    task = Task("judging units", total=len(survey.layers), unit="layer", events=events)
    judged = {}
    for layer in survey.layers:
        count = min(layer.units, most)
        judged[layer.layer] = judge_units(
            survey, layer.layer, (np.arange(count) * layer.units // count).tolist(), seed=seed
        )
        task.advance()
    return JudgedUnits(survey=survey, judged=judged, divided_p=DIVIDED, twin=TWIN)
