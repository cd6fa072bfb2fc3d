"""A view as one HTML file: the page, and every answer that it needs to go on without a network."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime

import numpy as np

from striate.errors import InputError, Quoted
from striate.numbers import plural, storage
from striate.page import frozen_page
from striate.page.frozen import Wire
from striate.report.html import with_data
from striate.studio.freeze_wire import FreezeWanted, Frozen, UnitWanted
from striate.studio.looks import going_back, neurons, orders, pictures
from striate.studio.looks.describing import explored, told
from striate.studio.looks.given import of_sample
from striate.studio.looks.going_back import Start
from striate.studio.looks.look import Look, Looks
from striate.studio.looks.passes import Passes
from striate.studio.looks.pictures import peaks_of, places_of, planes
from striate.studio.subject import Subject
from striate.studio.wire import Difference, SampleWanted

# Of the whole file, and of the walls in it: the rest is small.
MOST_BYTES, _MOST_WALL_BYTES = 20 * 2**20, 12 * 2**20
_STRIP, _PATHS = 24, 3
# Neurons cost a pass back each.
_MOST_MACS, _MOST_UNITS = 1e10, 48
_BYS = ("contribution", "weight", "gradient")


class Freezer:
    """Gathers the answers of one view.

    Args:
        subject: The network.
        looks: Its looks.
        passes: Its passes.
    """

    def __init__(self, subject: Subject, looks: Looks, passes: Passes) -> None:
        self._subject, self._looks, self._passes = subject, looks, passes
        self._answers: dict[str, object] = {}
        self._arrays: dict[str, str] = {}
        self._left: list[str] = []

    def html(self, wanted: FreezeWanted) -> str:
        """Return the file.

        What every part of the view shows comes first; then the walls of the other layers, smallest first, up to 12 MiB; then the
        neurons of the strongest channels. What does not fit is named on the page.

        Raises:
            InputError: There is no such row or unit; a file of more than 20 MiB.
            UnknownNameError: A look that was given up.
        """
        look = self._looks.of(wanted.look)
        self._keep("network", explored(self._subject))
        self._inputs(wanted, look)
        shown = [look, *self._difference(wanted, look)]
        for one in shown:
            self._layers(one, wanted.open)
        self._gradient(look, wanted.about)
        if not look.is_difference:
            self._units(look, wanted)
        frozen = Frozen(
            address=wanted.address,
            made=f"{datetime.now(UTC):%d %B %Y, %H:%M} UTC, of {self._subject.name}",
            left=self._left,
            answers=self._answers,
            arrays=self._arrays,
        )
        text = json.dumps(frozen.model_dump(mode="json"), ensure_ascii=False, separators=(",", ":"))
        made = with_data(frozen_page(), {"striate-view": ("application/json", text)})
        if (size := len(made.encode())) > MOST_BYTES:
            raise InputError(
                f"a view's file must be at most {MOST_BYTES // 2**20} MiB",
                got=Quoted(storage(size)),
                hint="Save the layers as safetensors instead.",
            )
        return made

    def _keep(self, name: str, answer: Wire) -> None:
        self._answers[name] = answer.model_dump(mode="json", by_alias=True)

    def _array(self, name: str, content: bytes) -> None:
        self._arrays[name] = base64.b64encode(content).decode("ascii")

    def _inputs(self, wanted: FreezeWanted, look: Look) -> None:
        base = self._of(wanted.input)
        self._keep(f"input/{wanted.input}", told(self._subject, base))
        before = self._looks.change(look.key, []) if look.changes else None
        self._keep("changed" if look.changes else f"look/{look.key}", told(self._subject, look, before))
        if wanted.kept:
            self._keep(f"input/{wanted.kept}", told(self._subject, self._of(wanted.kept)))
        self._array(f"{look.key}/input", pictures.seen(self._subject, look))

    def _of(self, source: str) -> Look:
        kind, _, name = source.partition(":")
        if kind == "look":
            return self._looks.of(name)
        return self._looks.take(of_sample(self._subject, SampleWanted(sample=int(name))))

    def _difference(self, wanted: FreezeWanted, look: Look) -> list[Look]:
        if not wanted.kept:
            return []
        other = self._of(wanted.kept)
        if other.key == look.key:
            return []
        found = self._looks.difference(look.key, other.key)
        first, second = look.words.rstrip("."), other.words.rstrip(".")
        self._keep(f"{look.key}/minus/{other.key}", Difference(key=found.key, words=f"{first}, less: {second}."))
        return [found]

    def _layers(self, look: Look, open_row: int | None) -> None:
        rows = range(len(look.values))
        for row in rows:
            self._array(f"{look.key}/strips/{row}", pictures.strips(look, row, row + 1, count=_STRIP))
        size = {row: int(np.prod(planes(look, row).shape)) for row in rows}
        room, left = _MOST_WALL_BYTES, []
        for row in sorted(rows, key=lambda one: (one != open_row, size[one])):
            content = pictures.wall(look, row)
            if len(content) > room:
                left.append(self._subject.layers[row].reading.name)
                continue
            room -= len(content)
            self._array(f"{look.key}/walls/{row}", content)
        if left:
            self._left.append(f"All channels of {plural(len(left), 'wide layer')}: {', '.join(left[:6])}")

    def _gradient(self, look: Look, about: int) -> None:
        with self._passes.of(look) as seen:
            self._keep(f"{look.key}/backward/{about}", going_back.backward(seen, Start(about=about)))
            for row in range(len(look.values)):
                found = going_back.backward_strips(seen, look, Start(about=about), row, row + 1, count=_STRIP, side=28)
                self._array(f"{look.key}/backward/{about}/{row}", found)
        for row in range(len(look.values)):
            for by in ("class", "gradient"):
                try:
                    found = orders.ordered(self._subject, look, self._passes, row, by=by, about=about, other=None)
                except InputError:
                    # Not every layer's channels are read as scores by one linear layer.
                    continue
                self._array(f"{look.key}/orders/{row}/{by}/{about}", found)

    def _units(self, look: Look, wanted: FreezeWanted) -> None:
        macs = sum(layer.reading.cost.macs for layer in self._subject.layers)
        most = int(min(max(_MOST_MACS / max(1, macs), 1), _MOST_UNITS))
        chosen = {(one.row, one.channel, tuple(one.at)): one for one in wanted.units}
        for one in _strongest(look, most):
            chosen.setdefault((one.row, one.channel, tuple(one.at)), one)
        for one in list(chosen.values())[: max(most, len(wanted.units))]:
            self._unit(look, one, wanted.about)

    def _unit(self, look: Look, unit: UnitWanted, about: int) -> None:
        at = tuple(unit.at)
        name = f"{look.key}/neurons/{unit.row}/{unit.channel}/{','.join(map(str, at))}"
        with self._passes.of(look) as seen:
            for by in _BYS:
                found = neurons.neuron(seen, unit.row, unit.channel, at, by=by, about=about, top=12)
                self._keep(f"{name}/{by}", found)
            self._array(f"{name}/effective", neurons.effective(seen, unit.row, unit.channel, at))
            self._keep(f"{name}/paths", neurons.paths(seen, unit.row, unit.channel, at, count=_PATHS))


def _strongest(look: Look, most: int) -> list[UnitWanted]:
    """Return the strongest channels of all rows: first the first of each, then the second, and so on."""
    ranked = [
        np.argsort(-np.abs(np.nan_to_num(peaks_of(planes(look, row)))), kind="stable")
        for row in range(len(look.values))
    ]
    found: list[UnitWanted] = []
    for rank in range(max(map(len, ranked), default=0)):
        for row, order in enumerate(ranked):
            if rank < len(order) and len(found) < most:
                channel = order[rank : rank + 1]
                at = places_of(look, row, channel)[0].tolist()
                found.append(UnitWanted(row=row, channel=int(channel[0]), at=at))
        if len(found) >= most:
            break
    return found
