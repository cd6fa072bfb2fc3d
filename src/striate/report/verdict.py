"""The first words of a report: the verdict, the lines beneath it, the facts."""

from __future__ import annotations

from striate.findings import Finding, by_severity
from striate.nets import references
from striate.numbers import count, duration, listed, measure, percent, plural, storage
from striate.page.wire import Fact
from striate.records import Scoreboard
from striate.report.finding_rows import counted
from striate.report.sections.words import macs_words
from striate.report.subject import Subject

# What a finding means for the first sentence, after "but".
_CLAUSES = {
    "answers-flip-under-shift": "its answers change when an image is shifted by one pixel",
    "background-decides": "the background decides",
    "background-matters": "it looks at the background",
    "class-images-are-noise": "the images it would call typical are noise",
    "classes-explained-no-better": "its units do not tell the classes apart",
    "class-never-answered": "it never answers one of the classes right",
    "confused-pair": "one pair of classes collects its mistakes",
    "copied-filters": "some of its first filters are copies",
    "effect-off-object": "it looks beside the object",
    "dead-filters": "some of its filters have no length",
    "filters-as-noisy-as-random": "its first filters are still noise",
    "leak-between-splits": "some of its held-out samples were as good as seen",
    "loss-still-falling": "its training was not finished",
    "one-place-decides": "one place beside the object decides",
    "patch-decides-class": "a small patch decides the class",
    "pixels-give-class-away": "a few pixels give the class away",
    "score-below-record": "that is worse than its training says",
    "score-near-chance": "that is hardly better than chance",
    "overfitting-gap": "it answers what it was trained on better than the rest",
    "overlapping-classes": "two classes overlap in its features",
    "saliency-blind-to-weights": "its saliency does not depend on what it learned",
    "stale-batchnorm-statistics": "its batch normalisation holds the statistics of other data",
    "twin-units": "many of its units answer to the same images",
    "unseparated-features": "its features separate the classes worse than the pixels do",
    "validation-turned-up": "it has begun to overfit",
    "wrong-preprocessing": "its images enter otherwise than it learned them",
}


def verdict(subject: Subject) -> str:
    """Return one sentence that could be wrong: the score, and the gravest one or two things."""
    lead = _lead(subject)
    if is_untrained(subject):
        return f"This network was not trained here: its weights are random. {lead}."
    clauses = []
    for finding in by_severity(subject.findings):
        clause = _clause(finding)
        if finding.severity != "note" and clause and clause not in clauses:
            clauses.append(clause)
    if clauses:
        return f"{lead}, but {' and '.join(clauses[:2])}."
    if any(finding.severity != "note" for finding in subject.findings):
        return f"{lead}, with {counted(subject.findings)}."
    return f"{lead}; {_nothing_grave(subject)}."


def _nothing_grave(subject: Subject) -> str:
    """Return what is true without warnings: how many notes and the first of them, or how many checks found nothing."""
    notes = by_severity(subject.findings)
    if notes:
        # What the note measured stands with it; what it means for a network is said of warnings alone.
        first = notes[0].message.split(": ")[0].rstrip(".")
        return f"no warnings; {counted(notes)}{', the first' if len(notes) > 1 else ''}: {first}"
    return f"{plural(len(subject.silent), 'check')} looked and found nothing"


def _clause(finding: Finding) -> str:
    if finding.name == "dead-units" and finding.measure is not None:
        return f"{count(round(finding.measure.value))} units of {finding.op} are dead"
    return _CLAUSES.get(finding.name, "")


def is_untrained(subject: Subject) -> bool:
    """Return whether the receipt says that the weights are where they began."""
    return references.is_untrained(subject.network)


def prose(subject: Subject) -> str:
    """Return the few lines under the verdict: can it be trusted, and what to do next."""
    parts = []
    census = subject.evidence.occlusion_census
    if census is not None and census.off_squares:
        if census.off_changed == 0:
            parts.append(
                f"Covering what is not the object never changed an answer, in {count(census.off_squares)} trials; "
                f"covering the object did in {percent(census.on_changed / max(census.on_squares, 1), 0)} of them."
            )
        else:
            parts.append(
                f"Covering what is not the object changed {percent(census.off_changed / census.off_squares)} of the answers."
            )
    curve = subject.evidence.curve
    if curve is not None and curve.epochs:
        parts.append(
            f"It was trained for {plural(curve.epochs[-1].epoch, 'epoch')} on {count(curve.train_count)} samples."
        )
    if len(subject.network.input_shape) != 3:
        parts += [f"Left out: {what[0].lower()}{what[1:]} ({why})." for what, why in subject.evidence.left_out]
    if is_untrained(subject):
        parts.append("Train it first (`striate train`); the findings below are those of random weights.")
    grave = [finding for finding in by_severity(subject.findings) if finding.severity != "note"][:2]
    if grave:
        # Two findings may ask for the same thing in other words.
        acts = {finding.todo.split()[0]: finding.todo for finding in reversed(grave)}
        parts.append("To try next: " + " ".join(reversed(acts.values())))
    return " ".join(parts)


def facts(subject: Subject) -> list[Fact]:
    """Return the five numbers under the verdict."""
    evidence = subject.evidence
    rows = []
    if evidence.scoreboard is not None:
        rows += _scores(evidence.scoreboard)
    if evidence.cost is not None:
        total = evidence.cost.total
        rows.append(Fact(label="Parameters", value=count(total.params)))
        rows.append(Fact(label="Work per image", value=macs_words(total.macs)))
        rows.append(Fact(label="Kept to train, per image", value=storage(total.kept_bytes)))
    if evidence.curve is not None:
        rows.append(
            Fact(
                label="Training",
                value=duration(evidence.curve.seconds),
                note=f"{plural(evidence.curve.epochs[-1].epoch, 'epoch')} on this machine",
            )
        )
    return rows


def _lead(subject: Subject) -> str:
    board = subject.evidence.scoreboard
    if board is None:
        return f"{subject.dataset.name}: no held-out answers are known"
    if board.main_name == "R²":
        return f"It explains {percent(max(board.main, 0))} of the variance of {listed(subject.classes)}"
    if subject.network.output.kind == "labels":
        return f"It gets {percent(board.main)} of the labels of {count(board.count)} held-out samples right"
    noun = "digits" if subject.dataset.name == "digits" else "samples"
    return f"It answers {percent(board.main)} of {count(board.count)} held-out {noun} right"


def _scores(board: Scoreboard) -> list[Fact]:
    low, high = board.interval
    if board.main_name == "R²":
        rows = [
            Fact(
                label="R², held out",
                value=measure(board.main),
                note=f"95 % interval {measure(low)} to {measure(high)}",
            )
        ]
        if board.mae is not None:
            rows.append(Fact(label="Mean absolute error", value=measure(board.mae)))
        return rows
    note = f"95 % interval {100 * low:.1f} to {100 * high:.1f}"
    return [Fact(label=f"{board.main_name.capitalize()}, held out", value=percent(board.main), note=note)]
