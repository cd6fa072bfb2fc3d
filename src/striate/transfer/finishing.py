"""The chosen regime, done for good: on all samples that may be learned from, and judged on those nobody looked at."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from striate import schema
from striate.data import Dataset, batches
from striate.nets import Network
from striate.observe import fitting_batch
from striate.records.adapting import Estimate, Regime
from striate.records.training import Recipe, TrainingCurve
from striate.runs import Run, write_json
from striate.trace import trace
from striate.trace.state import eval_mode
from striate.train import train
from striate.train.losses import scores_of
from striate.transfer.estimating import Gains, difference, estimate, gains
from striate.transfer.ground import Bench, penalty_at
from striate.transfer.heads import train_head
from striate.transfer.machine import speed_of
from striate.transfer.preparing import Parts, on_scale
from striate.transfer.probing import Probed, solve_readout
from striate.transfer.regimes import parts as regime_parts
from striate.transfer.regimes import recipe as regime_recipe
from striate.transfer.regimes import regime_key

TRAINING = "training"
CHOICE = "choice.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """The adapted network.

    Attributes:
        network: In eval mode.
        curve: How it was trained, None if its new layers were solved or trained on stored features.
        recipe: Likewise.
        frozen: Paths of the adapted network that stayed as they were.
        events: What the guard did, one sentence each.
    """

    network: Network
    curve: TrainingCurve | None
    recipe: Recipe | None
    frozen: tuple[str, ...]
    events: tuple[str, ...]


def finish(
    bench: Bench, regime: Regime, probed: tuple[Probed, ...], parts: Parts, folder: Path, threads: int
) -> Finished:
    """Return the network of a regime.

    New layers alone learn from all of the training and validation parts. Where pretrained layers are trained, the training part
    is learned from and the validation part watches: the guard goes back to the last good state when it sees damage.
    """
    frozen = regime_parts(regime, bench.cuts, bench.recording).frozen
    penalty = penalty_at(probed, regime.cut)
    if regime.trained == "head":
        network = bench.adapted(regime, penalty)
        if regime.start == "new":
            everything = torch.ones(len(bench.samples), dtype=torch.bool)
            train_head(network.module.head, bench.rows(regime.cut), bench.ground, everything, rate=regime.rate)  # type: ignore[arg-type]
        network.module.eval()
        return Finished(network=network, curve=None, recipe=None, frozen=frozen, events=())
    learned = set(parts.split.train)
    chosen = torch.tensor([index in learned for index in bench.samples])
    start = bench.adapted(regime, penalty, chosen)
    recipe = replace(regime_recipe(regime, frozen, batch=bench.batch), guard="rollback")
    trained = train(
        start,
        bench.dataset,
        recipe,
        folder / TRAINING,
        events=bench.events,
        threads=threads,
        speed=speed_of(bench.device),
    )
    events = tuple(str(row["message"]) for row in trained.run.rows("log.jsonl") if row.get("event") in _GUARD_EVENTS)
    return Finished(network=trained.network, curve=trained.curve, recipe=recipe, frozen=frozen, events=events)


def keep_training_of(run: Run, regime: Regime) -> None:
    """Leave the folder of the last training as it is if it is this regime's, and make room otherwise.

    An earlier sitting may have been killed within the training of another choice.
    """
    path, key = run.folder / CHOICE, regime_key(regime)
    stored = json.loads(path.read_text(encoding="utf-8"))["regime"] if path.is_file() else None
    if stored != key:
        shutil.rmtree(run.folder / TRAINING, ignore_errors=True)
        write_json(path, {"schema": schema.stamp("choice", 1), "regime": key})


_GUARD_EVENTS = {"damaged", "rolled back", "stopped early", "kept"}


def answers_of(network: Network, dataset: Dataset, indices: tuple[int, ...]) -> tuple[torch.Tensor, torch.Tensor]:
    """Return a network's scores (n, outputs) in eval mode, and the targets as they were given."""
    scores, targets = [], []
    recording = trace(network.module, (1, *network.input_shape))
    size = min(fitting_batch(recording.graph, ()), 16)
    with eval_mode(network.module), torch.no_grad():
        for batch in batches(dataset, indices, network.preprocessing, batch_size=size):
            scores.append(scores_of(network.module, batch.images, dataset.output.count).double())
            targets.append(batch.targets)
    return torch.cat(scores), torch.cat(targets)


def usual_gains(bench: Bench, probed: tuple[Probed, ...]) -> Gains:
    """Return what the usual way, a new output on the frozen network, answers on the test part."""
    rows = bench.features.rows[bench.end.name]
    found = solve_readout(bench.rows(bench.end.name), bench.ground, penalty_at(probed, bench.end.name))
    scores = found.scores(rows[list(bench.test)], 0)
    asked = on_scale(bench.network, bench.features.targets, bench.dataset)[list(bench.test)]
    return np.asarray(gains(bench.ground.kind, scores, asked))


def judged(
    bench: Bench, network: Network, probed: tuple[Probed, ...], *, is_usual: bool
) -> tuple[Estimate | None, ...]:
    """Return the test scores of the chosen network and of the usual way, and their difference on the same samples."""
    if not bench.test:
        return None, None, None
    kind = bench.ground.kind
    scores, targets = answers_of(network, bench.dataset, bench.test)
    own = gains(kind, scores, on_scale(network, targets, bench.dataset))
    usual = usual_gains(bench, probed)
    return estimate(kind, own), estimate(kind, usual), None if is_usual else difference(own, usual)
