"""`adapt`: from a pretrained network and data to the network that measured best, with everything that was measured."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from striate.analyse import memory_ledger
from striate.data import Dataset
from striate.errors import Cancelled, InputError, Quoted, StorageError
from striate.events import SILENT, Events
from striate.nets import Network
from striate.nets.cuts import END
from striate.numbers import duration, plural
from striate.records.adapting import Adaptation, Candidate, CutPoint, Estimate, InputWay
from striate.records.training import Recipe, TrainingCurve
from striate.runs import Run, write_json
from striate.trace import Recording, trace
from striate.train import read_curve
from striate.train.care import Care
from striate.train.device import Device, accelerated, own_state
from striate.train.score import SCORE_NAMES
from striate.train.start import describe
from striate.train.stopping import interrupts
from striate.transfer.apart import LEAKS, divide_apart, leaks_document
from striate.transfer.choosing import best_cut, choose, compared
from striate.transfer.costs import RESERVE, STEPS, Costs
from striate.transfer.estimating import chance, estimate
from striate.transfer.extracting import extract_features
from striate.transfer.finishing import TRAINING, Finished, finish, judged
from striate.transfer.ground import Bench, Clock, Measured, penalty_at
from striate.transfer.halving import Arm, Search, planned_words
from striate.transfer.inputs import inputs_cost_s, measure_inputs
from striate.transfer.kept import read_adaptation, read_network, save_adaptation
from striate.transfer.preparing import FOLDS, Parts, Tried, batch_for, divide, prepare, try_pass
from striate.transfer.probing import Probed, learning_curve, probe_cuts
from striate.transfer.quadrant import place_problem
from striate.transfer.receipt import write_receipt
from striate.transfer.regimes import parts as regime_parts
from striate.transfer.regimes import solved_regimes, trained_regimes
from striate.transfer.solved import measure_solved
from striate.transfer.storing import Attempts, read_features, save_features

COMMAND = "adapt"
BUDGET_S = 600.0
# Probes, curves and new layers on stored features, beside the pass itself.
_PROBING = 1.5
_INPUTS_SHARE = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Adapted:
    """What an adaptation made.

    Attributes:
        network: The adapted network, in eval mode, with its receipt; not the one that was given.
        adaptation: Everything that was measured.
        curve: How the chosen network was trained; None if only new layers were, on stored features.
        run: The folder it is in.
    """

    network: Network
    adaptation: Adaptation
    curve: TrainingCurve | None
    run: Run


def adapt(  # noqa: PLR0913 - what is adapted to what, and how long it may take
    network: Network,
    dataset: Dataset,
    folder: Path | str,
    *,
    budget_s: float = BUDGET_S,
    folds: int = FOLDS,
    by_folder: bool = False,
    reference: str = "",
    events: Events = SILENT,
    threads: int | None = None,
) -> Adapted:
    """Return the pretrained network adapted to the data in the way that measured best within a time budget.

    One pass stores pooled features at every cut point. Linear probes on them, cross-validated, say where the network stops
    being useful for these data; new layers on the frozen first part are trained on the stored features; regimes in which
    pretrained layers are trained compete in short cross-validated trainings, by successive halving, as far as the time goes.
    The cheapest regime within one standard error of the best is taken, done for good, and judged on samples that nobody
    looked at (a fifth, `Dataset.split` with seed 0).

    An adaptation that was killed or stopped goes on when it is started again in the same folder: the pass and every finished
    training are kept. A finished one is read and returned at once.

    Args:
        network: Pretrained, with its own preprocessing; it is not changed.
        dataset: What to adapt it to.
        folder: The run folder: new, empty, or holding this very adaptation.
        budget_s: Seconds it may take in all.
        folds: At most so many; fewer if a class is too small.
        by_folder: Whether images of one sub-folder are never divided; near-duplicates and groups never are.
        reference: What the network is called on the command line, for the receipt.
        events: Hears how long it will take, then progress; may cancel.
        threads: Processor threads; torch's own number if None.

    Raises:
        DataError: Fewer than two classes; a class with a single sample.
        InputError: No time; a network whose output layer cannot be replaced; a folder that holds something else.
        Cancelled: Stopped by Ctrl-C or by the watcher; what was finished is kept.
        StorageError: The disk refused.

    When it misleads:
        Small data: the interval is wide, and another draw of the same data may choose another regime of nearly the same score.
        A short training shows what a short training brings: with hours instead of minutes fine-tuning gains most. The test
        part is the last word, once: adapt again and again on the same data, and it is no longer unseen.

    Source:
        Ours. Successive halving: Jamieson and Talwalkar, "Non-stochastic Best Arm Identification and Hyperparameter
        Optimization", AISTATS 2016; the classic cases: CS231n, "Transfer Learning"; probe, then fine-tune: Kumar et al., ICLR
        2022; one block: Lee et al., ICLR 2023.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> from striate.blueprint import Blueprint
        >>> from striate.data import load_data
        >>> from striate.nets import load_network
        >>> net = load_network(Blueprint.from_text("input 1x8x8; conv 3x3 4, relu; conv 3x3 8, relu; classes 4"))
        >>> images = (torch.arange(60 * 64).reshape(60, 8, 8) * 37 % 251).byte()
        >>> data = load_data((images, [0] * 30 + [1] * 30))
        >>> with TemporaryDirectory() as place:
        ...     found = adapt(net, data, place, budget_s=6.0)
        >>> [cut.name for cut in found.adaptation.cuts], len(found.adaptation.probes)
        (['relu1', 'the end'], 2)
    """
    if budget_s <= 0:
        raise InputError("budget_s must be above 0", got=budget_s)
    if folds < 2:
        raise InputError("folds must be at least 2", got=folds)
    if threads is not None and threads < 1:
        raise InputError("threads must be at least 1", got=threads)
    parts = divide(dataset, folds=folds)
    clock = Clock(began=time.monotonic(), budget_s=budget_s)
    with accelerated() as device:
        used = threads or torch.get_num_threads()
        with own_state(device.place, used):
            run = Run.begin(
                folder,
                command=COMMAND,
                inputs=_inputs(network, dataset, reference),
                settings={
                    "budget_s": budget_s,
                    "folds": folds,
                    "by_folder": by_folder,
                    "threads": used,
                    "device": device.place.type,
                },
            )
            if run.document.status == "done":
                return read_adapted(run, network)
            with interrupts() as is_interrupted, _told(run):
                watched = _Interruptible(events, is_interrupted)
                return _Sitting(
                    network,
                    dataset,
                    parts,
                    run,
                    clock=clock,
                    device=device,
                    events=watched,
                    threads=used,
                    by_folder=by_folder,
                    folds=folds,
                ).run()


def read_adapted(run: Run, network: Network | None = None) -> Adapted:
    """Return what a finished adaptation made.

    Args:
        run: Its folder.
        network: The pretrained one; needed only if it came from a session and has no origin to be built from.

    Raises:
        InputError: It is not finished, or no adaptation.
        SchemaError, WeightsError: Its files are not those that were written.
    """
    if run.document.command != COMMAND or run.document.status != "done":
        raise InputError("an adaptation must be finished to be read", got=run.document.status, where=str(run.folder))
    return Adapted(
        network=read_network(run, network), adaptation=read_adaptation(run), curve=training_curve(run), run=run
    )


def training_curve(run: Run) -> TrainingCurve | None:
    """Return how the chosen network of an adaptation was trained; None if only its new layers were, on stored features."""
    folder = run.folder / TRAINING
    return read_curve(Run.read(folder)) if (folder / "run.json").is_file() else None


class _Sitting:
    """One sitting of an adaptation."""

    def __init__(  # noqa: PLR0913 - what is adapted to what, where, and for how long
        self, network: Network, dataset: Dataset, parts: Parts, run: Run, *, clock: Clock, device: Device, events: Events,
        threads: int, by_folder: bool, folds: int,
    ) -> None:  # fmt: skip
        self._network, self._dataset, self._parts, self._run = network, dataset, parts, run
        self._clock, self._device, self._events, self._threads = clock, device, events, threads
        self._by_folder, self._folds = by_folder, folds
        self._told: list[str] = []

    def run(self) -> Adapted:
        weights = str(self._network.receipt.get("weights", ""))
        if weights.startswith("random") or weights.endswith("untrained"):
            self._told.append("The network was not pretrained: its weights are random.")
        tried = try_pass(self._network, self._dataset)
        told_s = self._tell_time(tried)
        features = read_features(self._run)
        if features is None:
            everything = tuple(range(len(self._dataset)))
            features = extract_features(self._network, self._dataset, everything, tried.cuts, events=self._events)
            save_features(self._run, features)
        found = divide_apart(self._dataset, features.rows[END], by_folder=self._by_folder, folds=self._folds)
        self._dataset, self._parts = found.dataset, found.parts
        self._told += found.told
        write_json(self._run.folder / LEAKS, leaks_document(found.leaks))
        bench = prepare(
            self._network, self._dataset, self._parts, self._device, self._clock, tried=tried, features=features,
            events=self._events,
        )  # fmt: skip
        probed = probe_cuts(bench.features_of_samples(), bench.cuts, bench.ground)
        cut = best_cut(probed, bench.cuts)
        curves = self._curves(bench, probed, cut.name)
        inputs = self._inputs(bench, probed)
        solved = measure_solved(bench, solved_regimes(cut, bench.end), probed)
        arms = self._search(bench, probed, cut.name)
        measured = [*solved, *_measured(arms)]
        candidates, costs = self._candidates(bench, measured, arms, probed)
        place, why = choose(measured, costs)
        chosen = measured[place]
        finished = finish(bench, chosen.regime, probed, self._parts, self._run.folder, self._threads)
        own, usual, gap = judged(bench, finished.network, probed, is_usual=chosen.regime.name == "frozen")
        adaptation = Adaptation(
            network=self._run.document.inputs["network"]["reference"],
            data=self._dataset.reference,
            output=self._dataset.output.kind,
            score_name=SCORE_NAMES[self._dataset.output.kind],
            chance=chance(bench.ground.kind, bench.ground.targets),
            cuts=bench.cuts,
            probes=tuple(one.probe for one in probed),
            curves=curves,
            quadrant=place_problem(
                [one.probe for one in probed], bench.cuts, curves[0], SCORE_NAMES[self._dataset.output.kind]
            ),
            inputs=inputs,
            candidates=_ranked(candidates, measured, place),
            chosen=chosen.regime.name,
            why=why,
            folds=bench.ground.fold_count,
            training_count=len(bench.samples),
            test=own,
            test_usual=usual,
            test_difference=gap,
            budget_s=self._clock.budget_s,
            told_s=told_s,
            seconds=self._clock.spent_s,
            told=(*self._told, *_overrun(self._clock)),
            events=finished.events,
        )
        return self._end(bench, adaptation, finished)

    def _tell_time(self, tried: Tried) -> float:
        """Say how long everything will take."""
        parts, budget_s = self._parts, self._clock.budget_s
        used = self._clock.spent_s + tried.image_s * len(self._dataset) * _PROBING
        if parts.can_train:
            # The cut is not known yet; the middle one stands for it.
            middle, end = tried.cuts[len(tried.cuts) // 2], tried.cuts[-1]
            regimes = trained_regimes(middle, end)
            costs = self._costs(tried.image_s, tried.recording, tried.cuts)
            reserve = costs.reserve_s(regimes[1])
            left = budget_s - used - reserve
            # The new layers alone, or a training of the whole: as likely.
            used += costs.plan_s(regimes, left, len(parts.folds.parts)) + reserve / RESERVE / 2
        told = min(used, budget_s)
        self._events.log(planned_words(told, budget_s))
        return told

    def _costs(self, image_s: float, recording: Recording, cuts: Sequence[CutPoint]) -> Costs:
        shares = {cut.name: cut.macs_share for cut in cuts}
        held = len(self._parts.folds.parts[0])
        made = Costs(
            image_s=image_s,
            batch=batch_for(len(self._parts.samples)),
            count=len(self._parts.samples) - held,
            held=held,
            depth=lambda regime: (shares[regime.cut], regime_parts(regime, cuts, recording).trained_share),
        )
        made.climb(trained_regimes(cuts[-1], cuts[-1])[0], self._clock.budget_s)
        return made

    def _curves(self, bench: Bench, probed: Sequence[Probed], cut: str) -> tuple[Any, ...]:
        names = [cut] if cut == bench.end.name else [cut, bench.end.name]
        return tuple(learning_curve(bench.rows(name), name, penalty_at(probed, name), bench.ground) for name in names)

    def _inputs(self, bench: Bench, probed: Sequence[Probed]) -> tuple[InputWay, ...]:
        """Measure ways to bring the images in, if that takes no more than a tenth of the time."""
        needed = inputs_cost_s(bench)
        if needed > _INPUTS_SHARE * self._clock.budget_s:
            self._told.append(f"Input sizes were not compared: that would take about {duration(needed)}.")
            return ()
        return measure_inputs(bench, probed)

    def _search(self, bench: Bench, probed: Sequence[Probed], cut: str) -> list[Arm]:
        if not self._parts.can_train:
            self._told.append("Pretrained layers are not trained: a class is too small for a validation part.")
            return []
        attempts = Attempts(self._run)
        regimes = trained_regimes(bench.cut(cut), bench.end)
        costs = self._costs(bench.features.image_s, bench.recording, bench.cuts)
        end_at = self._clock.until(costs.reserve_s(regimes[-1]))
        return Search(
            bench, probed, regimes, costs, end_at=end_at, recall=attempts.recall, remember=attempts.remember
        ).run()

    def _candidates(
        self, bench: Bench, measured: Sequence[Measured], arms: Sequence[Arm], probed: Sequence[Probed]
    ) -> tuple[list[Candidate], dict[int, tuple[float, ...]]]:
        """Return a candidate for each measured regime in their order, then those not measured; and the costs of the former."""
        found: list[Candidate] = []
        costs: dict[int, tuple[float, ...]] = {}
        for place, one in enumerate(measured):
            own = estimate(bench.ground.kind, np.concatenate(list(one.gains.values())))
            made = self._sized(bench, one, own, probed)
            found.append(replace(made, tried=_tried(arms, one.regime.name)))
            costs[place] = (float(made.macs), float(made.trained_parameters), made.seconds)
        names = {one.regime.name for one in measured}
        for arm in arms:
            if arm.regime.name not in names:
                names.add(arm.regime.name)
                found.append(_unmeasured(arm, arms))
        return found, costs

    def _sized(self, bench: Bench, one: Measured, own: Estimate, probed: Sequence[Probed]) -> Candidate:
        network = bench.adapted(one.regime, penalty_at(probed, one.regime.cut))
        frozen = regime_parts(one.regime, bench.cuts, bench.recording).frozen
        care = Care(network.module, Recipe(frozen=frozen))
        care.enter(1)
        trained = sum(p.numel() for p in network.module.parameters() if p.requires_grad)
        # New layers alone are trained on stored features: what runs then is a single image's pass, once.
        batch = bench.batch if one.regime.trained != "head" else 1
        mode = "train" if one.regime.trained != "head" else "eval"
        graph = trace(network.module, (batch, *network.input_shape), mode=mode).graph  # type: ignore[arg-type]  # one of two
        memory = memory_ledger(graph, optimizer="sgd", training=mode == "train")
        care.release()
        head = sum(p.numel() for p in network.module.get_submodule("head").parameters())
        cut = bench.cut(one.regime.cut)
        seconds = one.seconds or bench.features.seconds
        if one.step_s:
            whole = -(-len(self._parts.split.train) // bench.batch)
            seconds = one.step_s * one.regime.epochs * whole
        return Candidate(
            regime=one.regime, estimate=own, rung=one.rung, macs=cut.macs + head,
            parameters=sum(p.numel() for p in network.module.parameters()), trained_parameters=trained,
            seconds=seconds, memory_bytes=memory.peak_bytes,
        )  # fmt: skip

    def _end(self, bench: Bench, adaptation: Adaptation, finished: Finished) -> Adapted:
        save_adaptation(self._run, adaptation)
        network = write_receipt(self._run, bench, self._parts, adaptation, finished, given=self._network)
        self._run.end("done")
        return Adapted(network=network, adaptation=adaptation, curve=finished.curve, run=self._run)


def _overrun(clock: Clock) -> tuple[str, ...]:
    """Return the sentence about a budget that was not kept; nothing up to a tenth."""
    if clock.spent_s <= 1.1 * clock.budget_s:
        return ()
    spent, given = duration(clock.spent_s), duration(clock.budget_s)
    return (f"It took {spent} instead of {given}: the pass, the probes and the chosen network are never left out.",)


def _measured(arms: Sequence[Arm]) -> list[Measured]:
    """Return the best arm of each regime that answered anything and was not lost."""
    found: dict[str, Measured] = {}
    for arm in arms:
        if arm.gains and arm.state != "lost" and arm.regime.name not in found:
            found[arm.regime.name] = Measured(regime=arm.regime, gains=arm.gains, rung=arm.rung, step_s=arm.step_s)
    return list(found.values())


def _tried(arms: Sequence[Arm], name: str) -> tuple[Mapping[str, Any], ...]:
    return tuple(
        {"rate": arm.regime.rate, "norm": arm.regime.norm, "state": arm.state} | look
        for arm in arms
        if arm.regime.name == name
        for look in (arm.looks or [{"rung": -1}])
    )


def _unmeasured(arm: Arm, arms: Sequence[Arm]) -> Candidate:
    is_lost = arm.state == "lost"
    return Candidate(
        regime=arm.regime,
        estimate=None,
        outcome="lost" if is_lost else "not measured",
        reason="its loss left the finite numbers" if is_lost else "there was no time left for it",
        tried=_tried(arms, arm.regime.name),
    )


def _ranked(candidates: Sequence[Candidate], measured: Sequence[Measured], place: int) -> tuple[Candidate, ...]:
    """Return the candidates with what became of each, best score first, unmeasured ones last."""
    chosen = measured[place]
    rows = []
    for number, candidate in enumerate(candidates):
        if number >= len(measured):
            rows.append(candidate)
        elif number == place:
            rows.append(replace(candidate, outcome="chosen", reason="taken"))
        else:
            gap = compared(measured[number], chosen)
            outcome, reason = _outcome(candidate, gap)
            rows.append(replace(candidate, difference=gap, outcome=outcome, reason=reason))  # type: ignore[arg-type]
    return tuple(sorted(rows, key=lambda row: -row.estimate.mean if row.estimate else 9.0))


def _outcome(candidate: Candidate, gap: Estimate) -> tuple[str, str]:
    if candidate.rung < len(STEPS) - 1:
        return (
            "dropped",
            f"after {plural(candidate.regime.epochs, 'epoch')} others were ahead, or no time was left to go on",
        )
    if gap.interval[1] < 0:
        return "worse", f"{-100 * gap.mean:.1f} points below the chosen one, beyond its interval"
    return "as good", "no difference to the chosen one beyond its interval; that one is cheaper or was better"


def _inputs(network: Network, dataset: Dataset, reference: str) -> dict[str, Any]:
    return {
        "network": {"reference": reference or network.origin.text} | describe(network, Recipe()),
        "data": {
            "reference": dataset.reference,
            "fingerprint": dataset.fingerprint,
            "output": dataset.output.kind,
        },
    }


class _Interruptible(Events):
    """The given watcher, which also stops at Ctrl-C."""

    def __init__(self, events: Events, is_interrupted: Any) -> None:  # noqa: ANN401 - a callable
        self._events, self._is_interrupted = events, is_interrupted

    def progress(self, progress: Any) -> None:  # noqa: ANN401 - handed on
        self._events.progress(progress)

    def log(self, message: str) -> None:
        self._events.log(message)

    def is_cancelled(self) -> bool:
        return self._events.is_cancelled() or self._is_interrupted()


@contextmanager
def _told(run: Run) -> Iterator[None]:
    """Write into run.json how the block ended, unless it ended well."""
    try:
        yield
    except (Cancelled, KeyboardInterrupt) as cause:
        run.end("stopped", "Asked to stop.")
        raise Cancelled(
            "adapting was stopped before its end",
            got=Quoted("a request to stop"),
            where=str(run.folder),
            hint="What was finished is kept. Start it again with the same folder to go on.",
        ) from cause
    except Exception as cause:
        with suppress(StorageError):
            run.end("failed", str(cause) or repr(cause))
        raise
