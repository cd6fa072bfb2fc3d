"""The first words on an adaptation: the verdict, the lines beneath it, the facts."""

from __future__ import annotations

from striate.numbers import amount, capital, count, duration, percent, plural, storage
from striate.page.wire import Fact
from striate.records import Adaptation, Estimate
from striate.report.adapting.words import (
    estimate_words,
    interval_words,
    is_level,
    macs_share,
    named_score,
    points,
    score_words,
    signed_words,
    step_words,
    usual,
)

# A network that does nearly all of the work is not said to save some.
_ALL = 0.995


def verdict(found: Adaptation) -> str:
    """Return one sentence that could be wrong: what to do, what it reaches, against the usual way, at what cost."""
    lead = f"{step_words(found, found.chosen_candidate.regime)}: {_reached(found)}{_against(found)}"
    share = macs_share(found, found.chosen_candidate)
    work = f"; {percent(share, 0)} of its MACs" if share is not None and share < _ALL else ""
    return f"{lead}{work}; measured in {_about(found.seconds)}."


def _reached(found: Adaptation) -> str:
    if found.test is not None:
        return f"{estimate_words(found, found.test)} on {plural(found.test.count, 'sample')} nobody looked at"
    estimate = found.chosen_candidate.estimate
    if estimate is None:
        return "not measured"
    return f"{estimate_words(found, estimate)} on {plural(estimate.count, 'sample')}, cross-validated"


def _against(found: Adaptation) -> str:
    """Return the difference to the usual way, on test samples if there are any."""
    way = usual(found)
    if way is not None and way.regime.name == found.chosen:
        return ", which is the usual way"
    if found.test is not None:
        difference = found.test_difference
    else:
        difference = None if way is None or way.difference is None else turned(way.difference)
    if difference is None:
        return ""
    low, high = difference.interval
    if is_level(difference):
        return (
            f", not measurably different from the usual way ({signed_words(found, difference.mean)}, "
            f"{signed_words(found, low)} to {signed_words(found, high)})"
        )
    side, ends = ("above", (low, high)) if low > 0 else ("below", (-high, -low))
    shown = " to ".join(points(found, end).removesuffix(" points") for end in ends)
    return f", {points(found, abs(difference.mean))} ({shown}) {side} the usual way"


def turned(difference: Estimate) -> Estimate:
    """Return the difference the other way about."""
    low, high = difference.interval
    return Estimate(mean=-difference.mean, interval=(-high, -low), error=difference.error, count=difference.count)


def _about(seconds: float) -> str:
    """Return a time to the minute once there are some: "3 min"."""
    return f"{round(seconds / 60)} min" if 60 <= seconds < 3600 else duration(seconds)


def prose(found: Adaptation) -> str:
    """Return why it was chosen, what else a reader should know, and whether the time told was kept."""
    seen = f"Cross-validated in {found.folds} folds on {plural(found.training_count, 'sample')}"
    time = (
        f"it was said to take {duration(found.told_s)} and took {duration(found.seconds)} "
        f"of the {duration(found.budget_s)} given"
    )
    way = "The usual way is the frozen network with a new output layer."
    lines = [_sentence(found.why), way, f"{seen}; {time}.", *map(_sentence, found.told)]
    return " ".join(line for line in lines if line)


def _sentence(text: str) -> str:
    text = capital(text.strip())
    return text if not text or text.endswith((".", "!", "?")) else f"{text}."


def facts(found: Adaptation) -> list[Fact]:
    """Return the five figures under the verdict; what was not measured is left out."""
    chosen, made = found.chosen_candidate, []
    for label, estimate in (
        (f"{capital(named_score(found))}, 95 % interval", found.test or chosen.estimate),
        ("The usual way, 95 % interval", found.test_usual),
    ):
        if estimate is not None:
            note = interval_words(found, estimate)
            made.append(Fact(label=label, value=score_words(found, estimate.mean), note=note))
    share = macs_share(found, chosen)
    if share is not None:
        made.append(Fact(label="MACs an image", value=amount(chosen.macs), note=f"{percent(share, 0)} of the whole"))
    if chosen.trained_parameters:
        whole = f"of {count(chosen.parameters)}"
        made.append(Fact(label="Trained parameters", value=count(chosen.trained_parameters), note=whole))
    if chosen.seconds:
        memory = f"{storage(chosen.memory_bytes)} at the peak" if chosen.memory_bytes else ""
        made.append(Fact(label="One training", value=duration(chosen.seconds), note=memory))
    return made
