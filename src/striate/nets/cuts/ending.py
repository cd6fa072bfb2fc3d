"""A network up to one of its values, with an end of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from striate.errors import InputError, Quoted
from striate.records.adapting import Side


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """Where a network is cut, and what stands there instead of the rest; all it takes to build it again.

    Attributes:
        path: The module that is stopped at.
        turn: Which call of it within one pass, from 0.
        side: Whether its output or its input is read.
        over: Axes averaged away, batch first.
        features: What is left, as one row.
        hidden: Widths of fully connected layers before the output, each with ReLU and dropout.
        outputs: Width of the output layer.
        dropout: Share dropped behind each of `hidden`.
        dropped: Paths of modules that the first part never enters; they are taken out.
        within: The ending the network had before, if it was cut already.
    """

    path: str
    turn: int
    side: Side
    over: tuple[int, ...]
    features: int
    hidden: tuple[int, ...]
    outputs: int
    dropout: float = 0.2
    dropped: tuple[str, ...] = ()
    within: Ending | None = None

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Ending:
        """Return what `dataclasses.asdict` wrote to JSON."""
        fields: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in document.items()
        }
        if fields.get("within") is not None:
            fields["within"] = cls.from_document(fields["within"])
        return cls(**fields)

    def applied(self, network: nn.Module) -> CutNetwork:
        """Return a whole network, taken over, cut as often as this one was."""
        return CutNetwork(network if self.within is None else self.within.applied(network), self)

    def head(self) -> nn.Sequential:
        """Return new layers: for each hidden width a fully connected one, ReLU and dropout; then the output."""
        layers: list[nn.Module] = []
        width = self.features
        for wide in self.hidden:
            layers += [nn.Linear(width, wide), nn.ReLU(), nn.Dropout(self.dropout)]
            width = wide
        return nn.Sequential(*layers, nn.Linear(width, self.outputs))


class CutNetwork(nn.Module):
    """The first part of a network, its places averaged, and a new head.

    The first part is the network's own code, run until the cut and no further, in train mode as in eval mode; gradients flow.

    Args:
        network: Taken over and changed: the module at the cut stops the pass, what is never entered is taken out.
        ending: Where it is cut, and what stands behind.

    Example:
        >>> import torch
        >>> net = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 36, 2))
        >>> ending = Ending(path="1", turn=0, side="after", over=(2, 3), features=4, hidden=(), outputs=3, dropped=("3",))
        >>> cut = CutNetwork(net, ending)
        >>> cut(torch.zeros(5, 1, 8, 8)).shape, sorted(name for name, _ in cut.named_parameters())
        (torch.Size([5, 3]), ['body.0.bias', 'body.0.weight', 'head.0.bias', 'head.0.weight'])
    """

    def __init__(self, network: nn.Module, ending: Ending) -> None:
        super().__init__()
        self.ending = ending
        for path in ending.dropped:
            above, _, name = path.rpartition(".")
            setattr(network.get_submodule(above), name, nn.Identity())
        if ending.side == "before":
            above, _, name = ending.path.rpartition(".")
            setattr(network.get_submodule(above), name, _Entrance())
        else:
            _stop_at(network.get_submodule(ending.path))
        self.body = network
        self.head = ending.head()

    def features(self, images: Tensor) -> Tensor:
        """Return the averaged features (n, f) at the cut."""
        value = self.value(images)
        return (value.mean(self.ending.over) if self.ending.over else value).flatten(1)

    def value(self, images: Tensor) -> Tensor:
        """Return the value at the cut, as the network has it."""
        stop = self._stop()
        stop.turns_left = self.ending.turn
        try:
            self.body(images)
        except _ReachedError as reached:
            if reached.stop is not stop:
                raise  # a cut further up, of a network that was cut before
            return reached.value
        finally:
            stop.turns_left = -1
        raise InputError(
            "a pass must come to the cut",
            got=Quoted("a pass that went past it"),
            where=self.ending.path or "the network itself",
        )

    def _stop(self) -> _Entrance | _Stops:
        try:
            return self.body.get_submodule(self.ending.path)  # type: ignore[return-value]  # made in __init__
        except AttributeError:
            # A cut before this one took it out; it is that one which ends the pass.
            return _Entrance()

    def forward(self, images: Tensor) -> Tensor:
        """Return the scores (n, outputs)."""
        scores: Tensor = self.head(self.features(images))
        return scores


class _ReachedError(Exception):
    """Carries the value at the cut out of a pass; not an error of ours that anyone should see."""

    def __init__(self, value: Tensor, stop: nn.Module) -> None:
        super().__init__("the cut was reached")
        self.value, self.stop = value, stop


class _Entrance(nn.Module):
    """Stands where a module stood whose input is wanted."""

    turns_left = -1

    def forward(self, value: Tensor) -> Tensor:
        """End the pass with what comes in."""
        raise _ReachedError(value, self)


class _Stops(nn.Module):
    """What a module becomes whose output ends the pass; −1 turns left lets it work as before."""

    turns_left: int

    def forward(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - whatever the module takes
        """Work as the module does, until its turn has come."""
        value = super().forward(*args, **kwargs)
        if self.turns_left == 0:
            raise _ReachedError(value, self)
        self.turns_left -= self.turns_left > 0
        return value


def _stop_at(module: nn.Module) -> None:
    """Make a module stop the pass, by a class of its own: names, hooks and copies stay as they are."""
    own = type(module)
    if issubclass(own, _Stops):
        raise InputError("a module must not end two passes", got=Quoted("one that ends a cut network already"))
    module.__class__ = type(own.__name__, (_Stops, own), {"__module__": own.__module__})
    vars(module)["turns_left"] = -1
