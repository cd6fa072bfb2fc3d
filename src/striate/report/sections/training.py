"""How training went: loss, score and activity by epoch."""

from __future__ import annotations

from striate.numbers import count, measure, percent, plural
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
            shown=f"After each of {count(last.epoch)} epochs. Epoch 0 is before the first step.",
            should_see="Training and validation falling together, then levelling; the active share falling with depth."
            + (" The guard's read-out level or rising, and similarity falling with depth." if curve.guard else ""),
            wrong_if="validation turns upwards while training falls, or every layer stays near 100 % or 0 % active"
            + (", or the read-out falls, or the first stages move farthest." if curve.guard else "."),
            source=f"{count(curve.train_count)} training and {count(curve.validation_count)} validation samples. "
            f"{recipe.optimizer}, rate up to {measure(recipe.rate)} ({recipe.schedule}), batch {recipe.batch}, weight decay "
            f"{measure(recipe.weight_decay)}, shifts up to {recipe.shift_px} px, {recipe.init} start, "
            f"balance {recipe.balance}, seed {recipe.seed}.{_care(curve)} "
            "Training loss is measured with dropout and shifts on, so it may lie above validation.",
        ),
    )


def training_figure(curve: TrainingCurve, *, loss: str) -> Charts:
    """Return loss, score and activity by epoch; `loss` is its name."""
    return Charts(charts=[_loss(curve, loss), _scores(curve), *_active(curve), *_guard(curve)], table=_table(curve))


def _otherwise(curve: TrainingCurve) -> str:
    first, last = curve.epochs[0], curve.epochs[-1]
    went = "fell" if last.validation_loss < first.validation_loss else "went"
    return (
        f"The validation loss {went} from {measure(first.validation_loss)} to {measure(last.validation_loss)}; "
        f"{curve.score_name} ends at {_score(curve, last.score)}.{_kept(curve)}{_gap(curve)}"
    )


def _kept(curve: TrainingCurve) -> str:
    if curve.kept_epoch is None:
        return ""
    what = f"of epoch {count(curve.kept_epoch)}" if curve.kept_epoch else "from before the training"
    return f" The weights are those {what}: {curve.score_name} {_score(curve, curve.kept.score)}."


def _gap(curve: TrainingCurve) -> str:
    gap = curve.gap
    if gap is None:
        return ""
    low, high = gap.interval
    is_share = gap.score_name != "R²"
    far, *ends = [
        f"{100 * value:.1f}".replace("-", "−") if is_share else measure(value)
        for value in (abs(gap.difference), low, high)
    ]
    return (
        f" On equal terms, {plural(gap.samples, 'sample')} each, training lies {far}{' points' if is_share else ''} "
        f"{'above' if gap.difference >= 0 else 'below'} validation (95 % interval of training less validation: "
        f"{ends[0]} to {ends[1]})."
    )


def _care(curve: TrainingCurve) -> str:
    """Return what the recipe holds, slows and watches, as sentences."""
    recipe = curve.recipe
    thaw = {path: epoch for epoch, path in recipe.unfreeze}
    held = [*recipe.frozen, *(f"{path} from epoch {epoch} on not" for path, epoch in thaw.items())]
    parts = [
        f"Frozen: {', '.join(held)}." if held else "",
        f"Rates: {', '.join(f'{path} × {measure(share)}' for path, share in recipe.rates)}." if recipe.rates else "",
        f"Running statistics: {recipe.norm}." if recipe.norm != "train" else "",
        f"Warm-up over {percent(recipe.warm_up, 0)} of the steps." if recipe.warm_up else "",
        f"Patience {plural(recipe.patience, 'epoch')}." if recipe.patience else "",
        f"Guard: {recipe.guard}; its read-out is a ridge regression on the features before the last layer, similarity is "
        "linear CKA with the features of the start." if recipe.guard != "none" else "",
    ]  # fmt: skip
    return "".join(f" {part}" for part in parts if part)


def _guard(curve: TrainingCurve) -> list[Chart]:
    rows = curve.guard
    if not rows:
        return []
    factor, unit = (1.0, "") if curve.score_name == "R²" else (100.0, "%, ")
    at = [float(row.epoch) for row in rows]
    charts = [
        Chart(
            title="Guard",
            unit=f"{unit}fixed validation samples",
            x_label="epoch",
            curves=[
                Curve(label="read-out", x=at, y=[factor * row.readout for row in rows]),
                Curve(label="own answers", x=at, y=[factor * row.own for row in rows], style="dashed"),
            ],
            high=factor,
        )
    ]
    stages = list(rows[-1].similarity)
    if stages:
        curves = [Curve(label=name, x=at, y=[row.similarity.get(name) for row in rows]) for name in stages]
        charts.append(
            Chart(title="Similarity to the start", unit="linear CKA", x_label="epoch", curves=curves, high=1.0)
        )
    return charts


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
        # The axis begins with the first trained epoch; what happened within it stands at its end.
        events=[(max(at, 1.0), word) for at, word in curve.events],
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
    if curve.guard:
        stages = list(curve.guard[-1].similarity)
        columns += [Column(label="Read-out", decimals=4), Column(label="Own answers", decimals=4)]
        columns += [Column(label=f"Similarity, {name}", decimals=3) for name in stages]
        seen = {row.epoch: row for row in curve.guard}
        for cells, row in zip(rows, curve.epochs, strict=True):
            watched = seen.get(row.epoch)
            cells += [None, None] if watched is None else [watched.readout, watched.own]
            cells += [None if watched is None else watched.similarity.get(name) for name in stages]
    return Table(columns=columns, rows=rows, caption="Training by epoch")


def _x(rows: tuple[EpochRow, ...] | list[EpochRow]) -> list[float]:
    return [float(row.epoch) for row in rows]


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share


def _score(curve: TrainingCurve, score: float) -> str:
    return measure(score) if curve.score_name == "R²" else percent(score)
