"""Changing a blueprint: edits that name ops of its table, applied together to a new blueprint.

A repeat stays a repeat where all its copies are changed alike; where they are not, it falls apart into runs of equal
copies. A block of which a part is changed is spelled out first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from striate.blueprint.model import Blueprint, Branches, Head, Item, Layer, Repeat
from striate.blueprint.modules import Written
from striate.blueprint.paper import written
from striate.blueprint.text import parse_items
from striate.blueprint.vocabulary import word_of
from striate.blueprint.walking import repeats
from striate.errors import BlueprintError, InputError, unknown_name
from striate.findings import Allowance, Edit


def edited(plan: Blueprint, edits: Sequence[Edit]) -> Blueprint:
    """Return a blueprint with edits applied; the given one stays as it is.

    Ops are named as in the table of `plan`, before any edit. Allowances move with the ops they name, and go with
    them.

    Raises:
        UnknownNameError: An op the table does not have.
        InputError: An edit that cannot be: the output layer removed, an argument its word does not take.

    Example:
        >>> from striate.findings import remove, set_argument
        >>> plan = Blueprint.from_text("input 1x8x8; (conv 3 4, relu) x3; maxpool 1; classes 2")
        >>> edited(plan, [set_argument("conv2", "width", 8), remove("maxpool1")]).to_text()
        'input 1x8x8; conv 3 4, relu; conv 3 8, relu; conv 3 4, relu; classes 2'
    """
    before = written(plan)
    for edit in edits:
        if edit.action != "input" and edit.op not in before.origins:
            raise unknown_name("op", edit.op, list(before.origins))
    inside = {
        before.origins[edit.op].number for edit in edits if edit.action != "input" and _is_in_block(before, edit.op)
    }
    if inside:
        plan, edits, before = _spelled_out(plan, edits, before, inside)
    by_item: dict[int, list[Edit]] = {}
    for edit in edits:
        if edit.action == "input":
            plan = _resized(plan, edit)
        else:
            by_item.setdefault(before.origins[edit.op].number, []).append(edit)
    writer = _Editor(plan.settings, by_item)
    items = writer.whole(plan)
    made = replace(plan, items=items, allow=())
    return replace(made, allow=_moved(plan, before, made, writer.trail))


def unfolded(plan: Blueprint, op: str) -> Blueprint:
    """Return a blueprint in which the block that an op comes from is spelled out, so that its layers can be changed.

    Example:
        >>> plan = Blueprint.from_text("input 4x8x8; se 2; classes 2")
        >>> unfolded(plan, "se1.multiply1.1.conv1").to_text()   # doctest: +NORMALIZE_WHITESPACE
        'input 4x8x8; multiply(identity | globalavgpool; conv 1 2, relu; conv 1 4, sigmoid); classes 2'
    """
    before = written(plan)
    if op not in before.origins:
        raise unknown_name("op", op, list(before.origins))
    if not _is_in_block(before, op):
        return plan
    return _spelled_out(plan, (), before, {before.origins[op].number})[0]


@dataclass(slots=True)
class _Editor:
    """Writes the items again in the order they run, and notes where each came from.

    Attributes:
        settings: What numbers of repeats may refer to.
        edits: What is done to the item of that number.
        spelled: Layers that take the place of the block of that number.
        number: Of the next item.
        trail: For each item of the new blueprint in the order they run, the number it had; None for a new one.
    """

    settings: Mapping[str, Any]
    edits: Mapping[int, Sequence[Edit]] = field(default_factory=dict)
    spelled: Mapping[int, Sequence[Item]] = field(default_factory=dict)
    number: int = 0
    trail: list[int | None] = field(default_factory=list)

    def whole(self, plan: Blueprint) -> tuple[Item, ...]:
        """Return the items of a whole blueprint, and what is put before its output."""
        items = self.items(plan.items)
        return items + self.output(plan.output)

    def items(self, items: Sequence[Item]) -> tuple[Item, ...]:
        made: list[Item] = []
        for place, item in enumerate(items):
            if isinstance(item, Repeat):
                made += self.repeat(item)
            elif isinstance(item, Branches):
                made.append(self.branches(item))
            elif isinstance(item, Head):
                made.append(self.head(item))
            elif self.number in self.spelled:
                made += self.spelled[self.number]
                self.number += 1
            else:
                made += self.layer(item, _followers(items[place + 1 :]))
        return tuple(made)

    def repeat(self, item: Repeat) -> list[Item]:
        copies = [self.items(item.items) for _ in range(repeats(item.count, self.settings, where="repeat"))]
        if all(copy == item.items for copy in copies):
            return [item]
        if all(copy == copies[0] for copy in copies):
            # Changed alike: the count stays as it is written.
            return [replace(item, items=copies[0])] if copies[0] else []
        made: list[Item] = []
        while copies:
            run = next((number for number, copy in enumerate(copies) if copy != copies[0]), len(copies))
            made += [Repeat(items=copies[0], count=run)] if run > 1 and copies[0] else copies[0]
            copies = copies[run:]
        return made

    def branches(self, item: Branches) -> Branches:
        self.kept(f"the place where branches of {item.word} meet")
        return replace(item, branches=tuple(self.items(branch) for branch in item.branches))

    def head(self, item: Head) -> Head:
        self.kept("a head as a whole")
        items = self.items(item.items)
        return replace(item, items=items + self.output(item.output))

    def kept(self, what: str) -> None:
        """Take an item that cannot be edited itself."""
        for edit in self.edits.get(self.number, ()):
            raise InputError(f"{what} must be changed by hand", got=str(edit), where=edit.op)
        self.trail.append(self.number)
        self.number += 1

    def layer(self, layer: Layer, followers: tuple[Layer, ...]) -> list[Item]:
        before: list[Item] = []
        after: list[Item] = []
        here: list[Item] = [layer]
        for edit in self.edits.get(self.number, ()):
            if edit.action == "set" and here:
                here[-1] = _with(here[-1], edit)
            elif edit.action == "remove":
                here = []
            elif edit.action == "replace":
                copies = [_read(text) for text in edit.layers]
                here = [layer for copy in copies[:-1] for layer in (copy, *followers)] + copies[-1:]
            elif edit.action == "before":
                before += [_read(text) for text in edit.layers]
            elif edit.action == "after":
                after = [_read(text) for text in edit.layers] + after
        made = [*before, *here, *after]
        # The last of what stands in its place is what the layer's name goes to.
        self.trail += [
            self.number if here and place == len(before) + len(here) - 1 else None for place in range(len(made))
        ]
        self.number += 1
        return made

    def output(self, name: str) -> tuple[Item, ...]:
        """Return what is put before an output; nothing else can be done to it."""
        edits = self.edits.get(self.number, ())
        for edit in edits:
            if edit.action != "before":
                raise InputError("only layers before it can be changed about the output", got=str(edit), where=name)
        made = tuple(_read(text) for edit in edits for text in edit.layers)
        self.trail += [*[None] * len(made), self.number]
        self.number += 1
        return made


def _is_in_block(before: Written, op: str) -> bool:
    return before.origins[op].number in before.spelled


def _spelled_out(
    plan: Blueprint, edits: Sequence[Edit], before: Written, blocks: set[int]
) -> tuple[Blueprint, Sequence[Edit], Written]:
    """Return the blueprint with some blocks spelled out, and what named their ops with the names they have then."""
    editor = _Editor(plan.settings, spelled={number: before.spelled[number] for number in blocks})
    items = editor.whole(plan)
    made = replace(plan, items=items, allow=())
    after = written(made)
    # The same ops in the same order, under other names.
    names = dict(zip(before.origins, after.origins, strict=True))
    allow = tuple(replace(allowance, op=names.get(allowance.op, allowance.op)) for allowance in plan.allow)
    renamed = [edit if edit.action == "input" else replace(edit, op=names[edit.op]) for edit in edits]
    made = replace(made, allow=allow)
    inside = {
        after.origins[edit.op].number for edit in renamed if edit.action != "input" and _is_in_block(after, edit.op)
    }
    # A block may be made of blocks.
    return _spelled_out(made, renamed, after, inside) if inside else (made, renamed, after)


def _followers(items: Sequence[Item]) -> tuple[Layer, ...]:
    """Return the normalisation and activation that belong to the layer before them."""
    found: list[Layer] = []
    for item in items:
        if not isinstance(item, Layer) or not word_of(item.word).follows:
            break
        found.append(item)
    return tuple(found)


def _with(item: Item, edit: Edit) -> Layer:
    if not isinstance(item, Layer):
        raise InputError("only a layer can be given an argument", got=str(edit), where=edit.op)
    options = word_of(item.word).options
    if edit.argument not in options:
        raise unknown_name(f"argument of {item.word}", edit.argument, list(options), where=edit.op)
    arguments = {key: value for key, value in item.arguments.items() if key != edit.argument}
    if edit.value is not None:
        arguments = {**item.arguments, edit.argument: edit.value}
    return Layer(word=item.word, arguments=arguments)


def _read(text: str) -> Item:
    items = parse_items(text, where="edit")
    if len(items) != 1:
        raise BlueprintError("an edit must put in one layer at a time", got=text, where="edit")
    return items[0]


def _resized(plan: Blueprint, edit: Edit) -> Blueprint:
    if len(edit.size) != len(plan.input) - 1 or min(edit.size) < 1:
        raise BlueprintError("a new input must have the axes of the old one", got=edit.size, where="edit")
    return replace(plan, input=(plan.input[0], *edit.size))


def _moved(plan: Blueprint, before: Written, made: Blueprint, trail: Sequence[int | None]) -> tuple[Allowance, ...]:
    """Return the allowances with the names their ops have now; those of removed ops go with them."""
    if not plan.allow:
        return ()
    now: dict[int, list[str]] = {}
    for name, origin in written(made).origins.items():
        now.setdefault(origin.number, []).append(name)
    where = {old: number for number, old in enumerate(trail) if old is not None}
    then: dict[int, list[str]] = {}
    for name, origin in before.origins.items():
        then.setdefault(origin.number, []).append(name)
    kept = []
    for allowance in plan.allow:
        if allowance.op not in before.origins:
            kept.append(allowance)
            continue
        number = before.origins[allowance.op].number
        if number in where:
            # Of the several ops an item may stand for, the one at the same place from the end.
            back = len(then[number]) - then[number].index(allowance.op)
            names = now[where[number]]
            kept.append(replace(allowance, op=names[max(len(names) - back, 0)]))
    return tuple(kept)
