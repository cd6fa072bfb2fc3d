"""One sitting of an adaptation: from the pass to the receipt, as far as the time goes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from striate.data import Dataset
from striate.errors import DivergedError
from striate.events import Events
from striate.nets import Network
from striate.nets.cuts import END
from striate.numbers import duration
from striate.records.adapting import Adaptation, CutPoint, InputWay
from striate.runs import Run, write_json
from striate.trace import Recording
from striate.train.device import Device
from striate.train.score import SCORE_NAMES
from striate.transfer.apart import LEAKS, divide_apart, leaks_document
from striate.transfer.candidates import candidates_of, measured_arms, ranked
from striate.transfer.choosing import best_cut, choose
from striate.transfer.costs import RESERVE, STEPS, Costs
from striate.transfer.estimating import chance
from striate.transfer.extracting import extract_features
from striate.transfer.finishing import Finished, finish, judged, keep_training_of
from striate.transfer.ground import Bench, Clock, Measured, penalty_at
from striate.transfer.halving import Arm, Search, planned_words
from striate.transfer.inputs import inputs_cost_s, measure_inputs
from striate.transfer.kept import save_adaptation
from striate.transfer.machine import device_for, step_cost
from striate.transfer.preparing import Parts, Tried, batch_for, heard, prepare, try_pass
from striate.transfer.probing import Probed, learning_curve, probe_cuts
from striate.transfer.quadrant import place_problem
from striate.transfer.receipt import write_receipt
from striate.transfer.regimes import parts as regime_parts
from striate.transfer.regimes import solved_regimes, trained_regimes
from striate.transfer.short import Attempt
from striate.transfer.solved import measure_solved
from striate.transfer.storing import Attempts, read_features, save_features

# Probes, curves and new layers on stored features, beside the pass itself.
_PROBING = 1.5
# New layers, the trial of the machine, ways to bring images in, tables of the candidates: seen to come to about this.
_ELSE_S, _ELSE_SHARE = 30.0, 0.25
_INPUTS_SHARE = 0.1


class Sitting:
    """One sitting of an adaptation."""

    def __init__(  # noqa: PLR0913 - what is adapted to what, where, and for how long
        self, network: Network, dataset: Dataset, parts: Parts, run: Run, *, clock: Clock, device: Device, events: Events,
        threads: int, by_folder: bool, folds: int,
    ) -> None:  # fmt: skip
        self._network, self._dataset, self._parts, self._run = network, dataset, parts, run
        self._clock, self._device, self._events, self._threads = clock, device, events, threads
        self._by_folder, self._folds = by_folder, folds
        self._told: list[str] = []
        self._attempts = Attempts(run)
        # What earlier sittings spent counts.
        self._clock = replace(clock, began=clock.began - self._attempts.spent_s)

    def run(self) -> tuple[Network, Adaptation, Finished]:
        """Return the adapted network, everything that was measured, and how the network came about."""
        weights = str(self._network.receipt.get("weights", ""))
        if weights.startswith("random") or weights.endswith("untrained"):
            self._told.append("The network was not pretrained: its weights are random.")
        self._network = heard(self._network, self._dataset, self._parts, self._events)
        tried = try_pass(self._network, self._dataset)
        backward = step_cost(self._run, tried.backward)
        told_s = self._tell_time(tried, backward)
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
        probed = probe_cuts(bench.features_of_samples(), bench.cuts, bench.ground, events=self._events)
        cut = best_cut(probed, bench.cuts)
        curves = self._curves(bench, probed, cut.name)
        inputs = self._inputs(bench, probed)
        asked = solved_regimes(cut, bench.end)
        solved = measure_solved(bench, asked, probed)
        left_out = [
            Arm(regime=one, state="no time") for one in asked if one.name not in {m.regime.name for m in solved}
        ]
        if self._parts.can_train:
            regimes = trained_regimes(cut, bench.end)
            device, words = device_for(self._run, bench, next(one for one in regimes if one.start == "new"))
            bench = replace(bench, device=device)
            self._told += [words] if words else []
        arms = self._search(bench, probed, cut.name, backward)
        measured = [*solved, *measured_arms(arms)]
        candidates, costs = candidates_of(bench, measured, [*arms, *left_out])
        place, why, finished = self._finished(bench, measured, costs, probed)
        chosen = measured[place]
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
            candidates=ranked(candidates, measured, place),
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

    def _finished(
        self,
        bench: Bench,
        measured: Sequence[Measured],
        costs: Mapping[int, tuple[float, ...]],
        probed: tuple[Probed, ...],
    ) -> tuple[int, str, Finished]:
        """Return the place of the chosen regime, why, and its network; one whose own training is lost is passed over."""
        eligible = [place for place, one in enumerate(measured) if one.rung == len(STEPS) - 1]
        while True:
            place, why = choose(measured, costs, eligible=eligible)
            regime = measured[place].regime
            keep_training_of(self._run, regime)
            try:
                return place, why, finish(bench, regime, probed, self._parts, self._run.folder, self._threads)
            except DivergedError as error:
                self._told.append(f"“{regime.name}” was chosen first, but its own training was lost: {error}")
                eligible.remove(place)

    def _tell_time(self, tried: Tried, backward: float) -> float:
        """Say how long everything will take."""
        parts, budget_s = self._parts, self._clock.budget_s
        used = self._clock.spent_s + tried.image_s * len(self._dataset) * _PROBING
        used += min(_ELSE_S, _ELSE_SHARE * budget_s)
        if parts.can_train:
            # The cut is not known yet; the middle one stands for it.
            middle, end = tried.cuts[len(tried.cuts) // 2], tried.cuts[-1]
            regimes = trained_regimes(middle, end)
            costs = self._costs(tried.image_s, tried.recording, tried.cuts, backward)
            reserve = costs.reserve_s(regimes[1])
            left = budget_s - used - reserve
            # The new layers alone, or a training of the whole: as likely.
            searching = costs.plan_s(regimes, left, len(parts.folds.parts))
            used += searching + (reserve / RESERVE / 2 if searching else 0.0)
        told = min(used, budget_s)
        self._events.log(planned_words(told, budget_s))
        return told

    def _costs(self, image_s: float, recording: Recording, cuts: Sequence[CutPoint], backward: float) -> Costs:
        shares = {cut.name: cut.macs_share for cut in cuts}
        held = len(self._parts.folds.parts[0])
        made = Costs(
            image_s=image_s,
            backward=backward,
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

    def _search(self, bench: Bench, probed: Sequence[Probed], cut: str, backward: float) -> list[Arm]:
        if not self._parts.can_train:
            self._told.append("Pretrained layers are not trained: a class is too small for a validation part.")
            return []
        attempts = self._attempts
        regimes = trained_regimes(bench.cut(cut), bench.end)
        costs = self._costs(bench.features.image_s, bench.recording, bench.cuts, backward)
        end_at = self._clock.until(costs.reserve_s(regimes[-1]))
        return Search(
            bench, probed, regimes, costs, end_at=end_at, recall=attempts.recall, remember=self._remember,
            brackets=attempts.brackets, begin_bracket=attempts.begin_bracket, reserved=regimes[-1],
        ).run()  # fmt: skip

    def _remember(self, what: Mapping[str, Any], attempt: Attempt) -> None:
        self._attempts.remember(what, attempt, spent_s=self._clock.spent_s)

    def _end(self, bench: Bench, adaptation: Adaptation, finished: Finished) -> tuple[Network, Adaptation, Finished]:
        save_adaptation(self._run, adaptation)
        network = write_receipt(self._run, bench, self._parts, adaptation, finished, given=self._network)
        self._run.end("done")
        return network, adaptation, finished


def _overrun(clock: Clock) -> tuple[str, ...]:
    """Return the sentence about a budget that was not kept; nothing up to a tenth."""
    if clock.spent_s <= 1.1 * clock.budget_s:
        return ()
    spent, given = duration(clock.spent_s), duration(clock.budget_s)
    return (f"It took {spent} instead of {given}: the pass, the probes and the chosen network are never left out.",)
