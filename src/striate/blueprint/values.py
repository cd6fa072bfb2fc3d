"""Values that are not numbers yet: expressions over named settings, and open choices."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from striate.errors import BlueprintError, unknown_name

_TEXT = re.compile(r"[A-Za-z0-9_.]+([*/+-]+[A-Za-z0-9_.]+)*")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LARGEST = 10**9
# A whole number in a text; more digits count nothing that could be built.
WHOLE = "[0-9]{1,18}"


@dataclass(frozen=True, slots=True)
class Expression:
    """Arithmetic over settings: `w*2`, `w//4`, `2*w+1`. Sums, differences, products, whole and true quotients.

    Example:
        >>> Expression("w*2").value({"w": 24})
        48
    """

    text: str

    @property
    def names(self) -> tuple[str, ...]:
        """The settings it reads, in order."""
        return tuple(dict.fromkeys(_NAME.findall(self.text)))

    def value(self, settings: Mapping[str, Any], *, where: str = "expression") -> Any:  # noqa: ANN401 - int, float or axes
        """Return its value.

        Raises:
            UnknownNameError: A setting that is not there.
            BlueprintError: A quotient by zero, a number without bounds, or arithmetic with something that is no number.
        """
        if _NAME.fullmatch(self.text):
            return _setting(self.text, settings, where)
        try:
            value = _computed(ast.parse(self.text, mode="eval").body, settings, where)
        except (SyntaxError, TypeError, ZeroDivisionError, OverflowError, RecursionError) as cause:
            raise BlueprintError(
                "an expression must be arithmetic that can be done", got=self.text, where=where
            ) from cause
        if abs(value) > _LARGEST:
            raise BlueprintError(f"an expression must stay below {_LARGEST}", got=self.text, where=where)
        return value

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several values, still open."""

    options: tuple[Any, ...]


def expression_from(text: str, names: Mapping[str, Any] | frozenset[str]) -> Expression | None:
    """Return the expression a text is, or None if it is none: it must read settings, and known ones only.

    Example:
        >>> expression_from("w*2", frozenset({"w"})), expression_from("three", frozenset({"w"}))
        (Expression(text='w*2'), None)
    """
    found = _NAME.findall(text)
    if not found or not _TEXT.fullmatch(text) or any(name not in names for name in found):
        return None
    return Expression(text)


def leaves(value: object) -> Iterator[object]:
    """Yield what a value may become: the options of a choice, of choices in it, or the value itself."""
    if isinstance(value, Choice):
        for option in value.options:
            yield from leaves(option)
    else:
        yield value


def closed(value: Any, settings: Mapping[str, Any], *, where: str) -> Any:  # noqa: ANN401 - any argument's value
    """Return a value with its expressions computed.

    Raises:
        BlueprintError: A choice that is still open.
    """
    if isinstance(value, Choice):
        raise BlueprintError(
            "every choice must be made before there is a table",
            got="{" + ",".join(map(str, value.options)) + "}",
            where=where,
            hint="Make it with Blueprint.chosen, or with --set: striate new closed.yaml --from FILE --set NAME=VALUE.",
        )
    return value.value(settings, where=where) if isinstance(value, Expression) else value


def _setting(name: str, settings: Mapping[str, Any], where: str) -> Any:  # noqa: ANN401 - int, float or axes
    if name not in settings:
        raise unknown_name("setting", name, list(settings), where=where)
    return closed(settings[name], settings, where=f"let {name}")


def _computed(node: ast.expr, settings: Mapping[str, Any], where: str) -> Any:  # noqa: ANN401 - int or float
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return node.value
    if isinstance(node, ast.Name):
        value = _setting(node.id, settings, where)
        if isinstance(value, tuple):
            # One number for each axis is no number; Python would put tuples one behind the other.
            if len(value) > 1:
                raise TypeError
            return value[0]
        return value
    if not isinstance(node, ast.BinOp):
        raise TypeError
    doing = _OPERATORS.get(type(node.op))
    if doing is None:
        raise TypeError
    return doing(*(_computed(side, settings, where) for side in (node.left, node.right)))


def _quotient(left: float, right: float) -> float:
    # Widths are whole: what divides evenly stays a whole number.
    return left // right if left % right == 0 else left / right


_OPERATORS: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
    ast.Div: _quotient,
}
