"""Frozen results of readings, training and methods: plain numbers and pictures, declared without torch or numpy."""

from striate.records.array import Array
from striate.records.evidence import Evidence
from striate.records.output import LOSSES, Output, OutputKind, Preprocessing
from striate.records.pictures import (
    ClassImages,
    EffectiveField,
    FeatureMap,
    Filters,
    MapLayer,
    Occlusion,
    OcclusionCensus,
    Saliency,
    SaliencyCensus,
)
from striate.records.predictions import Chosen, Predictions, Scoreboard
from striate.records.readings import Borders, Cost, CostTable, Field, InputSizes, LayerReading, Receptive
from striate.records.survey import ActivationMaps, LayerActivity, TopPatches, UnitPatches
from striate.records.training import EpochRow, Optimizer, Recipe, Schedule, TrainingCurve

__all__ = [
    "LOSSES",
    "ActivationMaps",
    "Array",
    "Borders",
    "Chosen",
    "ClassImages",
    "Cost",
    "CostTable",
    "EffectiveField",
    "EpochRow",
    "Evidence",
    "FeatureMap",
    "Field",
    "Filters",
    "InputSizes",
    "LayerActivity",
    "LayerReading",
    "MapLayer",
    "Occlusion",
    "OcclusionCensus",
    "Optimizer",
    "Output",
    "OutputKind",
    "Predictions",
    "Preprocessing",
    "Receptive",
    "Recipe",
    "Saliency",
    "SaliencyCensus",
    "Schedule",
    "Scoreboard",
    "TopPatches",
    "TrainingCurve",
    "UnitPatches",
]
