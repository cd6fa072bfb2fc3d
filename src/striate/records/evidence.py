"""Everything that was measured about one network, for the rules to compare."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from striate.records.backward import Backward
from striate.records.beginnings import Start
from striate.records.care import LayerOrigin
from striate.records.downstream import Downstream
from striate.records.entering import NormTrial, PreprocessingTrial
from striate.records.invariance import Invariance, Stability
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
from striate.records.score_record import ScoreRecord
from striate.records.shortcuts import Shortcuts
from striate.records.specialisation import ThroughTraining
from striate.records.survey import ActivationMaps, LayerActivity, TopPatches
from striate.records.training import TrainingCurve
from striate.records.trust import Accord, Trust
from striate.records.unit_survey import JudgedUnits
from striate.records.vector_map import VectorMap
from striate.records.weights import EffectiveFilters, LayerWeights


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
    score_record: ScoreRecord | None = None
    chosen: tuple[Chosen, ...] = ()
    filters: Filters | None = None
    weights: tuple[LayerWeights, ...] = ()
    effective_filters: EffectiveFilters | None = None
    activity: tuple[LayerActivity, ...] = ()
    activation_maps: tuple[ActivationMaps, ...] = ()
    through_training: ThroughTraining | None = None
    patches: tuple[TopPatches, ...] = ()
    units: JudgedUnits | None = None
    feature_map: FeatureMap | None = None
    vector_map: VectorMap | None = None
    downstream: Downstream | None = None
    occlusions: tuple[Occlusion, ...] = ()
    occlusion_census: OcclusionCensus | None = None
    saliencies: tuple[Saliency, ...] = ()
    saliency_census: SaliencyCensus | None = None
    shortcuts: Shortcuts | None = None
    backward: Backward | None = None
    class_images: ClassImages | None = None
    trusts: tuple[Trust, ...] = ()
    accord: Accord | None = None
    invariance: Invariance | None = None
    stability: Stability | None = None
    preprocessing_trial: PreprocessingTrial | None = None
    norm_trial: NormTrial | None = None
    left_out: tuple[tuple[str, str], ...] = ()
    is_one_run: bool = False
