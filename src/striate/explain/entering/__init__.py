"""Whether what enters a network is what it was trained on."""

from striate.explain.entering.preprocessing import preprocessing_trial
from striate.explain.entering.statistics import norm_trial

__all__ = ["norm_trial", "preprocessing_trial"]
