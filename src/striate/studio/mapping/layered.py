"""The same work layer after layer: which one it is at, and how long all of them will still take."""

from __future__ import annotations

from dataclasses import replace

from striate.events import Events, Progress

# Each layer's longest task, by which its turn is known.
_LONGEST = "placing the points"


class Layered(Events):
    """Tells a watcher of the map's tasks, with the layer's number and the time left for all layers.

    A layer to come is thought to take as long as the present one.

    Args:
        events: The watcher.
        layers: How many there are.
    """

    def __init__(self, events: Events, layers: int) -> None:
        self._events, self._layers, self._at = events, layers, 0

    def progress(self, progress: Progress) -> None:
        """Hear one task of one layer."""
        if progress.task == _LONGEST and progress.done == 0:
            self._at += 1
        at = max(1, self._at)
        left = progress.left_s
        if left is not None and progress.task == _LONGEST:
            left += (self._layers - at) * (progress.elapsed_s + left)
        else:
            left = None
        task = f"layer {at} of {self._layers}: {progress.task}"
        self._events.progress(replace(progress, task=task, left_s=left))

    def log(self, message: str) -> None:
        """Hear a line."""
        self._events.log(message)

    def is_cancelled(self) -> bool:
        """Return whether the watcher asked to stop."""
        return self._events.is_cancelled()
