"""The only pass over the data: images go through a network once, and all who want to look do."""

from striate.observe.activity import ActivityCollector
from striate.observe.choose import choose, mistakes
from striate.observe.collector import Collector, Seen
from striate.observe.judge import Judgement, judge
from striate.observe.maps import activation_maps
from striate.observe.observe import fitting_batch, observe
from striate.observe.pooled import PixelCollector, PooledCollector
from striate.observe.predictions import PredictionCollector
from striate.observe.scoreboard import scoreboard
from striate.observe.specialisation import SpecialisationCollector
from striate.observe.top_patches import PatchCollector
from striate.records import wilson

__all__ = [
    "ActivityCollector",
    "Collector",
    "Judgement",
    "PatchCollector",
    "PixelCollector",
    "PooledCollector",
    "PredictionCollector",
    "Seen",
    "SpecialisationCollector",
    "activation_maps",
    "choose",
    "fitting_batch",
    "judge",
    "mistakes",
    "observe",
    "scoreboard",
    "wilson",
]
