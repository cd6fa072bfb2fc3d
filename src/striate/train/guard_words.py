"""What a guard says in the journal."""

from __future__ import annotations

from striate.errors import DivergedError
from striate.numbers import count, percent
from striate.train.checkpoint import State
from striate.train.guard import FACTOR, Seen


def told_seen(seen: Seen, score_name: str, *, images: int, share: float) -> str:
    """Return what was seen after an epoch.

    Args:
        seen: The figures, and the rule that was broken.
        score_name: "accuracy" or "R²".
        images: How many the guard ran forward.
        share: Of the epoch's time.
    """
    row = seen.row
    cost = f"The guard took {percent(share)} of the epoch, {count(images)} images forward."
    if row.epoch == 0:
        return f"Guard: read-out {score_name} {row.readout:.3f} at the start. {cost}"
    farthest = min(row.similarity.items(), key=lambda pair: pair[1], default=None)
    moved = f"; features of {farthest[0]} are farthest from the start, similarity {farthest[1]:.2f}" if farthest else ""
    said = f"Guard: read-out {score_name} {row.readout:.3f}, {_signed(-row.readout_fall[0])} against the start{moved}. {cost}"
    return f"Damage: {seen.rule}. {said}" if seen.rule else said


def told_back(error: DivergedError, state: State, *, highest: float) -> str:
    """Return what was done about damage.

    Args:
        error: Says what was broken.
        state: Gone back to.
        highest: The recipe's rate.
    """
    place = f"the end of epoch {state.epoch}" if state.epoch else "the start"
    return (
        f"Rolled back to {place}: {error.rule}; got {error.got:.4g} at {error.where}. From here the rate is divided by "
        f"{FACTOR**state.rollbacks:g}: at most {highest / FACTOR**state.rollbacks:.3g}."
    )


def told_kept(epoch: int, state: State) -> str:
    """Return whose weights were kept, and why."""
    if epoch == 0:
        return f"Kept the weights of the start, score {state.score:.4f}: no later epoch was better."
    return f"Kept the weights of epoch {epoch}, which had the lowest validation loss: score {state.score:.4f}."


def given_up(error: DivergedError, rollbacks: int) -> DivergedError:
    """Return the error for a training that was lost again and again."""
    return DivergedError(
        error.rule,
        got=error.got,
        where=error.where,
        hint=f"Given up after {rollbacks} rollbacks, at the rate divided by {FACTOR**rollbacks:g}: lower it further, or look at "
        "the labels, the preprocessing and norm.",
    )


def _signed(value: float) -> str:
    return f"{value + 0.0:+.3f}".replace("-", "−")
