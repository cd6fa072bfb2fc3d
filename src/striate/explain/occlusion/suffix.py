"""What follows from an inner value: a network from one layer on, its other values kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from torch import Tensor

from striate.errors import InputError, Quoted
from striate.explain.answers import as_scores
from striate.explain.occlusion.engine import Engine
from striate.explain.occlusion.local import Local
from striate.explain.occlusion.mixing import mixes_images
from striate.explain.occlusion.planning import parted
from striate.explain.occlusion.routes import UNFIT, first_line
from striate.nets import Network
from striate.trace import Recording
from striate.trace.replay import Unfit

# From changed values (n, …) of a layer to the scores (n, outputs).
Go: TypeAlias = Callable[[Tensor], Tensor]


class Suffix:
    """A network from the value of one op on, for one image after the other.

    Args:
        network: The network, in eval mode.
        recording: Its trace, for one image.
        tap: The op's name.

    Attributes:
        mixes_images: Whether values that go at once change each other's scores.

    Raises:
        InputError: Its calls depend on the data, or modules have hooks that may change values.
    """

    def __init__(self, network: Network, recording: Recording, tap: str) -> None:
        reason = recording.program.reason or ("modules have hooks" if recording.skipped_hooks else "")
        if reason:
            raise InputError(
                "a network must make the same calls for all data to be run from a layer on", got=Quoted(reason)
            )
        self._network, self._recording, self._tap = network, recording, tap
        self._local: Local | None = None
        self._refused = ""
        self.mixes_images = mixes_images(recording, network.module)

    def begin(self, image: Tensor) -> tuple[Tensor, Go, str]:
        """Return the layer's value (1, …) for an image (c, …), what leads from there to scores, and why more is computed.

        Where the network cannot be run in parts, or a normalisation was put into the op, ways past the layer are computed anew
        for every batch; else the reason is empty.
        """
        try:
            engine = Engine(self._ready(image), image[None], most=0.0)
            number = self._recording.program.value(self._tap)
            if number not in engine.clean:
                raise Unfit("a normalisation was put into the op")
        except UNFIT as cause:
            return (*self._by_program(image), first_line(cause))
        return engine.clean[number], lambda values: self._scores(engine.run_from(number, values), values), ""

    def _ready(self, image: Tensor) -> Local:
        """Return the network's calls with their weights laid out; made for the first image, and then kept, as is a refusal."""
        if self._refused:
            raise Unfit(self._refused)
        if self._local is None:
            try:
                self._local = parted(self._network, self._recording, image[None], has_boxes=False)
            except UNFIT as cause:
                self._refused = first_line(cause)
                raise
        return self._local

    def _by_program(self, image: Tensor) -> tuple[Tensor, Go]:
        program, module = self._recording.program, self._network.module
        clean = program.run(module, image[None], until=self._tap).taps[self._tap]

        def go(values: Tensor) -> Tensor:
            past = image.expand(len(values), *image.shape)
            return self._scores(program.run_from(module, {self._tap: values}, inputs=past).outputs, values)

        return clean, go

    def _scores(self, answer: object, values: Tensor) -> Tensor:
        if isinstance(answer, Tensor) and answer.numel() == len(values) * self._network.output.count:
            answer = answer.reshape(len(values), -1)
        return as_scores(self._network, answer, len(values))
