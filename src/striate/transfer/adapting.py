"""`adapt`: from a pretrained network and data to the network that measured best, with everything that was measured."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from striate.data import Dataset
from striate.errors import InputError
from striate.events import SILENT, Events
from striate.nets import Network
from striate.records.adapting import Adaptation
from striate.records.training import Recipe, TrainingCurve
from striate.runs import Run
from striate.train import read_curve
from striate.train.device import accelerated, own_state
from striate.train.ranks import refuse_several
from striate.train.start import describe
from striate.train.stopping import interrupts, told_ending
from striate.transfer.finishing import TRAINING
from striate.transfer.ground import Clock
from striate.transfer.kept import read_adaptation, read_network
from striate.transfer.preparing import FOLDS, divide
from striate.transfer.sitting import Sitting

COMMAND = "adapt"
BUDGET_S = 600.0


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
        refuse_several(device.ranks, "adapting")
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
            with interrupts() as is_interrupted, told_ending(run, "adapting"):
                watched = _Interruptible(events, is_interrupted)
                sitting = Sitting(
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
                )
                made, adaptation, finished = sitting.run()
    return Adapted(network=made, adaptation=adaptation, curve=finished.curve, run=run)


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


def _inputs(network: Network, dataset: Dataset, reference: str) -> dict[str, Any]:
    return {
        "network": {"reference": reference or network.origin.text} | describe(network, Recipe()),
        "data": {
            "reference": dataset.reference,
            "fingerprint": dataset.fingerprint,
            "output": dataset.output.kind,
        }
        | ({"read_as": said} if (said := dataset.read_as.document()) else {}),
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
