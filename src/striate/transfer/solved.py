"""Regimes whose new layers are trained on stored features, cross-validated over all folds."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch

from striate.nets.cuts import Ending
from striate.records.adapting import Regime
from striate.transfer.estimating import Gains, gains
from striate.transfer.ground import Bench, Measured, by_fold
from striate.transfer.heads import RATES, train_head
from striate.transfer.probing import Probed, held_out_loss

# Of the budget: what must be left for new layers to be trained at all.
_LEAST_LEFT = 0.3


def measure_solved(bench: Bench, regimes: Sequence[Regime], probed: Sequence[Probed]) -> list[Measured]:
    """Return what each regime on stored features answers; a read-out's answers are those of its probe.

    New layers that must be trained are left out when most of the time is gone.
    """
    found = []
    for regime in regimes:
        bench.events.check("new layers")
        if regime.start == "new" and bench.clock.left_s < _LEAST_LEFT * bench.clock.budget_s:
            continue
        if regime.start == "probe":
            own = next(one for one in probed if one.probe.cut == regime.cut)
            found.append(Measured(regime=regime, gains=by_fold(bench.ground, own.gains), rung=2))
        else:
            found.append(_best_rate(bench, regime))
    return found


def _best_rate(bench: Bench, regime: Regime) -> Measured:
    began = time.monotonic()
    tried = [(replace(regime, rate=rate), *_answers(bench, regime, rate)) for rate in RATES]
    chosen, own, _ = min(tried, key=lambda one: one[2])
    seconds = (time.monotonic() - began) / (len(RATES) * bench.ground.fold_count)
    return Measured(regime=chosen, gains=by_fold(bench.ground, own), rung=2, seconds=seconds)


def _answers(bench: Bench, regime: Regime, rate: float) -> tuple[Gains, float]:
    ground, rows = bench.ground, bench.rows(regime.cut)
    scores = torch.zeros(len(rows), ground.outputs, dtype=torch.float64)
    for fold in range(ground.fold_count):
        bench.events.check("new layers")
        head = new_head(bench, regime)
        train_head(head, rows, ground, bench.training(fold), rate=rate, seed=fold)
        own = ground.folds == fold
        with torch.no_grad():
            scores[own] = head(rows[own]).double()
    return np.asarray(gains(ground.kind, scores, ground.targets)), held_out_loss(ground.kind, scores, ground.targets)


def new_head(bench: Bench, regime: Regime) -> torch.nn.Sequential:
    """Return a regime's new layers, untrained."""
    cut = bench.cut(regime.cut)
    return Ending(
        path=cut.path, turn=cut.turn, side=cut.side, over=cut.over, features=cut.features, hidden=regime.hidden,
        outputs=bench.ground.outputs,
    ).head()  # fmt: skip
