"""A survey as a collector: it looks while others look, in their pass."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch

from striate.analyse.field.boxes import Boxes
from striate.data import Dataset
from striate.nets import Network
from striate.observe.collector import Collector, Seen
from striate.observe.survey.finishing import surveyed
from striate.observe.survey.glance import glance
from striate.observe.survey.planning import Plan, planned
from striate.observe.survey.settings import response_orders
from striate.observe.survey.state import SurveyState
from striate.records import LayerReading
from striate.records.unit_survey import Survey
from striate.trace import Recording


class SurveyCollector(Collector):
    """Collects what `survey` does, in a pass that others look at too.

    Args:
        network: The network.
        dataset: Where the images are.
        indices: Those of the pass, in its order.
        recording: The network's trace for eval mode.
        k: Strongest images shown, a unit.
        counted: Strongest images counted, a unit; at least k.

    When it misleads:
        As `survey`. Images go through the network in larger batches than there, which gives other last digits; and it cannot go
        on after a kill.

    Source:
        `survey`, whose figures these are.

    Cost:
        A reading or two of every value; 4 bytes an image and feature.
    """

    name = "survey"

    def __init__(
        self,
        network: Network,
        dataset: Dataset,
        indices: Sequence[int],
        recording: Recording,
        *,
        k: int = 9,
        counted: int = 50,
    ) -> None:
        self._network, self._dataset, self._recording = network, dataset, recording
        self._indices = tuple(int(index) for index in indices)
        self._k, self._counted = k, counted

    def taps(self, readings: tuple[LayerReading, ...]) -> tuple[str, ...]:
        """Begin a pass, and ask for the activation of every layer."""
        del readings
        self._plan: Plan = planned(
            self._network,
            self._recording,
            self._dataset,
            self._indices,
            None,
            k=self._k,
            counted=self._counted,
            has_statistics=True,
            memory_format="plain",
        )
        images = len(self._indices)
        self._state = SurveyState(self._plan.settings, self._plan.needs, images)
        self._features = np.zeros((images, self._plan.features), np.float32)
        self._slots = torch.full((images,), -1, dtype=torch.int64)
        orders = response_orders(images)
        self._slots[orders] = torch.arange(len(orders))
        self._done = 0
        return tuple(dict.fromkeys((*self._plan.needs, *([self._plan.settings.features] * bool(self._plan.features)))))

    def update(self, seen: Seen) -> None:
        """Take in the activations of one batch."""
        orders = torch.arange(self._done, self._done + len(seen.indices))
        samples, targets = seen.indices.cpu(), None
        if self._dataset.output.kind == "classes":
            targets = seen.targets.cpu()
        for op, state in self._state.layers.items():
            taken = glance(
                seen.taps[op], orders, state.bar, has_statistics=True, still_on=torch.from_numpy(state.on.copy())
            )
            state.add(taken, samples, orders, targets, self._slots[orders])
        if self._plan.features:
            value = seen.taps[self._plan.settings.features]
            means = value.flatten(2).mean(2, dtype=torch.float32) if value.ndim > 2 else value.float()
            self._features[orders.numpy()] = means.cpu().numpy()
        if self._network.output.kind == "classes":
            sure, answers = seen.scores.float().cpu().softmax(1).max(1)
            answers[~sure.isfinite()] = -1
            self._state.answered(orders.tolist(), answers.numpy(), sure.numpy())
        self._state.seen[orders.numpy()] = True
        self._done += len(orders)

    def result(self) -> Survey:
        """Return the record."""
        return record_of(
            self._network,
            self._dataset,
            self._indices,
            self._recording,
            self._plan,
            self._state,
            self._features if self._plan.features else None,
        )


def record_of(
    network: Network,
    dataset: Dataset,
    indices: tuple[int, ...],
    recording: Recording,
    plan: Plan,
    state: SurveyState,
    features: npt.NDArray[np.float32] | None,
) -> Survey:
    """Return what was kept of all images as a record."""
    boxes = Boxes(recording.graph)
    whole = tuple(network.input_shape[1:])
    is_classes = dataset.output.kind == "classes"
    has_answers = network.output.kind == "classes" and bool((state.answers >= 0).any())
    return Survey(
        settings=plan.settings.document(),
        data=dataset.name,
        class_names=dataset.output.names if is_classes else (),
        input_px=whole,
        layers=tuple(surveyed(state.layers[one.tap], one, plan.sizes[one.tap], whole, boxes) for one in plan.readings),
        samples=np.array(indices, np.int64),
        targets=dataset.targets()[list(indices)].numpy() if is_classes else None,
        answers=state.answers if has_answers else None,
        confidences=state.confidences if has_answers else None,
        features_of=plan.features_of,
        features=features,
    )
