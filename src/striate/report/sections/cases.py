"""What occlusion and saliency share: the chosen images, their outlines, and rows of maps."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from striate.numbers import capital
from striate.records import Chosen
from striate.report.pictures.shrinking import LARGE, shrunk
from striate.report.sections.words import about
from striate.report.subject import Subject


def titles(subject: Subject, sample: int) -> tuple[str, str]:
    """Return title and note of a chosen image: ("Right, surely", "an 8 answered 8, …")."""
    chosen = chosen_of(subject, sample)
    if chosen is None:
        return f"Sample {sample}", ""
    return capital(chosen.rule), about(subject, chosen)


def chosen_of(subject: Subject, sample: int) -> Chosen | None:
    """Return how a sample was chosen."""
    return next((chosen for chosen in subject.evidence.chosen if chosen.sample == sample), None)


def outlines(subject: Subject, name: str, masks: list[NDArray[np.bool_] | None]) -> str | None:
    """Keep the outlines of objects (n, h, w) as 0/1 and return their name; None if no object is known."""
    if any(mask is None for mask in masks) or not masks:
        return None
    return subject.store.images(
        name, np.stack([shrunk(mask.astype(np.uint8), LARGE) for mask in masks if mask is not None])
    )
