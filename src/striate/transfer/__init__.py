"""Adapting a pretrained network: cuts, probes and regimes measured on the user's own data, and the receipt that proves it."""

from striate.transfer.adapting import Adapted, adapt, read_adapted
from striate.transfer.extracting import Features, extract_features
from striate.transfer.inputs import measure_inputs
from striate.transfer.probing import learning_curve, probe_cuts
from striate.transfer.verifying import verify

__all__ = [
    "Adapted",
    "Features",
    "adapt",
    "extract_features",
    "learning_curve",
    "measure_inputs",
    "probe_cuts",
    "read_adapted",
    "verify",
]
