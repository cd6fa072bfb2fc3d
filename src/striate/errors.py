"""Every error Striate raises on purpose.

* `StriateError`
    * `InputError` (also `ValueError`): what was given cannot be used; exit code 2
        * `UsageError`: a command was called in a way it does not have
        * `UnknownNameError` (also `KeyError`): a word, layer, rule or reference nobody knows
        * `BlueprintError`: the text or YAML of a blueprint does not read
        * `ShapeError`: sizes that do not fit each other, with the op at which they clash
        * `DataError`: a data set that cannot be used as it is
        * `WeightsError`: a weight file that is unsafe, or does not belong to the network
        * `SchemaError`: a file of ours with a schema this version cannot read
    * `RunError` (also `RuntimeError`): the work itself could not go on; exit code 3
        * `DivergedError`: the loss left the finite numbers, or ran away
        * `StorageError` (also `OSError`): the disk refused
            * `PlaceError`: nothing can be written there; exit code 2
    * `MissingExtraError` (also `ImportError`): an optional package is not installed; exit code 2
    * `Cancelled`: somebody asked to stop; what was finished is kept

One grammar for all messages: the rule with "must"; the value; the place; the cure.
The facts are attributes too, so that `--json` and the page need not parse the text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from striate.graph import Graph

_UNSET: Any = object()
# More names than these are no help in one line.
_MOST_SHOWN = 24


class StriateError(Exception):
    """Root of the tree. `str(error)` is one line; its parts are attributes.

    Args:
        rule: What must hold, as a sentence without its full stop.
        got: The value that broke the rule.
        where: The place: an op, a file with its line, an option.
        hint: What to do, as a sentence with its full stop.

    Example:
        >>> str(InputError("kernel must be at least 1", got=0, where="conv2"))
        'kernel must be at least 1; got 0 (at conv2). [input]'
    """

    code: ClassVar[str] = "striate"
    exit_code: ClassVar[int] = 3

    def __init__(self, rule: str, *, got: object = _UNSET, where: str = "", hint: str = "") -> None:
        self.rule = rule
        self.got = None if got is _UNSET else got
        self.where = where
        self.hint = hint
        text = rule
        if got is not _UNSET:
            text += f"; got {got if isinstance(got, Quoted) else repr(got)}"
        if where:
            text += f" (at {where})"
        text += "."
        if hint:
            text += f" {hint}"
        super().__init__(f"{text} [{self.code}]")

    def __str__(self) -> str:
        return str(self.args[0])

    def facts(self) -> dict[str, object]:
        """Return code, message and parts as plain values, for `--json` and the page."""
        got = self.got if isinstance(self.got, str | int | float | bool | None) else repr(self.got)
        return {
            "code": self.code,
            "message": str(self),
            "rule": self.rule,
            "got": got,
            "where": self.where,
            "hint": self.hint,
        }


class Quoted(str):
    """A `got` that is already words ("16×0×14"), to be shown without quotation marks."""

    __slots__ = ()


class InputError(StriateError, ValueError):
    """What was given cannot be used.

    Attributes:
        reached: Where a network broke while it was traced: its table up to there, else None.
        operator: The operator that refused; empty if the network's own Python code raised.
        shapes: What the operator was given.
    """

    code = "input"
    exit_code = 2
    reached: Graph | None = None
    operator: str = ""
    shapes: tuple[tuple[int, ...], ...] = ()

    def facts(self) -> dict[str, object]:
        """Return the facts, and where a network broke, the operator, its shapes and the rows up to there."""
        if self.reached is None:
            return super().facts()
        rows = [{"name": op.name, "kind": op.kind, "shape": list(op.shape)} for op in self.reached]
        return super().facts() | {
            "operator": self.operator,
            "shapes": [list(shape) for shape in self.shapes],
            "reached": rows,
        }


class UsageError(InputError):
    """A command was called in a way it does not have."""

    code = "usage"


class UnknownNameError(InputError, KeyError):
    """A name nobody knows; the nearest known ones stand in the hint."""

    code = "unknown-name"


class BlueprintError(InputError):
    """The text or YAML of a blueprint does not read."""

    code = "blueprint"


class ShapeError(InputError):
    """Sizes that do not fit each other, named at the op where they clash."""

    code = "shape"


class DataError(InputError):
    """A data set that cannot be used as it is."""

    code = "data"


class WeightsError(InputError):
    """A weight file that is unsafe to read, or does not belong to the network."""

    code = "weights"


class SchemaError(InputError):
    """A file of ours whose schema this version cannot read."""

    code = "schema"


class RunError(StriateError, RuntimeError):
    """The work itself could not go on."""

    code = "run"


class DivergedError(RunError):
    """The loss left the finite numbers, or ran away; the last good weights are kept."""

    code = "diverged"


class StorageError(RunError, OSError):
    """The disk refused: full or gone."""

    code = "storage"


class PlaceError(StorageError):
    """Nothing can be written to the place that was named: no such folder, not allowed, read-only."""

    code = "place"
    exit_code = 2


class MissingExtraError(StriateError, ImportError):
    """An optional package is not installed; the hint is the command that installs it."""

    code = "missing-extra"
    exit_code = 2


class Cancelled(StriateError):  # noqa: N818 - not an error: somebody asked for it
    """Somebody asked to stop; what was finished is kept."""

    code = "cancelled"


def unknown_name(noun: str, got: str, known: list[str], *, where: str = "") -> UnknownNameError:
    """Return the error for a name nobody knows, with the nearest known names.

    Example:
        >>> str(unknown_name("layer word", "cnov", ["conv", "relu"]))
        "layer word must be a known name; got 'cnov'. Did you mean conv? [unknown-name]"
    """
    import difflib

    near = difflib.get_close_matches(got, known, n=3, cutoff=0.6)
    shown = sorted(known)
    rest = f" and {len(shown) - _MOST_SHOWN} more" if len(shown) > _MOST_SHOWN else ""
    hint = f"Did you mean {', '.join(near)}?" if near else f"Known: {', '.join(shown[:_MOST_SHOWN])}{rest}."
    return UnknownNameError(f"{noun} must be a known name", got=got, where=where, hint=hint)
