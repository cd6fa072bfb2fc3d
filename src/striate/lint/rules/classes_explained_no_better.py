"""ACT009: units that tell classes apart no better than before the training."""

from __future__ import annotations

from collections.abc import Iterator

from striate.findings import Finding, Measure
from striate.lint.rule import PictureRule, register
from striate.numbers import percent, percentage
from striate.records import Evidence, LayerSpecialisation, ThroughTraining

_BLANK = 2


@register
class ClassesExplainedNoBetter(PictureRule[ThroughTraining]):
    """Units that classes explain no better than at the start.

    ## What it looks for
    How much of the variance of a unit's mean responses classes explain (η², mean over a layer's
    units), at the end less at the start, in the layer where it rose most. Limit: what classes
    that say nothing would explain of as many images, (classes − 1) / (images − 1). It is a note,
    and a warning if classes explain no more than twice that in any layer at the end. In seven
    networks trained on digits they gained 0.45 to 0.56; in two trained on random labels under 0.01.

    ## Why it matters
    In a network that learns to tell classes apart, what units do comes to depend on the class,
    the later the layer the more. If no layer's does, the training moved weights but taught
    nothing that holds on images it did not see: wrong or random labels, a rate far too small or
    too high, a loss that does not reach the layers.

    ## Example
    ```python
    from striate.records import Evidence, LayerSpecialisation, ThroughTraining, TrainingMoment


    def at(step, explained):
        layer = LayerSpecialisation(
            layer="fc1",
            units=32,
            images=256,
            definition="above zero",
            active_share=0.5,
            effective_units=12.0,
            dead=0,
            explained=explained,
            chance_explained=0.035,
        )
        return TrainingMoment(step=step, is_twin=False, layers=(layer,))


    Evidence(
        through_training=ThroughTraining(
            moments=(at(0, 0.04), at(400, 0.05)), steps_per_epoch=80, part="validation"
        )
    )
    ```

    ## Use instead
    ```python
    from striate.records import Evidence, LayerSpecialisation, ThroughTraining, TrainingMoment


    def at(step, explained):
        layer = LayerSpecialisation(
            layer="fc1",
            units=32,
            images=256,
            definition="above zero",
            active_share=0.3,
            effective_units=8.0,
            dead=0,
            explained=explained,
            chance_explained=0.035,
        )
        return TrainingMoment(step=step, is_twin=False, layers=(layer,))


    Evidence(
        through_training=ThroughTraining(
            moments=(at(0, 0.21), at(400, 0.55)), steps_per_epoch=80, part="validation"
        )
    )
    ```

    ## When to ignore it
    When the training began from weights that could do the task already.

    ## Sources
    - Morcos, Barrett, Rabinowitz and Botvinick, "On the importance of single directions for
      generalization", ICLR 2018, section 2.3.
    """

    code = "ACT009"
    name = "classes-explained-no-better"
    severity = "warning"
    also = ("note",)
    section = "through-training"

    def look(self, evidence: Evidence) -> ThroughTraining | None:
        """Return the training if it was followed, and has classes."""
        found = evidence.through_training
        if found is None or len(found.moments) < 2 or not _rises(found):
            return None
        return found

    def judge(self, seen: ThroughTraining) -> Iterator[Finding]:
        """Yield a finding if the largest rise is no more than chance."""
        rise, before, after, chance = max(_rises(seen), key=lambda found: found[0])
        if rise > chance:
            return
        is_blank = all(
            after.explained <= _BLANK * chance for _, _, after, chance in _rises(seen) if after.explained is not None
        )
        start = "with random weights" if seen.moments[0].is_twin else "at the start"
        yield self.finding(
            f"Classes explain {percent(_share(after))} of what the units of {after.layer} do, and {percent(_share(before))} "
            f"{start}: no layer gained more than {percentage(100 * rise)}, which chance would give too ({percent(chance)}).",
            "Check labels and learning rate, and whether the training score rises above chance.",
            measure=Measure(
                value=100 * rise, limit=100 * chance, wrong="below", low=min(0.0, 100 * rise), high=100.0, unit="%"
            ),
            op=after.layer,
            severity="warning" if is_blank else "note",
        )


def _rises(found: ThroughTraining) -> list[tuple[float, LayerSpecialisation, LayerSpecialisation, float]]:
    pairs = zip(found.moments[0].layers, found.moments[-1].layers, strict=True)
    return [
        (after.explained - before.explained, before, after, after.chance_explained)
        for before, after in pairs
        if before.explained is not None and after.explained is not None and after.chance_explained is not None
    ]


def _share(row: LayerSpecialisation) -> float:
    return row.explained or 0.0
