"""How a unit's mean is spread over the images of a survey, and what rules say of its layer."""

from __future__ import annotations

import numpy as np

from striate.lint import lint
from striate.records import Evidence, LayerActivity
from striate.records.unit_survey import Survey, SurveyedLayer
from striate.studio.subject import Subject
from striate.studio.unit_wire import RuleSaid, UnitFigures
from striate.studio.work.unit_pages import surveyed_layer

_BINS = 24


def figures(subject: Subject, survey: Survey, row: int, channel: int) -> UnitFigures:
    """Return a histogram of a unit's means over single images, and the findings about its layer.

    Rules are asked of the network's design and of what the survey saw of the layer.

    Raises:
        InputError: No such row or unit; a row that neither learned nor rectifies.
    """
    layer = surveyed_layer(subject, survey, row, channel)
    assert layer.statistics is not None  # noqa: S101 - the studio's surveys have statistics
    means = np.asarray(layer.statistics.responses)[:, channel].astype(np.float64)
    means = means[np.isfinite(means)]
    counts, edges = np.histogram(means, bins=_BINS) if len(means) else (np.zeros(1, np.int64), np.zeros(2))
    return UnitFigures(
        row=row,
        channel=channel,
        images=len(means),
        edges=[float(edge) for edge in edges],
        counts=[int(count) for count in counts],
        mean=float(means.mean()) if len(means) else 0.0,
        rules=_rules(subject, layer, row),
    )


def _rules(subject: Subject, layer: SurveyedLayer, row: int) -> list[RuleSaid]:
    reading = subject.layers[row].reading
    names = {reading.name, *reading.ops}
    report = lint(Evidence(activity=(_activity(layer),)), graph=subject.recording.graph)
    return [
        RuleSaid(
            code=one.code,
            name=one.name.replace("-", " "),
            severity=one.severity,
            message=one.message,
            todo=one.todo,
        )
        for one in report.findings
        if one.op in names
    ]


def _activity(layer: SurveyedLayer) -> LayerActivity:
    found = layer.statistics
    assert found is not None  # noqa: S101 - was looked at before
    return LayerActivity(
        layer=layer.layer,
        units=layer.units,
        active_share=float(np.asarray(found.active_share).mean()),
        dead=tuple(int(unit) for unit in np.flatnonzero(layer.dead)),
        always_on=tuple(int(unit) for unit in np.flatnonzero(found.always_on)),
        maximum=float(np.asarray(layer.maximum).max()),
        is_rectified=layer.is_rectified,
    )
