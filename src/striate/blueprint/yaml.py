"""The YAML form: the same words, a stage a line, with a schema."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml as _yaml

from striate import schema
from striate.blueprint import allowing, vocabulary
from striate.blueprint.model import Blueprint, Branches, Head, Item, Repeat
from striate.blueprint.outputs import output_from, output_text
from striate.blueprint.settings import setting_from, value_text
from striate.blueprint.text import checked_branches, input_shape, parse_items
from striate.blueprint.tokens import DEEPEST
from striate.blueprint.values import Choice, Expression, expression_from
from striate.blueprint.walking import check_length
from striate.blueprint.words import layer_from_mapping
from striate.blueprint.writing import follows, item_text
from striate.errors import BlueprintError

SCHEMA_VERSION = 2
KEYS = ("schema", "input", "let", "layers", "output", "allow")
# The first version had no settings, branches, blocks and heads; what it had means the same.
_MIGRATIONS: dict[int, schema.Migration] = {1: dict}


def parse(text: str, *, where: str = "yaml") -> Blueprint:
    """Return the blueprint of a YAML document; see `Blueprint.from_yaml`."""
    document = schema.accept(load(text, where=where), "blueprint", SCHEMA_VERSION, where=where, migrations=_MIGRATIONS)
    for key in document:
        if key not in KEYS:
            raise BlueprintError(f"a blueprint holds {', '.join(KEYS)}", got=key, where=where)
    if not isinstance(document.get("layers"), list):
        raise BlueprintError("layers must be a list", got=document.get("layers"), where=where)
    shape = input_shape(str(document.get("input", "")), where=f"{where}, input")
    settings = _settings(document.get("let", {}), where=f"{where}, let")
    items = _Rows(settings).items(document["layers"], where=f"{where}, layers", depth=0)
    kind, names, by = output_from(str(document.get("output", "")).split(), where=f"{where}, output")
    allow = allowing.from_rows(document.get("allow", []), where=f"{where}, allow")
    plan = Blueprint(input=shape, items=items, output=kind, names=names, allow=allow, settings=settings, by=by)
    check_length(plan, where=where)
    return plan


def load(text: str, *, where: str) -> object:
    """Return what a YAML document holds, without aliases and without anything but plain values.

    Raises:
        BlueprintError: It does not read.
    """
    try:
        # An alias makes a small file mean an endless network; a blueprint needs none.
        if any(isinstance(token, _yaml.AliasToken) for token in _yaml.scan(text, Loader=_yaml.SafeLoader)):
            raise BlueprintError("a blueprint must be written without YAML aliases", got="an alias", where=where)
        _check_keys(_yaml.compose(text, Loader=_yaml.SafeLoader), where)
        return _yaml.safe_load(text)
    except RecursionError as cause:
        raise BlueprintError(f"repeats must be at most {DEEPEST} deep", got="more", where=where) from cause
    except ValueError as cause:
        if isinstance(cause, BlueprintError):
            raise
        # The loader takes 2001-99-99 for a date.
        raise BlueprintError("a blueprint file must be YAML", got=str(cause), where=where) from cause
    except _yaml.YAMLError as cause:
        mark = getattr(cause, "problem_mark", None)
        place = f"{where}, line {mark.line + 1}" if mark else where
        raise BlueprintError(
            "a blueprint file must be YAML",
            got=getattr(cause, "problem", None) or str(cause),
            where=place,
        ) from cause


def _check_keys(root: _yaml.Node | None, where: str) -> None:
    """Refuse a key that is there twice: YAML's loader would take the last without a word."""
    left = [root]
    while left:
        node = left.pop()
        if isinstance(node, _yaml.SequenceNode):
            left += node.value
        if not isinstance(node, _yaml.MappingNode):
            continue
        seen: set[str] = set()
        for key, value in node.value:
            left += [key, value]
            if isinstance(key, _yaml.ScalarNode):
                if key.value in seen:
                    place = f"{where}, line {key.start_mark.line + 1}"
                    raise BlueprintError(
                        "a key must be given once", got=key.value, where=place, hint="Keep one of them."
                    )
                seen.add(key.value)


def write(plan: Blueprint) -> str:
    """Return the one YAML document of a blueprint."""
    document: dict[str, Any] = {
        "schema": schema.stamp("blueprint", SCHEMA_VERSION),
        "input": "x".join(map(str, plan.input)),
    }
    if plan.settings:
        document["let"] = {name: _setting_row(value) for name, value in plan.settings.items()}
    document |= {"layers": _written(plan.items), "output": output_text(plan)}
    if plan.allow:
        document["allow"] = [allowing.to_row(allowance) for allowance in plan.allow]
    return _yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=100)


def _settings(rows: object, *, where: str) -> dict[str, Any]:
    if not isinstance(rows, Mapping):
        raise BlueprintError("let must hold names and values", got=rows, where=where)
    settings: dict[str, Any] = {}
    for name, value in rows.items():
        if isinstance(value, Mapping) and set(value) == {"choose"} and isinstance(value["choose"], list):
            text = "{" + ",".join(map(str, value["choose"])) + "}"
        else:
            text = str(value)
        settings[str(name)] = setting_from(str(name), text, settings, where=where)
    return settings


def _setting_row(value: object) -> object:
    if isinstance(value, Choice):
        return {"choose": [_setting_row(option) for option in value.options]}
    return value if isinstance(value, int | float) else value_text(value)


@dataclass(frozen=True, slots=True)
class _Rows:
    """Reads rows of layers; values may refer to settings."""

    settings: Mapping[str, Any]

    def items(self, rows: object, *, where: str, depth: int) -> tuple[Item, ...]:
        if depth > DEEPEST:
            raise BlueprintError(f"repeats must be at most {DEEPEST} deep", got=depth, where=where)
        if isinstance(rows, str):
            rows = [rows]
        if not isinstance(rows, list):
            raise BlueprintError("layers must be a list", got=rows, where=where)
        return tuple(
            item for number, row in enumerate(rows) for item in self.row(row, where=f"{where}[{number}]", depth=depth)
        )

    def row(self, row: object, *, where: str, depth: int) -> tuple[Item, ...]:
        """Return the items of one row: a stage in the one-line form, or a mapping."""
        if isinstance(row, str) and row.split():
            return parse_items(row, where=where, settings=self.settings)
        if isinstance(row, dict) and "repeat" in row:
            return (self.repeat(row, where=where, depth=depth),)
        if isinstance(row, dict) and len(row) == 1:
            name, value = next(iter(row.items()))
            if name in vocabulary.MEETINGS:
                return (self.branches(name, value, where=f"{where}, {name}", depth=depth),)
            if name == vocabulary.HEAD:
                return (self.head(value, where=f"{where}, {name}", depth=depth),)
            return (layer_from_mapping(str(name), value, where=where, settings=self.settings),)
        raise BlueprintError("a layer must be a word with its arguments, a repeat, or branches", got=row, where=where)

    def repeat(self, row: dict[Any, Any], *, where: str, depth: int) -> Repeat:
        rows, count = row.get("layers"), self.count(row["repeat"])
        if set(row) != {"repeat", "layers"} or count is None or not rows:
            raise BlueprintError("a repeat must have a count of at least 1 and layers", got=row, where=where)
        return Repeat(items=self.items(rows, where=where, depth=depth + 1), count=count)

    def count(self, value: object) -> int | Expression | Choice | None:
        if isinstance(value, dict) and set(value) == {"choose"} and isinstance(value["choose"], list):
            options = [self.count(option) for option in value["choose"]]
            found = tuple(option for option in options if option is not None)
            return Choice(found) if len(found) == len(set(found)) == len(options) > 1 else None
        if isinstance(value, int) and not isinstance(value, bool):
            return value if value >= 1 else None
        return expression_from(value, self.settings) if isinstance(value, str) else None

    def branches(self, word: str, rows: object, *, where: str, depth: int) -> Branches:
        if not isinstance(rows, list) or not rows:
            raise BlueprintError(f"{word} must have a list of branches", got=rows, where=where)
        branches = tuple(
            ()
            if branch in (vocabulary.IDENTITY, [vocabulary.IDENTITY])
            else self.items(branch, where=f"{where}[{number}]", depth=depth + 1)
            for number, branch in enumerate(rows)
        )
        for number, branch in enumerate(branches):
            if not branch and rows[number] not in (vocabulary.IDENTITY, [vocabulary.IDENTITY]):
                raise BlueprintError(
                    f"a branch of {word} must hold layers, or identity", got=rows[number], where=f"{where}[{number}]"
                )
        return checked_branches(word, branches, where=where)

    def head(self, row: object, *, where: str, depth: int) -> Head:
        if depth or not isinstance(row, dict) or not {"output"} <= set(row) <= {"layers", "output"}:
            rule = "a head must stand outside repeats and branches" if depth else "a head must have layers and output"
            raise BlueprintError(rule, got=row, where=where)
        kind, names, by = output_from(str(row["output"]).split(), where=where)
        items = self.items(row.get("layers", []), where=where, depth=1)
        return Head(items=items, output=kind, names=names, by=by)


def _written(items: tuple[Item, ...]) -> list[Any]:
    """Return items as rows: stages in the one-line form, what holds others as mappings."""
    rows: list[Any] = []
    for item in items:
        if isinstance(item, Repeat):
            rows.append({"repeat": _count_row(item.count), "layers": _written(item.items)})
        elif isinstance(item, Head):
            rows.append({vocabulary.HEAD: {"layers": _written(item.items), "output": output_text(item)}})
        elif isinstance(item, Branches):
            branches = [_written(branch) if branch else vocabulary.IDENTITY for branch in item.branches]
            rows.append({item.word: branches})
        elif rows and isinstance(rows[-1], str) and follows(item):
            rows[-1] += ", " + item_text(item)
        else:
            rows.append(item_text(item))
    return rows


def _count_row(count: object) -> object:
    if isinstance(count, Choice):
        return {"choose": [_count_row(option) for option in count.options]}
    return count if isinstance(count, int) else value_text(count)
