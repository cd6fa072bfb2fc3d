"""The processes that train one network together: which one this is, and what they add up and agree on."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, distributed

from striate.errors import Quoted, RunError, StriateError
from striate.events import Events, Progress
from striate.runs import Run, RunDocument, RunStatus

_PROCESSOR = torch.device("cpu")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranks:
    """One process of a training among all of them.

    Every method that talks must be called by all processes, in the same order. With one process nothing is sent.

    Attributes:
        rank: This process, 0 … world_size − 1; 0 leads, and alone writes.
        world_size: Processes in all.
        place: Where numbers must be to be sent.

    Example:
        >>> alone = Ranks()
        >>> alone.leads, alone.sum(torch.ones(2)), alone.lead(lambda: {"threads": 2})
        (True, tensor([1., 1.]), {'threads': 2})
    """

    rank: int = 0
    world_size: int = 1
    place: torch.device = _PROCESSOR

    @property
    def leads(self) -> bool:
        """Whether this process writes and speaks for all."""
        return self.rank == 0

    def sum(self, numbers: Tensor) -> Tensor:
        """Return the sum over all processes, in place.

        Raises:
            RunError: Another process is gone.
        """
        if self.world_size > 1:
            with self._together():
                distributed.all_reduce(numbers)
        return numbers

    def copy_from_leader(self, tensors: Iterable[Tensor]) -> None:
        """Give the leader's values to the tensors of all."""
        if self.world_size == 1:
            return
        with self._together(), torch.no_grad():
            for tensor in tensors:
                # Sent in memory order, which formats differ in.
                sent = tensor.detach().contiguous().to(self.place)
                distributed.broadcast(sent, src=0)
                tensor.copy_(sent)

    def lead(self, work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Return what the leader's work returns, plain values; the others do not work, they are told.

        Raises:
            StriateError: The leader's own error; in the others a `RunError` that repeats its words.
        """
        if self.world_size == 1:
            return work()
        if not self.leads:
            told = json.loads(self._told(b""))
            if "error" in told:
                raise RunError("the first process of the training must go on", got=Quoted(told["error"]))
            made: dict[str, Any] = told["made"]
            return made
        try:
            made = work()
        except StriateError as error:
            self._told(json.dumps({"error": str(error)}).encode())
            raise
        self._told(json.dumps({"made": made}).encode())
        return made

    def wait(self) -> None:
        """Return when all processes are here."""
        self.sum(torch.zeros(1, device=self.place))

    def _told(self, text: bytes) -> bytes:
        with self._together():
            length = torch.tensor([len(text)], device=self.place)
            distributed.broadcast(length, src=0)
            sent = torch.zeros(int(length), dtype=torch.uint8, device=self.place)
            if self.leads:
                sent.copy_(torch.frombuffer(bytearray(text), dtype=torch.uint8))
            distributed.broadcast(sent, src=0)
        return sent.cpu().numpy().tobytes()

    @contextmanager
    def _together(self) -> Iterator[None]:
        """Turn what the transport says when another process is gone into our own words."""
        try:
            yield
        except RuntimeError as cause:
            raise RunError(
                "every process of a training must stay alive",
                got=Quoted(str(cause).strip().splitlines()[0][:200]),
                where=f"process {self.rank} of {self.world_size}",
                hint=f"Look at the messages of the others; then start all {self.world_size} again with the same folder "
                "to go on from the last checkpoint.",
            ) from cause


class Agreed(Events):
    """The watcher of one process among several: a wish to stop holds for all of them after the same step.

    Args:
        events: Whom to tell; only the first process speaks.
        is_interrupted: Whether Ctrl-C was pressed here.
        ranks: This process among all.

    Attributes:
        is_stopping: Whether all have agreed to stop.
    """

    def __init__(self, events: Events, is_interrupted: Callable[[], bool], ranks: Ranks) -> None:
        self.is_stopping = False
        self._events, self._is_interrupted, self._ranks = events, is_interrupted, ranks

    def progress(self, progress: Progress) -> None:
        """Hand on how far a task is."""
        if self._ranks.leads:
            self._events.progress(progress)

    def log(self, message: str) -> None:
        """Hand a line on."""
        if self._ranks.leads:
            self._events.log(message)

    def is_cancelled(self) -> bool:
        """Return whether all have agreed to stop."""
        return self.is_stopping

    def wants_to_stop(self) -> bool:
        """Return whether this process was asked to stop; it says so with its next gradients."""
        return self._is_interrupted() or self._events.is_cancelled()


class Followed(Run):
    """A run folder that the first process writes; here nothing is written."""

    def end(self, status: RunStatus, reason: str = "") -> None:
        """Leave it to the first process."""

    def append(self, name: str, row: Mapping[str, Any]) -> None:
        """Leave it to the first process."""

    def keep_rows(self, name: str, rows: list[dict[str, Any]]) -> None:
        """Leave it to the first process."""


def begin_run(ranks: Ranks, begin: Callable[[], Run]) -> Run:
    """Return the run: the first process begins or resumes it, the others follow.

    Raises:
        StriateError: As `Run.begin` raises; in the others a `RunError`.
    """
    begun: list[Run] = []

    def lead() -> dict[str, Any]:
        begun.append(begin())
        return {"folder": str(begun[0].folder), "document": asdict(begun[0].document)}

    made = ranks.lead(lead)
    return begun[0] if begun else Followed(Path(made["folder"]), RunDocument(**made["document"]))


def refuse_several(ranks: Ranks, work: str) -> None:
    """Refuse work that knows one process only.

    Raises:
        RunError: There are several.
    """
    if ranks.world_size > 1:
        raise RunError(f"{work} must run in one process", got=ranks.world_size, hint="Start it without a launcher.")
