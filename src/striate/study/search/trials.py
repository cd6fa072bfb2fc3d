"""What a search tried: one row a trial, and the front of those that nothing beats."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from striate.numbers import measure

Ended = Literal["done", "pruned", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One trial.

    Attributes:
        number: From 0, in the order they were begun.
        values: What was chosen, by the choice's name.
        text: The blueprint.
        macs: Of one image, forward.
        params: Parameters.
        ended: "done", "pruned" (stopped early, since it was behind) or "failed".
        score: On the validation part, which chooses; None unless it is done.
        reason: Why it failed.
    """

    number: int
    values: dict[str, Any]
    text: str
    macs: int
    params: int
    ended: Ended
    score: float | None = None
    reason: str = ""


def option_text(option: Any) -> str:  # noqa: ANN401 - whatever a blueprint leaves open
    """Return what was chosen as people write it.

    Example:
        >>> option_text(8), option_text((3,)), option_text((3, 5)), option_text(0.5), option_text("same")
        ('8', '3', '3×5', '0.500', 'same')
    """
    if isinstance(option, tuple):
        return "×".join(map(option_text, option))
    return measure(option) if isinstance(option, float) else str(option)


def front(trials: Sequence[Trial]) -> tuple[Trial, ...]:
    """Return the trials that no other beats in score at as many MACs or fewer, cheapest first.

    Example:
        >>> rows = [("a", 10, 0.8), ("b", 20, 0.7), ("c", 30, 0.9), ("d", 30, 0.9)]
        >>> made = [
        ...     Trial(number=number, values={}, text=text, macs=macs, params=1, ended="done", score=score)
        ...     for number, (text, macs, score) in enumerate(rows)
        ... ]
        >>> [one.text for one in front(made)]
        ['a', 'c']
    """
    found: list[Trial] = []
    known = [trial for trial in trials if trial.score is not None]
    for trial in sorted(known, key=lambda one: (one.macs, -(one.score or 0.0), one.number)):
        if not found or (trial.score or 0.0) > (found[-1].score or 0.0):
            found.append(trial)
    return tuple(found)


def area(trials: Sequence[Trial], most_macs: int) -> float:
    """Return the score of the front averaged over the budgets from nothing to the most: higher is better.

    A budget for which nothing was found counts 0.

    Example:
        >>> made = [Trial(number=0, values={}, text="", macs=25, params=1, ended="done", score=0.8)]
        >>> round(area(made, 100), 6)   # 0.8 over three quarters of the budgets
        0.6
    """
    total, steps = 0.0, [trial for trial in front(trials) if trial.macs <= most_macs]
    for number, trial in enumerate(steps):
        until = steps[number + 1].macs if number + 1 < len(steps) else most_macs
        total += (trial.score or 0.0) * (until - trial.macs)
    return total / most_macs
