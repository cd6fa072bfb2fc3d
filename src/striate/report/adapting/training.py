"""The section on how the chosen network was trained: its curve, and what the guard did."""

from __future__ import annotations

from striate.numbers import count, measure, plural
from striate.page.wire import Caption, Cell, Column, Figure, Section, Table, TableFigure
from striate.records import LOSSES, Adaptation, TrainingCurve
from striate.report.sections.training import training_figure


def training_section(found: Adaptation, curve: TrainingCurve | None) -> Section:
    """Return the guard's events in words, and the training curve if there is one."""
    figures: list[Figure] = []
    if curve is not None and curve.epochs:
        loss = LOSSES[found.output] + (", standardised" if found.output == "values" else "")
        figures.append(training_figure(curve, loss=loss))
    if found.events:
        rows: list[list[Cell]] = [[place, event] for place, event in enumerate(found.events, start=1)]
        columns = [Column(label="No.", align="left"), Column(label="What happened", align="left")]
        figures.append(TableFigure(table=Table(columns=columns, rows=rows, caption="What the guard did, in order")))
    return Section(
        id="training",
        term="Training and its guard",
        judgement="note" if found.events else None,
        sentence=_sentence(found),
        figures=figures,
        caption=Caption(
            shown="The chosen network, trained on all samples but the held-out ones. The guard watches the held-out loss and "
            "the weights; where training damages what was learned it goes back to the best state and says so.",
            should_see="Training and validation falling together, and few events.",
            wrong_if="the guard went back several times: the rate is too high, or there is too little to learn from.",
            source=_source(found, curve),
        ),
    )


def _sentence(found: Adaptation) -> str:
    if found.events:
        more = f"The guard stepped in {count(len(found.events))} times, last: " if len(found.events) > 1 else ""
        return f"{more}{found.events[-1].rstrip('.')}."
    if not found.chosen_candidate.regime.epochs:
        return "The new output was solved, not trained: no learned weight could be damaged."
    return "The guard found nothing to do while the chosen network was trained."


def _source(found: Adaptation, curve: TrainingCurve | None) -> str:
    regime = found.chosen_candidate.regime
    if curve is None:
        trained = f"{plural(regime.epochs, 'epoch')}, rate {measure(regime.rate)}" if regime.epochs else "no epochs"
        return f"{found.chosen}: {trained}; no curve was kept."
    recipe = curve.recipe
    return (
        f"{count(curve.train_count)} training and {count(curve.validation_count)} validation samples. {recipe.optimizer}, rate "
        f"up to {measure(recipe.rate)} ({recipe.schedule}), {measure(regime.body_rate)} of it in the pretrained part, batch "
        f"{recipe.batch}, weight decay {measure(recipe.weight_decay)}, seed {recipe.seed}."
    )
