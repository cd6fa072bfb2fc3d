"""A training followed through the weights its run kept, for a report."""

from __future__ import annotations

from striate.data import Dataset
from striate.errors import Cancelled, StriateError
from striate.events import Events
from striate.explain import through_training
from striate.nets import Network
from striate.records import ThroughTraining
from striate.runs import Run
from striate.train.curve import COMMAND
from striate.train.moments import kept_moments


def follow(run: Run | None, dataset: Dataset, network: Network, events: Events) -> ThroughTraining | None:
    """Return sparsity and selectivity at the steps a run kept; None without a run, or where it kept no weights."""
    if run is None or run.document.command != COMMAND or not kept_moments(run.folder):
        return None
    try:
        return through_training(run, dataset, network=network, events=events)
    except Cancelled:
        raise
    except StriateError as error:
        # Other data than it was trained on, a damaged file: the rest of the report holds.
        events.log(f"not followed through its training: {error}")
        return None
