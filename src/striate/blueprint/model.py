"""`Blueprint`: the network one writes, as frozen items."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from striate.findings import Allowance
from striate.graph import Mode, Shape
from striate.records.output import Output, OutputKind

if TYPE_CHECKING:
    from striate.graph import Graph


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One word with its arguments, as written: axes stay one number or one per axis."""

    word: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeat:
    """Items that are repeated."""

    items: tuple[Layer | Repeat, ...]
    count: int


Item = Layer | Repeat
# Where a layer is written: its number in the list of items, and in the lists of the repeats it stands in.
Path = tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Blueprint:
    """A network from input to output.

    Attributes:
        input: (channels, height, width), (channels, length) or (channels, depth, height, width).
        items: Layers and repeats, in order.
        output: What it answers with: "classes", "labels" or "values".
        names: One name per output; numbers from 0 where none were given.
        allow: Findings this design may have, each with its reason.

    Example:
        >>> plan = Blueprint.from_text("input 1x28x28; conv 3x3 8, relu; maxpool 2; classes 10")
        >>> plan.graph().output.shape
        (1, 10)
    """

    input: Shape
    items: tuple[Item, ...]
    output: OutputKind
    names: tuple[str, ...]
    allow: tuple[Allowance, ...] = ()

    @property
    def outputs(self) -> Output:
        """The output with its names."""
        return Output(kind=self.output, names=self.names)

    def layers(self) -> Iterator[Layer]:
        """Yield every layer in the order it runs, repeats unrolled."""
        for _, layer in self.paths():
            yield layer

    def paths(self) -> Iterator[tuple[Path, Layer]]:
        """Yield every layer in the order it runs, with where it is written."""
        yield from _unroll(self.items, ())

    @classmethod
    def from_text(cls, text: str, *, where: str = "text") -> Blueprint:
        """Return the blueprint of one line of text.

        Raises:
            BlueprintError: The text does not read; the place is the column.
            UnknownNameError: A word nobody knows, with the nearest ones.
        """
        from striate.blueprint.text import parse

        return parse(text, where=where)

    def to_text(self) -> str:
        """Return the blueprint as one line; reading it back gives an equal blueprint."""
        from striate.blueprint.text import write

        return write(self)

    @classmethod
    def from_yaml(cls, text: str, *, where: str = "yaml") -> Blueprint:
        """Return the blueprint of a YAML document.

        Raises:
            SchemaError: Another document, or a newer version.
            BlueprintError: The document does not read.
        """
        from striate.blueprint.yaml import parse

        return parse(text, where=where)

    def to_yaml(self) -> str:
        """Return the blueprint as YAML; reading it back gives an equal blueprint."""
        from striate.blueprint.yaml import write

        return write(self)

    def graph(self, *, batch: int = 1, mode: Mode = "eval") -> Graph:
        """Return the table, by arithmetic on paper.

        Raises:
            ShapeError: Sizes that do not fit, named at the op where they clash.
        """
        from striate.blueprint.paper import graph

        return graph(self, batch=batch, mode=mode)

    def to_source(self, *, name: str = "Net") -> str:
        """Return PyTorch source that runs without Striate."""
        from striate.blueprint.source import source

        return source(self, name=name)


def _unroll(items: tuple[Item, ...], above: Path) -> Iterator[tuple[Path, Layer]]:
    for number, item in enumerate(items):
        if isinstance(item, Layer):
            yield (*above, number), item
        else:
            for _ in range(item.count):
                yield from _unroll(item.items, (*above, number))
