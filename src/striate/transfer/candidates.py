"""From measured regimes to the rows of the table: sizes, times, and what became of each."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from striate.analyse import memory_ledger
from striate.numbers import plural
from striate.records.adapting import Candidate, Estimate
from striate.records.training import Recipe
from striate.trace import trace
from striate.train.care import Care
from striate.transfer.choosing import compared
from striate.transfer.costs import STEPS
from striate.transfer.estimating import estimate
from striate.transfer.ground import Bench, Measured
from striate.transfer.halving import Arm
from striate.transfer.regimes import parts as regime_parts


def candidates_of(
    bench: Bench, measured: Sequence[Measured], arms: Sequence[Arm]
) -> tuple[list[Candidate], dict[int, tuple[float, ...]]]:
    """Return a candidate for each measured regime in their order, then those not measured; and the costs of the former."""
    found: list[Candidate] = []
    costs: dict[int, tuple[float, ...]] = {}
    for place, one in enumerate(measured):
        own = estimate(bench.ground.kind, np.concatenate(list(one.gains.values())))
        made = _sized(bench, one, own)
        found.append(replace(made, tried=_tried(arms, one.regime.name), folds=tuple(sorted(one.gains))))
        costs[place] = (float(made.macs), float(made.trained_parameters), made.seconds)
    names = {one.regime.name for one in measured}
    for arm in arms:
        if arm.regime.name not in names:
            names.add(arm.regime.name)
            found.append(_unmeasured(arm, arms))
    return found, costs


def _sized(bench: Bench, one: Measured, own: Estimate) -> Candidate:
    module = bench.begun(one.regime)
    frozen = regime_parts(one.regime, bench.cuts, bench.recording).frozen
    care = Care(module, Recipe(frozen=frozen))
    care.enter(1)
    trained = sum(p.numel() for p in module.parameters() if p.requires_grad)
    # New layers alone are trained on stored features: what runs then is a single image's pass, once.
    batch = bench.batch if one.regime.trained != "head" else 1
    mode = "train" if one.regime.trained != "head" else "eval"
    graph = trace(module, (batch, *bench.network.input_shape), mode=mode).graph  # type: ignore[arg-type]  # one of two
    memory = memory_ledger(graph, optimizer="momentum", training=mode == "train")
    care.release()
    head = sum(p.numel() for p in module.get_submodule("head").parameters())
    cut = bench.cut(one.regime.cut)
    seconds = one.seconds or bench.features.seconds
    if one.step_s:
        whole = -(-bench.train_count // bench.batch)
        seconds = one.step_s * one.regime.epochs * whole
    return Candidate(
        regime=one.regime, estimate=own, rung=one.rung, macs=cut.macs + head,
        parameters=sum(p.numel() for p in module.parameters()), trained_parameters=trained,
        seconds=seconds, memory_bytes=memory.peak_bytes,
    )  # fmt: skip


def measured_arms(arms: Sequence[Arm]) -> list[Measured]:
    """Return the best arm of each regime that answered anything and was not lost."""
    found: dict[str, Measured] = {}
    for arm in arms:
        if arm.gains and arm.state != "lost" and arm.regime.name not in found:
            found[arm.regime.name] = Measured(regime=arm.regime, gains=arm.gains, rung=arm.rung, step_s=arm.step_s)
    return list(found.values())


def _tried(arms: Sequence[Arm], name: str) -> tuple[Mapping[str, Any], ...]:
    """Return every look at a regime; one that was lost has no score."""
    rows: list[Mapping[str, Any]] = []
    for arm in arms:
        if arm.regime.name != name:
            continue
        how = {"rate": arm.regime.rate, "norm": arm.regime.norm}
        rows += [how | look for look in arm.looks]
        if arm.state == "lost":
            rows.append(how | {"rung": arm.rung + 1, "score": math.nan})
    return tuple(rows)


def _unmeasured(arm: Arm, arms: Sequence[Arm]) -> Candidate:
    is_lost = arm.state == "lost"
    return Candidate(
        regime=arm.regime,
        estimate=None,
        outcome="lost" if is_lost else "not measured",
        reason="Its loss left the finite numbers" if is_lost else "There was no time left for it",
        tried=_tried(arms, arm.regime.name),
    )


def ranked(candidates: Sequence[Candidate], measured: Sequence[Measured], place: int) -> tuple[Candidate, ...]:
    """Return the candidates with what became of each, best score first, unmeasured ones last."""
    chosen = measured[place]
    rows = []
    for number, candidate in enumerate(candidates):
        if number >= len(measured):
            rows.append(candidate)
        elif number == place:
            rows.append(replace(candidate, outcome="chosen", reason="Taken"))
        else:
            gap = compared(measured[number], chosen)
            outcome, reason = _outcome(candidate, gap)
            rows.append(replace(candidate, difference=gap, outcome=outcome, reason=reason))  # type: ignore[arg-type]
    return tuple(sorted(rows, key=lambda row: (row.estimate is None, -row.estimate.mean if row.estimate else 0.0)))


def _outcome(candidate: Candidate, gap: Estimate) -> tuple[str, str]:
    if candidate.rung < len(STEPS) - 1:
        return (
            "dropped",
            f"After {plural(candidate.regime.epochs, 'epoch')} others were ahead, or no time was left to go on",
        )
    if gap.interval[1] < 0:
        return "worse", f"{-100 * gap.mean:.1f} points below the chosen one, beyond its interval"
    return "as good", "No difference to the chosen one beyond its interval; that one is cheaper or was better"
