"""Trainings as the page is told: which there are, what a next one could be, and how one went."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import Any

from striate.errors import StriateError
from striate.records.training import Recipe
from striate.runs import Run
from striate.studio.subject import Subject
from striate.studio.training_wire import RecipeWanted, TrainingShown, TrainingWanted
from striate.studio.training_wire import Trainings as AllTrainings
from striate.studio.trainings.curves import course_of, recipe_words, verdict_words
from striate.studio.trainings.folders import home_of, stem_of
from striate.studio.trainings.work import Trainings
from striate.studio.version_wire import VersionRow
from striate.studio.versions.describing import row_of
from striate.studio.versions.version import versions_of
from striate.train.asking import recipe_with


def overview(subject: Subject, trainings: Trainings) -> AllTrainings:
    """Return all trainings of a subject, and what a next one would be."""
    return AllTrainings(
        stem=stem_of(subject),
        refusal=trainings.refusal(),
        starts=trainings.starts(),
        suggested=TrainingWanted(name=_free_name(subject), start=trainings.starts()[0], recipe=_suggested(subject)),
        trainings=[trainings.told(folder) for folder in trainings.folders()],
    )


def shown(subject: Subject, trainings: Trainings, name: str) -> TrainingShown:
    """Return how a training went so far.

    Raises:
        UnknownNameError: There is none of that name.
    """
    folder = trainings.folder(name)
    row = trainings.told(folder)
    figures: list[dict[str, Any]] = []
    said, verdict = "", f"{name} has measured nothing yet."
    if (folder / "run.json").is_file():
        curve, curves = course_of(folder, loss=subject.network.output.loss)
        figures = [figure.model_dump(mode="json", by_alias=True) for figure in curves]
        said, verdict = recipe_words(curve), verdict_words(curve, row)
    kept = [row_of(version) for version in versions_of(folder, is_opened=row.is_opened)]
    if row.is_opened:
        kept.append(VersionRow(name="", words="as it is watched", run=folder.name, step=None))
    return TrainingShown(training=row, verdict=verdict, said=said, figures=figures, versions=kept)


def _suggested(subject: Subject) -> RecipeWanted:
    """Return the recipe of the opened run, else the usual one for its data, as far as the page offers it."""
    recipe = _recipe_of(subject.folder)
    if recipe is None:
        recipe = recipe_with("" if subject.dataset is None else subject.dataset.reference)
    fields: dict[str, Any] = {name: getattr(recipe, name) for name in RecipeWanted.model_fields}
    return RecipeWanted(**fields)


def _recipe_of(folder: Path | None) -> Recipe | None:
    try:
        document = None if folder is None else Run.read(folder).document
    except StriateError:
        return None
    return (
        None
        if document is None or "recipe" not in document.settings
        else Recipe.from_document(document.settings["recipe"])
    )


def _free_name(subject: Subject) -> str:
    home, stem = home_of(subject), stem_of(subject)
    return next(str(number) for number in count(2) if home is None or not (home / f"{stem}-{number}").exists())
