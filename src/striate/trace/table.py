"""From a tape to the table: which calls are operations, what they are called, and what they read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from striate.graph import Conditions, Graph, Mode, Op, Param, Shape, size
from striate.kinds import kind_of, kinds_by_aten
from striate.trace.inputs import Inputs, name_of
from striate.trace.shell import Holdings, holdings
from striate.trace.tape import Call, Ref, Tape, base_name
from striate.trace.together import FACTORIES, Together, arguments_of, recorded, refs_of, role, together

# Calls that cut a value: one row for each part that is read.
_CUTS = frozenset({"chunk", "split", "split_with_sizes", "unbind", "tensor_split", "unsafe_chunk", "unsafe_split"})


@dataclass(frozen=True, slots=True)
class Table:
    """A graph, and the value of the tape that each of its ops makes."""

    graph: Graph
    values: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class _Row:
    """An operation before it has its name: the value it makes, and the values it reads."""

    value: int
    kind: str
    reads: tuple[int, ...]
    attributes: Mapping[str, Any]
    frame: int


def table(tape: Tape, module: nn.Module | Holdings, inputs: Inputs, mode: Mode) -> Table:
    """Return the table of a tape; `module` is the original, or its tensors if they are known already."""
    found = module if isinstance(module, Holdings) else holdings(module)
    rows = _Rows(tape)
    names = dict(zip((row.value for row in rows.found), _names(tape, rows.found, inputs.names), strict=True))
    labels = names | {n: value.key for n, value in enumerate(tape.values) if value.origin == "input"}
    parameters = found.parameters
    written = {new: rows.stands[old] for call in tape.calls for old, new in call.writes}
    ops = tuple(_op(tape, row, labels, parameters, written) for row in rows.found)
    used = {param.key for op in ops for param in op.params}
    idle = {key: parameter for key, parameter in parameters.items() if key not in used}
    dtypes = dict(zip(inputs.names, map(name_of, inputs.dtypes), strict=True))
    state = {id(tensor): tensor for tensor in (*found.buffers.values(), *found.attributes.values())}
    graph = Graph(
        ops=ops,
        outputs=_outputs(tape, rows, labels),
        conditions=Conditions(
            inputs=dict(zip(inputs.names, inputs.shapes, strict=True)),
            dtype=name_of(inputs.dtypes[0]),
            mode=mode,
            dtypes={name: dtype for name, dtype in dtypes.items() if dtype != name_of(inputs.dtypes[0])},
        ),
        buffers=sum(buffer.numel() for key, buffer in found.buffers.items() if key not in found.unsaved),
        idle=tuple((key, parameter.numel()) for key, parameter in idle.items()),
        buffer_bytes=sum(tensor.numel() * tensor.element_size() for tensor in state.values()),
        idle_bytes=sum(parameter.numel() * parameter.element_size() for parameter in idle.values()),
    )
    return Table(graph, {name: max(value, _constant(value)) for value, name in names.items()})


class _Rows:
    """The calls that are operations, in order.

    Attributes:
        found: One row for each.
        stands: What each value stands for in the table: a row's value, an input, a parameter, or
            None for a constant.
    """

    def __init__(self, tape: Tape) -> None:
        self._tape = tape
        self._kinds = kinds_by_aten()
        self._read = {n for call in tape.calls for n in (*refs_of(call), *call.after)}
        self._read.update(leaf.value for leaf in tape.leaves if isinstance(leaf, Ref))
        self.found: list[_Row] = []
        # Values in which an input has a part.
        self._from_inputs = {n for n, value in enumerate(tape.values) if value.origin == "input"}
        self.stands: dict[int, int | None] = {
            n: n if value.origin in ("input", "parameter") else None for n, value in enumerate(tape.values)
        }
        found = together(tape)
        for number, call in enumerate(tape.calls):
            if number not in found:
                self._place(call)
            elif found[number].last == number:
                self._place_together(found[number], call)

    def _place(self, call: Call) -> None:
        made = [n for n in call.outputs if n is not None] or [new for _, new in call.writes]
        reads = tuple(s for n in (*refs_of(call), *call.after) if (s := self.stands[n]) is not None)
        name = base_name(call.func)
        writes_state = any(self._tape.values[old].origin in ("buffer", "attribute") for old, _ in call.writes)
        if not made or not reads or name in FACTORIES or writes_state:
            return
        if name in _CUTS:
            kind = self._kinds.get(name)
            for value in (n for n in made if n in self._read):
                attributes = self._part(call, name, value)
                self._add(call, value, kind.name if kind else f"unknown:{name}", reads, attributes)
            return
        is_flowing = any(n in self._from_inputs for n in reads)
        kind_name, attributes = self._meaning(call, name, made[0], is_flowing=is_flowing)
        all_parameters = all(n >= 0 and self._tape.values[n].origin == "parameter" for n in reads)
        if name == "detach" and kind_name == "identity" and is_flowing:
            self._add(call, made[0], kind_name, reads, {"stops": True})
            return
        if kind_name == "identity" and (self._is_same(call, made[0]) or all_parameters):
            self.stands[made[0]] = reads[0]
            return
        if all_parameters:
            reads = self._begun(call)
        self._add(call, made[0], kind_name, reads, attributes)
        for value in (n for n in made[1:] if n in self._read):
            self._add(call, value, "slice", (made[0],), {})
        for _, new in call.writes:
            if self.stands[new] is None:
                self.stands[new] = made[0]

    def _place_together(self, found: Together, last: Call) -> None:
        """Add the one row that all the calls of a module are."""
        value = next(n for n in last.outputs if n is not None)
        reads = tuple(s for n in found.reads if (s := self.stands[n]) is not None)
        self._add(last, value, found.kind, reads, found.attributes)

    def _add(
        self,
        call: Call,
        value: int,
        kind: str,
        reads: tuple[int, ...],
        attributes: Mapping[str, Any],
    ) -> None:
        self.found.append(_Row(value, kind, reads, attributes, call.frame))
        self.stands[value] = value
        if any(n in self._from_inputs for n in reads):
            self._from_inputs.add(value)

    def _begun(self, call: Call) -> tuple[int, ...]:
        """Return what a call reads whose first value comes from no op: a row is put there for it to read."""
        first, *rest = refs_of(call)
        number = _constant(first)
        if all(row.value != number for row in self.found):
            reads = (first,) if self.stands[first] is not None else ()
            self._add(call, number, "constant", reads, {})
        return (number, *(s for n in rest if (s := self.stands[n]) is not None))

    def _meaning(self, call: Call, name: str, made: int, *, is_flowing: bool) -> tuple[str, dict[str, Any]]:
        """Return the name of a call's kind and the attributes the kind reads from it."""
        kind = self._kinds.get(name)
        if kind is None:
            return f"unknown:{name}", {}
        sources = tuple(self._tape.values[n].shape for n in refs_of(call))
        output = self._tape.values[made].shape
        if kind.name in ("view", "flatten"):
            source = sources[0]
            if output == source:
                return "identity", {}
            if is_flowing and len(source) > 2 and output == (source[0], size(source[1:])):
                return "flatten", {}
            kind = self._kinds["view"]
        roles = tuple(role(self._tape, n, self._from_inputs) for n in refs_of(call))
        try:
            return kind.name, kind.read_recorded(recorded(self._tape, call, roles))
        except (AttributeError, IndexError, KeyError, TypeError, ValueError):
            # An overload the kind does not expect: better listed as not counted than refused or
            # wrong.
            return f"unknown:{name}", {}

    def _part(self, call: Call, name: str, value: int) -> dict[str, Any]:
        """Return which part of what it cuts an output of a cutting call is."""
        arguments = {a.name: v for a, v in zip(call.func._schema.arguments, arguments_of(call), strict=True)}  # noqa: SLF001
        source = self._tape.values[next(refs_of(call))].shape
        axis = arguments.get("dim", 0) % len(source)
        before = [n for n in call.outputs[: call.outputs.index(value)] if n is not None]
        drops = name == "unbind"
        start = len(before) if drops else sum(self._tape.values[n].shape[axis] for n in before)
        return {"axis": axis, "start": start, "step": 1, "drops": drops}

    def _is_same(self, call: Call, made: int) -> bool:
        old, new = self._tape.values[next(refs_of(call))], self._tape.values[made]
        return (old.storage, old.shape, old.dtype) == (new.storage, new.shape, new.dtype)


def _constant(value: int) -> int:
    """Return the number of the row that stands for a value no op makes, or the value of such a row."""
    return -1 - value


def _names(tape: Tape, rows: list[_Row], taken: tuple[str, ...]) -> list[str]:
    """Return a name for each row: the module's path if the row is all it does, else with the kind behind it."""
    inside = Counter[int]()
    for row in rows:
        frame = row.frame if row.kind != "constant" else -1
        while frame != -1:
            inside[frame] += 1
            frame = tape.frames[frame].parent
    names: list[str] = []
    used = set(taken)
    for row in rows:
        path = tape.frames[row.frame].path
        label = row.kind.removeprefix("unknown:")
        is_alone = inside[row.frame] == 1 and row.kind != "constant"
        plain = path if path and is_alone else f"{path}.{label}" if path else label
        name, turn = plain, 1
        while name in used:
            turn += 1
            name = f"{plain}_{turn}"
        used.add(name)
        names.append(name)
    return names


def _op(
    tape: Tape,
    row: _Row,
    labels: Mapping[int, str],
    parameters: Mapping[str, Tensor],
    written: Mapping[int, int | None],
) -> Op:
    value = tape.values[row.value if row.value >= 0 else _constant(row.value)]
    is_written = bool(row.reads) and written.get(row.value) == row.reads[0]
    params = []
    for n in row.reads:
        if n >= 0 and tape.values[n].origin == "parameter":
            key = tape.values[n].key
            shape: Shape = tuple(parameters[key].shape)
            name = key.rpartition(".")[2]
            dtype = name_of(parameters[key].dtype)
            params.append(Param(name=name, shape=shape, key=key, trained=parameters[key].requires_grad, dtype=dtype))
    return Op(
        name=labels[row.value],
        kind=row.kind,
        inputs=tuple(labels[n] for n in row.reads if n in labels),
        shape=value.shape,
        dtype=name_of(value.dtype),
        attributes=row.attributes,
        params=tuple(params),
        path=tape.frames[row.frame].path,
        in_place=is_written,
        copies=bool(row.reads) and not is_written and _has_moved(tape, row),
    )


def _has_moved(tape: Tape, row: _Row) -> bool:
    """Return whether a row of a kind that only rearranges lies in other memory than what it reads."""
    kind = kind_of(row.kind)
    if kind is None or not kind.is_view or row.value < 0 or row.reads[0] < 0:
        return False
    return tape.values[row.value].storage != tape.values[row.reads[0]].storage


def _outputs(tape: Tape, rows: _Rows, labels: Mapping[int, str]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for leaf in tape.leaves:
        stands = rows.stands[leaf.value] if isinstance(leaf, Ref) else None
        if stands is not None and stands in labels:
            found[labels[stands]] = None
    # A network may return its result in a class nobody can look into; then the last op speaks for
    # it.
    return tuple(found) or tuple(labels[row.value] for row in rows.found[-1:])
