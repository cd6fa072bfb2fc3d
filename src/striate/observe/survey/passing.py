"""The pass of a survey: blocks through the network in lanes, taken in in their order, kept on disk from time to time."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Generator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from striate.data import Batch, Dataset, batches
from striate.errors import Cancelled, InputError, Quoted
from striate.events import Events, Task
from striate.nets import Network
from striate.observe.survey.collecting import record_of
from striate.observe.survey.feature_file import Features, FeaturesInMemory, FeaturesOnDisk
from striate.observe.survey.glance import Glance
from striate.observe.survey.planning import Plan
from striate.observe.survey.running import Ran, Runner
from striate.observe.survey.settings import BLOCK, GROUP, response_orders
from striate.observe.survey.state import SurveyState
from striate.records.unit_survey import Survey
from striate.trace import Recording
from striate.trace.state import kept_randomness, one_thread

# Seconds between two writings of what was kept, and the share of the time they may take.
EVERY_S, SHARE = 20.0, 0.02
# Blocks that wait for a lane, so that none is idle while a group is taken in.
_AHEAD = 12
# After so many blocks of the first group it is known what the strongest must reach.
_EARLY = {3, 5, 9}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Block:
    """What one block gave, with whose it is."""

    orders: Tensor
    samples: Tensor
    targets: Tensor
    ran: Ran


class Pass:
    """The pass of a survey over the images that were not seen yet.

    Args:
        network: The network.
        dataset: Where the images are.
        indices: Which of them.
        recording: The network's trace.
        plan: What is kept.
        folder: Where it is kept between two sittings; None keeps it in memory alone.
        events: Hears "surveying"; may cancel between blocks.
    """

    def __init__(
        self,
        network: Network,
        dataset: Dataset,
        indices: tuple[int, ...],
        recording: Recording,
        plan: Plan,
        folder: Path | None,
        events: Events,
    ) -> None:
        self._network, self._dataset, self._indices, self._recording = network, dataset, indices, recording
        self._plan, self._folder, self._events = plan, folder, events
        images = len(indices)
        kept = SurveyState.read(folder, plan.settings, plan.needs, images) if folder is not None else None
        self._state = kept or SurveyState(plan.settings, plan.needs, images)
        self._features: Features | None = None
        if plan.features and folder is not None:
            self._features = FeaturesOnDisk(folder, images, plan.features, done=self._state.done)
        elif plan.features:
            self._features = FeaturesInMemory(images, plan.features)
        self._slots = np.full(images, -1, np.int64)
        orders = response_orders(images)
        self._slots[orders] = np.arange(len(orders))
        # What lanes need not look for any more; they may read it a little late.
        self._bars: dict[str, Tensor | None] = {op: one.bar for op, one in self._state.layers.items()}
        self._still_on = {op: torch.from_numpy(one.on.copy()) for op, one in self._state.layers.items()}
        # Whether a group is taken in by some layers only: such a state is not kept.
        self._is_between = False

    def run(self, lanes: int) -> None:
        """Show the images that are left to the network."""
        done, total = self._state.done, len(self._indices)
        if done == total:
            return
        first = Runner(
            self._network.module,
            self._recording,
            list(self._plan.needs),
            features=self._plan.settings.features,
            memory_format=self._plan.settings.memory_format,
            block=BLOCK,
            has_statistics=self._plan.settings.has_statistics,
        )
        task = Task("surveying", total=total, unit="image", events=self._events, done=done)
        try:
            with kept_randomness(), closing(self._blocks(first, lanes, done)) as blocks:
                self._take_all(blocks, task)
        except (Cancelled, KeyboardInterrupt):
            if not self._is_between:
                self._keep()
            raise
        self._keep()

    def _take_all(self, blocks: Generator[_Block, None, None], task: Task) -> None:
        """Take in all blocks, group by group, and keep what there is from time to time."""
        waiting: list[_Block] = []
        written, took = time.monotonic(), 0.0
        total = len(self._indices)
        for block in blocks:
            waiting.append(block)
            seen = int(block.orders[-1]) + 1
            if seen % GROUP == 0 or seen == total:
                with one_thread():
                    self._take(waiting)
                waiting = []
                now = time.monotonic()
                if now - written > max(EVERY_S, took / SHARE) and seen < total:
                    self._keep()
                    written, took = time.monotonic(), time.monotonic() - now
            elif len(waiting) in _EARLY and not self._state.done:
                self._raise_bars(waiting)
            task.advance(len(block.orders))

    def _raise_bars(self, blocks: list[_Block]) -> None:
        """Let the first images say already what the strongest must reach."""
        k = self._plan.settings.k
        for op, bar in self._bars.items():
            peaks = torch.cat([block.ran.glances[op].peaks for block in blocks])
            finite = peaks[peaks.isfinite().all(1)]
            if len(finite) >= k:
                reached = finite.topk(k, dim=0).values[-1]
                self._bars[op] = reached if bar is None else torch.maximum(reached, bar)

    def record(self) -> Survey:
        """Return the finished survey."""
        features = None if self._features is None else self._features.rows()
        return record_of(
            self._network, self._dataset, self._indices, self._recording, self._plan, self._state, features
        )

    def _blocks(self, first: Runner, lanes: int, done: int) -> Generator[_Block, None, None]:
        """Yield what each block gave, in their order; as many are worked on as there are lanes."""
        runners: deque[Runner] = deque([first, *(first.again() for _ in range(lanes - 1))])
        pool = ThreadPoolExecutor(lanes, thread_name_prefix="striate-survey")
        waiting: deque[Future[_Block]] = deque()

        def one(batch: Batch, orders: Tensor) -> _Block:
            runner = runners.popleft()
            try:
                ran = runner.run(batch.images, orders, self._bars, self._still_on)
            finally:
                runners.append(runner)
            return _Block(orders=orders, samples=batch.indices, targets=batch.targets, ran=ran)

        start = done
        try:
            for batch in batches(self._dataset, self._indices[done:], self._network.preprocessing, batch_size=BLOCK):
                orders = torch.arange(start, start + len(batch))
                if start == done:
                    _check_steady(first.alone(), batch, orders)
                start += len(batch)
                waiting.append(pool.submit(one, batch, orders))
                if len(waiting) > lanes + _AHEAD:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)
            # A lane's one thread was also what torch gives to threads that begin later.
            torch.set_num_threads(torch.get_num_threads())

    def _take(self, blocks: list[_Block]) -> None:
        """Take in the blocks of a group, which are the same ones however they were worked on."""
        self._is_between = True
        orders, samples = (torch.cat([getattr(block, name) for block in blocks]) for name in ("orders", "samples"))
        is_classes = self._dataset.output.kind == "classes"
        targets = torch.cat([block.targets for block in blocks]) if is_classes else None
        slots = torch.from_numpy(self._slots)[orders]
        for op, state in self._state.layers.items():
            state.add(Glance.joined([block.ran.glances[op] for block in blocks]), samples, orders, targets, slots)
            self._bars[op] = state.bar
            self._still_on[op] = torch.from_numpy(state.on.copy())
        if self._features is not None:
            self._features.add(np.concatenate([_rows(block.ran.features) for block in blocks]))
        if all(block.ran.scores is not None for block in blocks) and self._network.output.kind == "classes":
            scores = torch.cat([block.ran.scores for block in blocks if block.ran.scores is not None]).softmax(1)
            sure, answers = scores.max(1)
            # An answer that is no number is none.
            answers[~sure.isfinite()] = -1
            self._state.answered(orders.tolist(), answers.numpy(), sure.numpy())
        self._state.seen[orders.numpy()] = True
        self._is_between = False

    def _keep(self) -> None:
        if self._folder is not None:
            if self._features is not None:
                self._features.settle()
            self._state.save(self._folder)


def _check_steady(runner: Runner, batch: Batch, orders: Tensor) -> None:
    """Refuse a network that answers otherwise the second time."""
    one, other = (runner.run(batch.images[:1], orders[:1], {}).glances for _ in range(2))
    for op, seen in one.items():
        if not torch.equal(seen.peaks.nan_to_num(), other[op].peaks.nan_to_num()):
            raise InputError(
                "a surveyed network must answer the same to the same image",
                got=Quoted(f"other values of {op} the second time"),
                hint="Dropout or noise is active in eval mode: switch it off.",
            )


def _rows(features: Tensor | None) -> npt.NDArray[np.float32]:
    return np.zeros((0, 0), np.float32) if features is None else features.numpy()
