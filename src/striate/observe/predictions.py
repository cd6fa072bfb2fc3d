"""Collects what the network answers."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from striate.errors import InputError, Quoted, RunError
from striate.nets import Network
from striate.observe.collector import Collector, Seen
from striate.records import LayerReading, Predictions


class PredictionCollector(Collector):
    """Collects answers beside the truth: probabilities, or values on their own scale.

    Scores become probabilities by softmax (classes) or by the logistic function (labels); values
    are brought back from the standardised scale they were trained on.

    Args:
        network: Whose output and preprocessing say what the scores mean.

    When it misleads:
        The probabilities are as sure as the network is, which is as a rule too sure.
    """

    name = "predictions"

    def __init__(self, network: Network) -> None:
        self._output, self._preprocessing = network.output, network.preprocessing
        self._rows: list[tuple[Tensor, Tensor, Tensor]] = []

    def taps(self, readings: tuple[LayerReading, ...]) -> tuple[str, ...]:
        """Begin a pass; the scores come without being asked for."""
        del readings
        self._rows = []
        return ()

    def update(self, seen: Seen) -> None:
        """Take in the answers of one batch."""
        if seen.scores.shape[1] != self._output.count:
            raise InputError(
                f"a network must give one score for each of its {self._output.count} outputs",
                got=seen.scores.shape[1],
            )
        self._rows.append((seen.indices.cpu(), seen.targets.cpu(), self._meant(seen.scores.float()).cpu()))

    def result(self) -> Predictions:
        """Return the answers, in the order of the pass.

        Raises:
            RunError: Answers that are not finite numbers.
        """
        samples, truth, scores = (torch.cat(column).numpy() for column in zip(*self._rows, strict=True))
        broken = int((~np.isfinite(scores)).any(axis=1).sum())
        if broken:
            raise RunError(
                "a network must answer with finite numbers",
                got=Quoted(f"others for {broken} of {len(scores)} images"),
                hint="Its weights have diverged: train it again with a smaller learning rate.",
            )
        kind = self._output.kind
        truth = truth.astype({"classes": np.int64, "labels": np.uint8, "values": np.float32}[kind])
        return Predictions(output=self._output, samples=samples, truth=truth, scores=scores)

    def _meant(self, scores: Tensor) -> Tensor:
        if self._output.kind == "classes":
            return scores.softmax(1)
        if self._output.kind == "labels":
            return scores.sigmoid()
        if not self._preprocessing.value_std:
            return scores
        std = scores.new_tensor(self._preprocessing.value_std)
        return scores * std + scores.new_tensor(self._preprocessing.value_mean)
