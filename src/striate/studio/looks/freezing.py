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
from striate.studio.looks.describing import described, explored
from striate.studio.looks.given import of_sample
from striate.studio.looks.going_back import Start
from striate.studio.looks.look import Look, Looks
from striate.studio.looks.passes import Passes
from striate.studio.looks.pictures import peaks_of, places_of, planes
from striate.studio.subject import Subject
from striate.studio.versions.describing import row_of, told_beside
from striate.studio.versions.held import Versions
from striate.studio.wire import Difference, SampleWanted

# Of the whole file, and of the walls in it: the rest is small.
MOST_BYTES, _MOST_WALL_BYTES = 20 * 2**20, 12 * 2**20
# Of the sentence about what did not fit.
_SENTENCE_BYTES = 4096
_STRIP, _PATHS = 24, 3
# Neurons cost a pass back each.
_MOST_MACS, _MOST_UNITS = 1e10, 48
_BYS = ("contribution", "weight", "gradient")


class Freezer:
    """Gathers the answers of one view, by the names that the page calls them: `frozen-names.ts`.

    Args:
        subject: The network.
        looks: Its looks.
        passes: Its passes.
        versions: What may stand beside it.
    """

    def __init__(self, subject: Subject, looks: Looks, passes: Passes, versions: Versions) -> None:
        self._subject, self._looks, self._passes, self._versions = subject, looks, passes, versions
        self._answers: dict[str, object] = {}
        self._arrays: dict[str, str] = {}
        self._left: list[str] = []

    def html(self, wanted: FreezeWanted) -> str:
        """Return the file.

        What every part of the view shows comes first, and the neurons of the strongest channels; then the walls, up to 12 MiB of
        the whole file: that of the unfolded layer, then the smallest. What does not fit is named on the page.

        Raises:
            InputError: There is no such row or unit; a file of more than 20 MiB without any wall.
            UnknownNameError: A look or a version that was given up.
        """
        look = self._looks.of(wanted.look)
        self._keep("network", explored(self._subject))
        self._inputs(wanted, look)
        shown = {"": look} | self._difference(wanted, look) | self._beside(wanted, look)
        for one in shown.values():
            self._strips(one)
        self._gradient(look, wanted.about)
        self._units(look, wanted)
        self._walls(shown, wanted)
        made = self._file(wanted)
        if (size := len(made.encode())) > MOST_BYTES:
            raise InputError(
                f"a view's file must be at most {MOST_BYTES // 2**20} MiB",
                got=Quoted(storage(size)),
                hint="Save the layers as safetensors instead.",
            )
        return made

    def _file(self, wanted: FreezeWanted) -> str:
        frozen = Frozen(
            address=wanted.address,
            made=f"{datetime.now(UTC):%d %B %Y, %H:%M} UTC, of {self._subject.name}",
            left=self._left,
            answers=self._answers,
            arrays=self._arrays,
        )
        text = json.dumps(frozen.model_dump(mode="json"), ensure_ascii=False, separators=(",", ":"))
        return with_data(frozen_page(), {"striate-view": ("application/json", text)})

    def _keep(self, name: str, answer: Wire | list[Wire]) -> None:
        each = [
            one.model_dump(mode="json", by_alias=True) for one in (answer if isinstance(answer, list) else [answer])
        ]
        self._answers[name] = each if isinstance(answer, list) else each[0]

    def _array(self, name: str, content: bytes) -> None:
        self._arrays[name] = base64.b64encode(content).decode("ascii")

    def _inputs(self, wanted: FreezeWanted, look: Look) -> None:
        for source in filter(None, (wanted.input, wanted.kept)):
            # A sample is asked for by its number; what was drawn, and what has edited filters, by the key of its look.
            kind, _, which = source.partition(":")
            name = f"look/{which}" if kind == "look" else f"input/{source}"
            self._keep(name, described(self._subject, self._looks, self._of(source)))
        if look.changes or look.edits:
            self._keep("changed", described(self._subject, self._looks, look))
        self._array(f"{look.key}/input", pictures.seen(self._subject, look))

    def _of(self, source: str) -> Look:
        kind, _, name = source.partition(":")
        if kind == "look":
            return self._looks.of(name)
        return self._looks.take(of_sample(self._subject, SampleWanted(sample=int(name))))

    def _difference(self, wanted: FreezeWanted, look: Look) -> dict[str, Look]:
        """Return the look less the kept one, by what its walls are called where they do not fit."""
        other = self._of(wanted.kept) if wanted.kept else look
        return {" (less the kept input)": self._less(look, other, other.words)} if other.key != look.key else {}

    def _beside(self, wanted: FreezeWanted, look: Look) -> dict[str, Look]:
        """Return the version beside and the look less it; of a look with changes or edits the page shows none."""
        name = "" if look.changes or look.edits else wanted.beside
        if not name:
            self._keep("versions", [])
            return {}
        version = self._versions.of(name)
        other, opened = self._versions.beside(self._looks, look.key, name)
        self._keep("versions", [row_of(version)])
        self._keep(f"{look.key}/beside", told_beside(self._subject, other, opened, version))
        less = self._less(look, other, f"{other.words.rstrip('.')}, in {name}")
        return {f" ({name})": other, f" (less {name})": less}

    def _less(self, look: Look, other: Look, named: str) -> Look:
        found = self._looks.difference(look.key, other.key)
        words = f"{look.words.rstrip('.')}, less: {named.rstrip('.')}."
        self._keep(f"{look.key}/minus/{other.key}", Difference(key=found.key, words=words))
        return found

    def _strips(self, look: Look) -> None:
        for row in range(len(look.values)):
            self._array(f"{look.key}/strips/{row}", pictures.strips(look, row, row + 1, count=_STRIP))

    def _walls(self, shown: dict[str, Look], wanted: FreezeWanted) -> None:
        room, left = _MOST_WALL_BYTES, []
        in_file = MOST_BYTES - _SENTENCE_BYTES - len(self._file(wanted).encode())
        first = next(iter(shown.values()))
        size = {row: int(np.prod(planes(first, row).shape)) for row in range(len(first.values))}
        for row in sorted(size, key=lambda one: (one != wanted.open, size[one])):
            for words, look in shown.items():
                name, content = f"{look.key}/walls/{row}", pictures.wall(look, row)
                # Base64, with its name, quotes, colon and comma.
                written = -(-len(content) // 3) * 4 + len(name) + 6
                if len(content) > room or written > in_file:
                    left.append(self._subject.layers[row].reading.name + words)
                    continue
                room, in_file = room - len(content), in_file - written
                self._array(name, content)
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
