"""Everything that was measured about one network, for the rules to compare."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from striate.records.backward import Backward
from striate.records.beginnings import Start
from striate.records.care import LayerOrigin
from striate.records.downstream import Downstream
from striate.records.leaks import Leaks
from striate.records.pictures import (
    ClassImages,
    FeatureMap,
    Filters,
    Occlusion,
    OcclusionCensus,
    Saliency,
    SaliencyCensus,
)
from striate.records.predictions import Chosen, Predictions, Scoreboard
from striate.records.readings import CostTable, LayerReading, Receptive
from striate.records.survey import ActivationMaps, LayerActivity, TopPatches
from striate.records.training import TrainingCurve
from striate.records.vector_map import VectorMap


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What is known; None or empty where nothing was measured. A rule stays silent without its evidence.

    `left_out` names what was not measured on purpose, with the reason. `is_one_run` says that the network's calls
    depend on data: its table holds for one run, and another may read what this one left.
    """

    layers: tuple[LayerReading, ...] = ()
    cost: CostTable | None = None
    fields: Mapping[str, Receptive] | None = None
    start: Start | None = None
    curve: TrainingCurve | None = None
    origins: tuple[LayerOrigin, ...] = ()
    leaks: Leaks | None = None
    predictions: Predictions | None = None
    scoreboard: Scoreboard | None = None
    chosen: tuple[Chosen, ...] = ()
    filters: Filters | None = None
    activity: tuple[LayerActivity, ...] = ()
    activation_maps: tuple[ActivationMaps, ...] = ()
    patches: tuple[TopPatches, ...] = ()
    feature_map: FeatureMap | None = None
    vector_map: VectorMap | None = None
    downstream: Downstream | None = None
    occlusions: tuple[Occlusion, ...] = ()
    occlusion_census: OcclusionCensus | None = None
    saliencies: tuple[Saliency, ...] = ()
    saliency_census: SaliencyCensus | None = None
    backward: Backward | None = None
    class_images: ClassImages | None = None
    left_out: tuple[tuple[str, str], ...] = ()
    is_one_run: bool = False
