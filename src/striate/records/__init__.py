"""Frozen results of readings, training and methods: plain numbers and pictures, declared without torch or numpy."""

from striate.records.adaptation_document import adaptation_document, adaptation_from_document
from striate.records.adapting import (
    Adaptation,
    Candidate,
    CurvePoint,
    CutPoint,
    Estimate,
    InputWay,
    LearningCurve,
    Probe,
    Quadrant,
    Regime,
)
from striate.records.array import Array
from striate.records.backward import (
    Backward,
    FlippedFilter,
    GradientDetail,
    GradientRow,
    ParameterGradient,
    SharedWeight,
    Source,
    Term,
    UnitAt,
    Winners,
)
from striate.records.beginnings import BeginningComparison, Begun, Difference, FirstSteps, LayerStart, Start
from striate.records.care import AppliedRate, Gap, GuardRow, LayerOrigin
from striate.records.comparison import Comparison, Pair, RowDifference, StagePair
from striate.records.evidence import Evidence
from striate.records.figures import Figures
from striate.records.folding import Fold, LaneRow, Lanes
from striate.records.leaks import LeakPair, Leaks, SourceNeighbours
from striate.records.ledger import MemoryLedger, Saving
from striate.records.loading import Loading, LoadReport, ModuleLoad, TensorLoad
from striate.records.network_comparison import LayerComparison, NetworkComparison
from striate.records.output import LOSSES, Crop, Interpolation, Mel, Output, OutputKind, Preprocessing, Sound
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
from striate.records.receipt import ReceiptRow, ReceiptSection
from striate.records.survey import ActivationMaps, LayerActivity, TopPatches, UnitPatches
from striate.records.timing import OpTimes, TimeLedger, Times, WorkTimes
from striate.records.training import Balance, EpochRow, Guarding, Norm, Optimizer, Recipe, Schedule, TrainingCurve
from striate.records.trial import Speed, Trial, Tried, Way
from striate.records.zoo import ZooRow

__all__ = [
    "LOSSES",
    "ActivationMaps",
    "Adaptation",
    "AppliedRate",
    "Array",
    "Backward",
    "Balance",
    "BeginningComparison",
    "Begun",
    "Borders",
    "Candidate",
    "Chosen",
    "ClassImages",
    "Comparison",
    "Cost",
    "CostTable",
    "Crop",
    "CurvePoint",
    "CutPoint",
    "Difference",
    "EffectiveField",
    "EpochRow",
    "Estimate",
    "Evidence",
    "FeatureMap",
    "Field",
    "Figures",
    "Filters",
    "FirstSteps",
    "FlippedFilter",
    "Fold",
    "Gap",
    "GradientDetail",
    "GradientRow",
    "GuardRow",
    "Guarding",
    "InputSizes",
    "InputWay",
    "Interpolation",
    "LaneRow",
    "Lanes",
    "LayerActivity",
    "LayerComparison",
    "LayerOrigin",
    "LayerReading",
    "LayerStart",
    "LeakPair",
    "Leaks",
    "LearningCurve",
    "LoadReport",
    "Loading",
    "MapLayer",
    "Mel",
    "MemoryLedger",
    "ModuleLoad",
    "NetworkComparison",
    "Norm",
    "Occlusion",
    "OcclusionCensus",
    "OpTimes",
    "Optimizer",
    "Output",
    "OutputKind",
    "Pair",
    "ParameterGradient",
    "Predictions",
    "Preprocessing",
    "Probe",
    "Quadrant",
    "ReceiptRow",
    "ReceiptSection",
    "Receptive",
    "Recipe",
    "Regime",
    "RowDifference",
    "Saliency",
    "SaliencyCensus",
    "Saving",
    "Schedule",
    "Scoreboard",
    "SharedWeight",
    "Sound",
    "Source",
    "SourceNeighbours",
    "Speed",
    "StagePair",
    "Start",
    "TensorLoad",
    "Term",
    "TimeLedger",
    "Times",
    "TopPatches",
    "TrainingCurve",
    "Trial",
    "Tried",
    "UnitAt",
    "UnitPatches",
    "Way",
    "Winners",
    "WorkTimes",
    "ZooRow",
    "adaptation_document",
    "adaptation_from_document",
]
