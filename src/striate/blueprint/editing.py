"""Changing a blueprint: edits that name ops of its table, applied together to a new blueprint.

A repeat stays a repeat where all its copies are changed alike; where they are not, it falls apart into runs of equal copies.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from striate.blueprint.model import Blueprint, Item, Layer, Repeat
from striate.blueprint.paper import origins
from striate.blueprint.words import layer_from_tokens
from striate.errors import BlueprintError, InputError, unknown_name
from striate.findings import Allowance, Edit
from striate.kinds import words


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
    origin = origins(plan)
    by_layer: dict[int, list[Edit]] = {}
    for edit in edits:
        if edit.action == "input":
            plan = _resized(plan, edit)
        elif edit.op not in origin:
            raise unknown_name("op", edit.op, list(origin))
        else:
            by_layer.setdefault(origin[edit.op], []).append(edit)
    writer = _Editor(by_layer)
    items = writer.items(plan.items)
    items += writer.output(plan.output)
    made = replace(plan, items=items, allow=())
    return replace(made, allow=_moved(plan, origin, made, writer.trail))


@dataclass(slots=True)
class _Editor:
    """Writes the items again, layer by layer in the order they run, and notes where each came from."""

    edits: Mapping[int, Sequence[Edit]]
    number: int = 0
    trail: list[int | None] = field(default_factory=list)

    def items(self, items: Sequence[Item]) -> tuple[Item, ...]:
        made: list[Item] = []
        for place, item in enumerate(items):
            if isinstance(item, Repeat):
                made += self.repeat(item)
            else:
                made += self.layer(item, _followers(items[place + 1 :]))
        return tuple(made)

    def repeat(self, item: Repeat) -> list[Item]:
        copies = [self.items(item.items) for _ in range(item.count)]
        if all(copy == item.items for copy in copies):
            return [item]
        made: list[Item] = []
        while copies:
            run = next((number for number, copy in enumerate(copies) if copy != copies[0]), len(copies))
            made += [Repeat(items=copies[0], count=run)] if run > 1 and copies[0] else copies[0]
            copies = copies[run:]
        return made

    def layer(self, layer: Layer, followers: tuple[Layer, ...]) -> list[Layer]:
        before: list[Layer] = []
        after: list[Layer] = []
        here: list[Layer] = [layer]
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

    def output(self, name: str) -> tuple[Layer, ...]:
        """Return what is put before the output; nothing else can be done to it."""
        edits = self.edits.get(self.number, ())
        for edit in edits:
            if edit.action != "before":
                raise InputError("only layers before it can be changed about the output", got=str(edit), where=name)
        made = tuple(_read(text) for edit in edits for text in edit.layers)
        self.trail += [*[None] * len(made), self.number]
        return made


def _followers(items: Sequence[Item]) -> tuple[Layer, ...]:
    """Return the normalisation and activation that belong to the layer before them."""
    found: list[Layer] = []
    for item in items:
        if not isinstance(item, Layer):
            break
        word = words()[item.word].word
        if word is None or not word.follows:
            break
        found.append(item)
    return tuple(found)


def _with(layer: Layer, edit: Edit) -> Layer:
    word = words()[layer.word].word
    if word is None or edit.argument not in word.options:
        known = list(word.options) if word is not None else []
        raise unknown_name(f"argument of {layer.word}", edit.argument, known, where=edit.op)
    arguments = {key: value for key, value in layer.arguments.items() if key != edit.argument}
    if edit.value is not None:
        arguments = {**layer.arguments, edit.argument: edit.value}
    return Layer(word=layer.word, arguments=arguments)


def _read(text: str) -> Layer:
    return layer_from_tokens(text.split(), where="edit")


def _resized(plan: Blueprint, edit: Edit) -> Blueprint:
    if len(edit.size) != len(plan.input) - 1 or min(edit.size) < 1:
        raise BlueprintError("a new input must have the axes of the old one", got=edit.size, where="edit")
    return replace(plan, input=(plan.input[0], *edit.size))


def _moved(
    plan: Blueprint, origin: Mapping[str, int], made: Blueprint, trail: Sequence[int | None]
) -> tuple[Allowance, ...]:
    """Return the allowances with the names their ops have now; those of removed ops go with them."""
    if not plan.allow:
        return ()
    now = {number: name for name, number in origins(made).items()}
    where = {old: number for number, old in enumerate(trail) if old is not None}
    kept = []
    for allowance in plan.allow:
        if allowance.op not in origin:
            kept.append(allowance)
        elif origin[allowance.op] in where:
            kept.append(replace(allowance, op=now[where[origin[allowance.op]]]))
    return tuple(kept)
