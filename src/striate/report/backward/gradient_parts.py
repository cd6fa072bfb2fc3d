"""How one unit's gradient came and went, for the page: sums as tables, shares as maps, flipped filters, winners."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from striate.graph import times
from striate.numbers import count, measure, plural
from striate.page.gradient_wire import LawPart
from striate.page.wire import Cell, Column, Scale, Table, Tile, Tiles
from striate.records import FlippedFilter, GradientDetail, SharedWeight, Source, Term, Winners
from striate.report.arrays import ArrayStore
from striate.report.pictures.shrinking import CHANNEL, strongest

# Larger filters are drawn only; their numbers would fill the page.
_MOST_NUMBERS = 7
_MOST_SOURCES = 3
_SIDE = 112
Plane = NDArray[np.float32]


def parts_of(detail: GradientDetail, store: ArrayStore) -> list[LawPart]:
    """Return the parts of one row's law."""
    maker = _Parts(detail, store)
    found = [maker.source(source) for source in detail.sources[:_MOST_SOURCES]]
    if detail.statement:
        found.append(maker.handed_on())
    if detail.flipped is not None:
        found.append(maker.flipped(detail.flipped))
    if detail.weight is not None:
        found.append(maker.shared(detail.weight))
    if detail.winners is not None:
        found.append(maker.winners(detail.winners))
    return found


def plane(values: NDArray[np.floating]) -> Plane:
    """Return values as a picture: a line as one row, a long vector in rows, of a volume the slice with the most."""
    values = np.asarray(values, dtype=np.float32)
    while values.ndim > 2:
        values = values[int(np.abs(values).reshape(len(values), -1).max(axis=1).argmax())]
    if values.ndim < 2:
        values = values.reshape(1, -1)
    return values


def small(value: float) -> str:
    """Return a very small number: "1.3e−15"."""
    return f"{value:.1e}".replace("-", "−") if value else "0"


class _Parts:
    def __init__(self, detail: GradientDetail, store: ArrayStore) -> None:
        self._detail, self._store = detail, store

    def source(self, source: Source) -> LawPart:
        """Return what one reader sent, product by product."""
        detail = self._detail
        unit = f"Unit {detail.unit} of {detail.layer}{_place(detail.at)}"
        pictures = []
        if source.by_position is not None and np.count_nonzero(source.by_position) > 1:
            pictures.append(
                self._signed(
                    f"from-{source.op}",
                    [(source.by_position, f"{source.op}, all units")],
                    "gradient sent, by the place that sent it",
                )
            )
        return LawPart(
            heading=f"From {source.op}",
            text=f"{unit} gets {_signed(source.total)} from {source.op}: at each of its places the arriving "
            f"gradient times what the place rises with this unit. {_checked(detail)}",
            pictures=pictures,
            tables=[_waterfall(source.terms, source.rest, source.rest_count, source.total, "Gradient", "Factor")],
        )

    def handed_on(self) -> LawPart:
        """Return the law in a sentence, with its numbers for this unit."""
        detail = self._detail
        rows: list[list[Cell]] = [[name, _fact(value)] for name, value in detail.facts]
        table = Table(
            columns=[Column(label="Number", align="left"), Column(label="Value")],
            rows=rows,
            caption=f"{detail.layer}, unit {detail.unit}",
        )
        return LawPart(heading="How it goes on", text=detail.statement, pictures=[], tables=[table] if rows else [])

    def flipped(self, flip: FlippedFilter) -> LawPart:
        """Return the filter, the same flipped, and the gradient it gives beside autograd's."""
        filters = self._signed(
            "filter",
            [(flip.filter, "forward"), (flip.flipped, "backward, flipped")],
            "weight, no unit",
            side=72,
        )
        arrived = self._signed("arrived", [(flip.arrived, f"arrives at filter {flip.unit}")], "gradient")
        sent = self._signed(
            "sent",
            [(flip.sent, f"sent to channel {flip.channel}"), (flip.autograd, "autograd's")],
            "gradient, all filters together",
        )
        between = max(flip.zeros_between, default=0)
        zeros = f"{plural(between, 'zero')} between neighbours for the stride, " if between else ""
        tables = []
        if flip.filter.ndim < 3 and max(flip.filter.shape) <= _MOST_NUMBERS:
            tables = [_numbers(flip.filter, "Filter, forward"), _numbers(flip.flipped, "Filter, backward")]
        return LawPart(
            heading="The flipped filter",
            text=f"The {times(flip.filter.shape)} filter {flip.unit} is turned about its middle and slid over the arriving "
            f"gradient ({zeros}zeros around); the sum over all filters is the gradient at input channel {flip.channel}. "
            f"Largest difference to autograd: {small(flip.difference)}.",
            pictures=[filters, arrived, sent],
            tables=tables,
        )

    def shared(self, shared: SharedWeight) -> LawPart:
        """Return one weight's gradient as a sum over places."""
        index = ", ".join(map(str, shared.index))
        places = plural(shared.by_position.size, "place")
        picture = self._signed(
            "shared", [(shared.by_position, f"weight {index}")], "arriving gradient × input, by place"
        )
        return LawPart(
            heading="The shared weight",
            text=f"Weight [{index}], {measure(shared.value, signed=True)}, is used at {places}. "
            f"Its gradient is the sum of all of them: {_signed(shared.total)}; autograd says {_signed(shared.autograd)}.",
            pictures=[picture],
            tables=[_waterfall(shared.terms, shared.rest, shared.rest_count, shared.total, "Gradient", "Input")],
        )

    def winners(self, won: Winners) -> LawPart:
        """Return the input of a pooling, and who got the gradient."""
        read = self._signed("read", [(won.input, f"input, channel {won.channel}")], "activation")
        sent = self._signed("won", [(won.sent, "gradient of the winners")], "gradient; paper is exactly zero")
        most = int(won.wins.max())
        twice = f" The luckiest value won {plural(most, 'window')} and got their sum." if most > 1 else ""
        return LawPart(
            heading="The winners",
            text=f"{plural(won.windows, 'window')} on channel {won.channel}: {count(int((won.wins > 0).sum()))} values won, "
            f"{count(won.losers)} did not; {count(won.losers_zero)} of these have gradient exactly zero in autograd too."
            f"{twice}",
            pictures=[read, sent],
            tables=[],
        )

    def _signed(
        self, name: str, shown: list[tuple[NDArray[np.floating], str]], unit: str, *, side: int = _SIDE
    ) -> Tiles:
        stack = strongest(np.stack([plane(values) for values, _ in shown]), CHANNEL)
        largest = float(np.abs(stack).max()) or 1.0
        return Tiles(
            array=self._store.maps(f"law-{self._detail.layer}-{name}", stack),
            scale=Scale(kind="diverging", low=-largest, high=largest, unit=unit),
            tiles=[Tile(index=place, label=label) for place, (_, label) in enumerate(shown)],
            side=side,
        )


def _waterfall(terms: tuple[Term, ...], rest: float, rest_count: int, total: float, first: str, second: str) -> Table:
    """Return a sum term by term: where from, the two factors, their product, and where the running total went."""
    rows: list[list[Cell]] = []
    running = 0.0
    for term in terms:
        running += term.product
        where = f"{term.unit}{' at ' + ', '.join(map(str, term.at)) if term.at else ''}"
        rows.append([where, term.gradient, term.factor, term.product, running])
    if rest_count:
        rows.append([f"{count(rest_count)} more", None, None, rest, running + rest])
    digits = _decimals([abs(term.product) for term in terms] + [abs(total)])
    return Table(
        columns=[
            Column(label="Unit and place", align="left"),
            Column(label=first, decimals=_decimals([abs(term.gradient) for term in terms])),
            Column(label=second, decimals=_decimals([abs(term.factor) for term in terms])),
            Column(label="Product", decimals=digits),
            Column(label="Sum so far", decimals=digits),
        ],
        rows=rows,
        foot=["Sum", None, None, total, total],
        caption="Strongest first; the foot is the sum of all",
    )


def _numbers(values: NDArray[np.floating], caption: str) -> Table:
    grid = plane(values)
    rows: list[list[Cell]] = [[place, *map(float, row)] for place, row in enumerate(grid)]
    return Table(
        columns=[Column(label="Row"), *(Column(label=str(place), decimals=3) for place in range(grid.shape[1]))],
        rows=rows,
        caption=caption,
    )


def _decimals(values: list[float]) -> int:
    """Return decimals that leave the largest three significant digits."""
    largest = max(values, default=0.0)
    return 3 if largest == 0 else int(np.clip(2 - np.floor(np.log10(largest)), 0, 12))


def _fact(value: float) -> str:
    return count(int(value)) if float(value).is_integer() else measure(value)


def _place(at: tuple[int, ...]) -> str:
    return f" at {', '.join(map(str, at))}" if at else ""


def _signed(value: float) -> str:
    return measure(value, signed=True)


def _checked(detail: GradientDetail) -> str:
    if len(detail.sources) > 1:
        whole = f"All {len(detail.sources)} sources together give {_signed(detail.gradient)}"
    else:
        whole = f"Together {_signed(detail.gradient)}"
    return f"{whole}; difference to autograd {small(detail.difference)}."
