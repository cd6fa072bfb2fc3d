"""The demo: the lecture's template on real digits, from a blueprint to a report."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from striate.blueprint import Blueprint
from striate.blueprint.starter import STARTER_TEXT
from striate.data import Dataset, load_data
from striate.events import SILENT, Events
from striate.runs import write_text
from striate.train import DIGITS_RECIPE, train

if TYPE_CHECKING:
    from striate.report.inspection import Inspection


def run_demo(out: Path, *, seed: int = 0, events: Events = SILENT) -> Inspection:
    """Train on 3,500 digits, look at the network on 1,000 others, and write `report.html` into the run folder.

    Run again it goes on where it was stopped; a finished training is not repeated.
    """
    # A second of imports, which who only wants the network need not wait for.
    from striate.report.inspection import inspect

    dataset = train_demo(out, seed=seed, events=events)
    return inspect(out, dataset, seed=seed, events=events)


def train_demo(out: Path, *, seed: int = 0, events: Events = SILENT) -> Dataset:
    """Train the demo's network in a run folder, unless it is there, and return the digits."""
    plan = Blueprint.from_text(STARTER_TEXT)
    dataset = load_data("digits", events=events)
    train(plan, dataset, replace(DIGITS_RECIPE, seed=seed), out, events=events)
    write_text(out / "net.yaml", plan.to_yaml())
    return dataset
