"""From pieces to items: blocks are recognised by spelling them out, and layers keep only what they must say."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from striate.blueprint.blocks import BLOCK_WORDS, Block
from striate.blueprint.importing.pieces import Joined, Piece, Plain, layers
from striate.blueprint.importing.repeating import repeated
from striate.blueprint.importing.spelling import Speller
from striate.blueprint.importing.structure import Structure
from striate.blueprint.importing.wiring import Wiring
from striate.blueprint.model import Branches, By, Item, Layer
from striate.blueprint.paper import has_bias, rows_of, spelled_out
from striate.blueprint.vocabulary import word_of
from striate.blueprint.words import layer_to_text
from striate.errors import StriateError
from striate.graph import Shape

# No block has more layers than these.
_LONGEST = 24
_FLATTEN = Layer(word="flatten")


class Folder:
    """Writes pieces as short as words allow; blocks of one name and input are spelled out once."""

    def __init__(self, speller: Speller) -> None:
        self._speller = speller
        self._spelled: dict[tuple[str, Shape], tuple[Piece, ...]] = {}

    def items(self, pieces: Sequence[Piece], *, by: By = "none") -> tuple[Item, ...]:
        """Return the items of one sequence, repeats folded.

        Args:
            pieces: The sequence.
            by: What gives the output behind it, where one does.
        """
        row = self.row(pieces)
        if by == "fc" and row and row[-1] == _FLATTEN:
            row.pop()
        return repeated(_brief(row))

    def row(self, pieces: Sequence[Piece]) -> list[Layer | Branches]:
        """Return the items of one sequence in the order they run, every bias given."""
        found: list[Layer | Branches] = []
        at = 0
        while at < len(pieces):
            block = self._block(pieces[at:])
            if block is not None:
                layer, count = block
                found.append(layer)
                at += count
                continue
            piece = pieces[at]
            if isinstance(piece, Joined):
                found.append(Branches(word=piece.word, branches=tuple(map(self.items, piece.branches))))
            elif piece.layer == _FLATTEN and at + 1 < len(pieces) and _is_fc(pieces[at + 1]):
                pass  # a fully connected layer flattens what it reads
            else:
                found.append(piece.layer)
            at += 1
        return found

    def _block(self, pieces: Sequence[Piece]) -> tuple[Layer, int] | None:
        """Return the block that the next pieces are, the longest there is, and how many they are."""
        source = pieces[0].source
        first = list(islice(layers(pieces[:_LONGEST]), _LONGEST))
        found: list[tuple[Layer, int]] = []
        for name in BLOCK_WORDS:
            layer = self._guess(name, BLOCK_WORDS[name], first, source)
            if layer is None:
                continue
            count = len(self._pieces(layer, source))
            if count and tuple(pieces[:count]) == self._pieces(layer, source) and not _tears(pieces, count):
                found.append((self._shortest(layer, source), count))
        return max(found, key=lambda each: each[1], default=None)

    def _guess(self, name: str, block: Block, first: Sequence[Layer], source: Shape) -> Layer | None:
        if block.guess is None:
            return None
        try:
            arguments = block.guess(first, source)
        except (KeyError, IndexError, ZeroDivisionError):
            # There are fewer layers, or others, than the block has.
            return None
        return Layer(word=name, arguments=arguments) if set(block.word.required) <= arguments.keys() else None

    def _shortest(self, layer: Layer, source: Shape) -> Layer:
        """Return the block without the arguments that change nothing."""
        for name in [name for name in layer.arguments if name not in word_of(layer.word).required]:
            arguments = {other: value for other, value in layer.arguments.items() if other != name}
            fewer = Layer(word=layer.word, arguments=arguments)
            if self._pieces(fewer, source) == self._pieces(layer, source):
                layer = fewer
        return layer

    def _pieces(self, layer: Layer, source: Shape) -> tuple[Piece, ...]:
        """Return what a block stands for, as the table it makes is taken apart; nothing where it does not fit."""
        key = (layer_to_text(layer), source)
        if key not in self._spelled:
            self._spelled[key] = self._taken_apart(layer, source)
        return self._spelled[key]

    def _taken_apart(self, layer: Layer, source: Shape) -> tuple[Piece, ...]:
        try:
            items = spelled_out(layer, (1, *source))
            graph = rows_of(items, (1, *source))
            wiring = Wiring(graph)
            return Structure(wiring, self._speller).sequence(wiring.source, graph.outputs[0])
        except StriateError:
            return ()


def _tears(pieces: Sequence[Piece], count: int) -> bool:
    """Return whether so many pieces end between a layer's normalisation and its activation."""
    around = pieces[count - 1 : count + 1]
    return len(around) == 2 and all(isinstance(piece, Plain) and word_of(piece.layer.word).follows for piece in around)


def _is_fc(piece: Piece) -> bool:
    return isinstance(piece, Plain) and piece.layer.word == "fc" and piece.layer.arguments.get("flatten", True)


def _brief(row: list[Layer | Branches]) -> list[Layer | Branches]:
    """Return a row without the biases that go without saying where they stand."""
    found: list[Layer | Branches] = []
    for at, item in enumerate(row):
        following = row[at + 1] if at + 1 < len(row) else None
        if isinstance(item, Layer) and item.arguments.get("bias") == has_bias(following):
            rest = {name: value for name, value in item.arguments.items() if name != "bias"}
            found.append(Layer(word=item.word, arguments=rest))
        else:
            found.append(item)
    return found
