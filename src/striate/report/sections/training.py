"""How training went: loss, score and activity by epoch."""

from __future__ import annotations

from striate.numbers import count, measure, percent
from striate.page.wire import Caption, Cell, Chart, Charts, Column, Curve, Section, Table
from striate.records import EpochRow, TrainingCurve
from striate.report.subject import Subject

_MOST_CURVES = 6


def section(subject: Subject) -> Section | None:
    """Return the section if the network was trained here."""
    curve = subject.evidence.curve
    if curve is None or not curve.epochs:
        return None
    last = curve.epochs[-1]
    recipe = curve.recipe
    return Section(
        id="training",
        term="Training",
        judgement=subject.judgement("training"),
        sentence=subject.sentence("training", _otherwise(curve)),
        figures=[
            training_figure(curve, loss=subject.network.output.loss + (", standardised" if subject.is_values else ""))
        ],
        caption=Caption(
            shown=f"After each of {count(last.epoch)} epochs. Epoch 0 is the untrained network.",
            should_see="Training and validation falling together, then levelling; the active share falling with depth.",
            wrong_if="validation turns upwards while training falls, or every layer stays near 100 % or 0 % active.",
            source=f"{count(curve.train_count)} training and {count(curve.validation_count)} validation samples. "
            f"{recipe.optimizer}, rate up to {measure(recipe.rate)} ({recipe.schedule}), batch {recipe.batch}, weight decay "
            f"{measure(recipe.weight_decay)}, shifts up to {recipe.shift_px} px, {recipe.init} start, "
            f"balance {recipe.balance}, seed {recipe.seed}. "
            "Training loss is measured with dropout and shifts on, so it may lie above validation.",
        ),
    )


def training_figure(curve: TrainingCurve, *, loss: str) -> Charts:
    """Return loss, score and activity by epoch; `loss` is its name."""
    return Charts(charts=[_loss(curve, loss), _scores(curve), *_active(curve)], table=_table(curve))


def _otherwise(curve: TrainingCurve) -> str:
    first, last = curve.epochs[0], curve.epochs[-1]
    went = "fell" if last.validation_loss < first.validation_loss else "went"
    return (
        f"The validation loss {went} from {measure(first.validation_loss)} to {measure(last.validation_loss)}; "
        f"{curve.score_name} ends at {_score(curve, last.score)}."
    )


def _loss(curve: TrainingCurve, unit: str) -> Chart:
    trained = curve.trained
    return Chart(
        title="Loss",
        unit=unit,
        x_label="epoch",
        low=0.0,
        curves=[
            Curve(
                label="training",
                x=_x(trained),
                y=[row.train_loss for row in trained],
                style="dashed",
            ),
            Curve(label="validation", x=_x(trained), y=[row.validation_loss for row in trained]),
        ],
        events=list(curve.events),
    )


def _scores(curve: TrainingCurve) -> Chart:
    is_share = curve.score_name != "R²"
    factor = 100.0 if is_share else 1.0
    trained = curve.trained
    return Chart(
        title=curve.score_name.capitalize() if is_share else "R²",
        unit="%, validation" if is_share else "validation",
        x_label="epoch",
        curves=[Curve(label="", x=_x(trained), y=[factor * row.score for row in trained])],
        high=100.0 if is_share else 1.0,
    )


def _active(curve: TrainingCurve) -> list[Chart]:
    layers = list(curve.epochs[-1].active)
    if not layers:
        return []
    step = max(1, -(-len(layers) // _MOST_CURVES))
    return [
        Chart(
            title="Active",
            unit="% of values above zero",
            x_label="epoch",
            low=0.0,
            curves=[
                Curve(
                    label=layer,
                    x=_x(curve.epochs),
                    y=[_percent(row.active.get(layer)) for row in curve.epochs],
                )
                for layer in layers[::step]
            ],
        )
    ]


def _table(curve: TrainingCurve) -> Table:
    columns = [
        Column(label="Epoch"),
        Column(label="Training loss", decimals=4),
        Column(label="Validation loss", decimals=4),
        Column(label=curve.score_name.capitalize(), decimals=4),
        Column(label="Rate", decimals=6),
        Column(label="Time", unit="s", decimals=1),
    ]
    rows: list[list[Cell]] = [
        [row.epoch, row.train_loss, row.validation_loss, row.score, row.rate, row.seconds] for row in curve.epochs
    ]
    return Table(columns=columns, rows=rows, caption="Training by epoch")


def _x(rows: tuple[EpochRow, ...] | list[EpochRow]) -> list[float]:
    return [float(row.epoch) for row in rows]


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share


def _score(curve: TrainingCurve, score: float) -> str:
    return measure(score) if curve.score_name == "R²" else percent(score)
