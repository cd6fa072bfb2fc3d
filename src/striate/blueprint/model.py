"""`Blueprint`: the network one writes, as frozen items."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from striate.blueprint.values import Choice, Expression
from striate.findings import Allowance
from striate.graph import Mode, Shape
from striate.records.output import Output, OutputKind

if TYPE_CHECKING:
    from striate.graph import Graph

# How branches that read the same value meet. `residual` adds the value itself, `dense` puts it in front; `choose` is one
# of them, still open.
Meeting = Literal["add", "concat", "multiply", "residual", "dense", "choose"]
# What gives the outputs: a fully connected layer, a 1×1 convolution (one answer a place), or the last layer as it is.
By = Literal["fc", "conv", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One word with its arguments, as written: axes stay one number or one per axis."""

    word: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeat:
    """Items that are repeated."""

    items: tuple[Item, ...]
    count: int | Expression | Choice


@dataclass(frozen=True, slots=True, kw_only=True)
class Branches:
    """Branches that read the same value and meet; one without items hands the value on as it is."""

    word: Meeting
    branches: tuple[tuple[Item, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """A further output that branches off; what stands behind it reads what the head read."""

    items: tuple[Item, ...]
    output: OutputKind
    names: tuple[str, ...]
    by: By = "fc"

    @property
    def outputs(self) -> Output:
        """The output with its names."""
        return Output(kind=self.output, names=self.names)


Item = Layer | Repeat | Branches | Head
# Where an item is written: its number in the list of items, and in the lists of the items it stands in (for branches the
# branch's number too).
Path = tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Blueprint:
    """A network from input to output.

    Attributes:
        input: (channels, height, width), (channels, length) or (channels, depth, height, width).
        items: Layers, repeats, branches and further heads, in order.
        output: What it answers with: "classes", "labels" or "values".
        names: One name per output; numbers from 0 where none were given.
        allow: Findings this design may have, each with its reason.
        settings: Named numbers that arguments refer to (`let w 64`), in order; a value may be an open choice.
        by: What gives the outputs: "fc", "conv" (one answer at every place) or "none" (the last layer as it is).

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
    settings: Mapping[str, Any] = field(default_factory=dict)
    by: By = "fc"

    @property
    def outputs(self) -> Output:
        """The output with its names; further ones are `heads`."""
        return Output(kind=self.output, names=self.names)

    @property
    def heads(self) -> tuple[Head, ...]:
        """The further outputs, in the order the network returns them behind the first."""
        return tuple(item for item in self.items if isinstance(item, Head))

    def layers(self) -> Iterator[Layer]:
        """Yield every layer in the order it runs, repeats unrolled, branches one after the other."""
        from striate.blueprint.walking import layers

        return layers(self.items)

    def choices(self) -> dict[str, tuple[Any, ...]]:
        """Return the open choices by name, in the order they are written.

        A named setting goes by its name, an argument by its layer ("conv2.kernel": of the second conv as it is written), a
        number of repeats by "repeat1", a choice among branches by "choose1", whose options are their numbers from 0.

        Example:
            >>> Blueprint.from_text("input 1x8x8; let w {8,16}; conv {3,5} w, relu; classes 2").choices()
            {'w': (8, 16), 'conv1.kernel': ((3,), (5,))}
        """
        from striate.blueprint.choosing import choices

        return choices(self)

    def chosen(self, values: Mapping[str, Any]) -> Blueprint:
        """Return the blueprint with choices made, or settings given another value; what is not named stays as it is.

        Raises:
            UnknownNameError: No choice and no setting of that name.
            InputError: A value that is not among the options.

        Example:
            >>> plan = Blueprint.from_text("input 1x8x8; let w {8,16}; conv {3,5} w, relu; classes 2")
            >>> plan.chosen({"w": 16, "conv1.kernel": (5,)}).to_text()
            'input 1x8x8; let w 16; conv 5 w, relu; classes 2'
        """
        from striate.blueprint.choosing import chosen

        return chosen(self, values)

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
        from striate.blueprint.writing import write

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
            BlueprintError: A choice that is still open.
        """
        from striate.blueprint.paper import graph

        return graph(self, batch=batch, mode=mode)

    @classmethod
    def from_graph(cls, graph: Graph, *, names: Sequence[str] = (), output: OutputKind = "classes") -> Blueprint:
        """Return the blueprint of a table, traced or written: its own table equals the one given in canonical form.

        Blocks and repeats are found where the table has them. A table does not tell what the outputs mean, nor what a
        network was called or its weights are; heads are numbered.

        Args:
            graph: With one input.
            names: Of the first output's values; numbered from 0 where none are given.
            output: What the outputs are. One value alone is "values".

        Raises:
            BlueprintError: The first op that no word writes, or that belongs to two branches, with the reason.

        When it misleads:
            A table does not hold the numbers a network computes with in its own code; two networks of one table need not
            compute the same. Branches left out in training only are not seen in a
            table of eval mode: import a table of train mode to have them.

        Example:
            >>> plan = Blueprint.from_text("input 3x32x32; basicblock 8; basicblock 8; globalavgpool; classes 10")
            >>> Blueprint.from_graph(plan.graph()).to_text()
            'input 3x32x32; (basicblock 8) x2; globalavgpool; classes 10'
        """
        from striate.blueprint.importing import from_graph

        return from_graph(graph, names=names, output=output)

    def to_source(self, *, name: str = "Net") -> str:
        """Return PyTorch source that runs without Striate."""
        from striate.blueprint.source import source

        return source(self, name=name)
