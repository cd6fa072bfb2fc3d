"""The table in the middle: a network as frozen rows of operations, for stated conditions.

A blueprint reaches it by arithmetic on paper, `trace` reaches it from any module by running it once; everything that
judges or draws a network reads it. Torch is not needed to hold one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

from striate import schema
from striate.errors import InputError, SchemaError, unknown_name

Shape = tuple[int, ...]
Mode = Literal["eval", "train"]
SCHEMA_VERSION = 1

# Bytes of one element, by the name torch gives the type.
DTYPE_BYTES: Mapping[str, int] = {
    "float64": 8, "float32": 4, "float16": 2, "bfloat16": 2,
    "int64": 8, "int32": 4, "int16": 2, "int8": 1, "uint64": 8, "uint32": 4, "uint16": 2, "uint8": 1, "bool": 1,
    "complex128": 16, "complex64": 8, "complex32": 4,
    "float8_e4m3fn": 1, "float8_e4m3fnuz": 1, "float8_e5m2": 1, "float8_e5m2fnuz": 1, "float8_e8m0fnu": 1,
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Param:
    """A parameter of an op: its name within the op, its shape, its type, and whether it is trained.

    `key` is the name in the module's state dict; two ops that share a parameter share the key.
    """

    name: str
    shape: Shape
    key: str = ""
    trained: bool = True
    dtype: str = "float32"

    @property
    def count(self) -> int:
        """Number of elements."""
        return size(self.shape)

    @property
    def bytes(self) -> int:
        """Size in bytes."""
        return self.count * DTYPE_BYTES[self.dtype]


@dataclass(frozen=True, slots=True, kw_only=True)
class Op:
    """One operation.

    Attributes:
        name: Unique within the graph ("conv1", "layer1.0.add").
        kind: Name of its kind ("conv", "batchnorm"); "unknown:aten.name" if no kind knows it.
        inputs: Names of the ops or graph inputs it reads, in order.
        shape: Output shape, batch first: (n, c, …). The first output where there are several.
        dtype: Output type ("float32").
        attributes: What the kind needs to know (kernel, stride, padding, dilation, groups, …); tuples per axis.
        params: Its parameters.
        path: Module path in the traced module, "" for functional ops of the root.
        in_place: It writes into the memory of its first input instead of taking its own; same values, less memory.
        copies: It only rearranges, but had to copy (a reshape after a permutation), where its kind mostly need not.
    """

    name: str
    kind: str
    inputs: tuple[str, ...]
    shape: Shape
    dtype: str = "float32"
    attributes: Mapping[str, Any] = field(default_factory=dict)
    params: tuple[Param, ...] = ()
    path: str = ""
    in_place: bool = False
    copies: bool = False

    @property
    def elements(self) -> int:
        """Elements of the output, batch included."""
        return size(self.shape)

    @property
    def bytes(self) -> int:
        """Size of the output in bytes, batch included."""
        return self.elements * DTYPE_BYTES[self.dtype]


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """What a table holds for: input shapes (batch first) by name, element types, and mode.

    `dtype` is the type of the first input; `dtypes` names the inputs that have another.
    """

    inputs: Mapping[str, Shape]
    dtype: str = "float32"
    mode: Mode = "eval"
    dtypes: Mapping[str, str] = field(default_factory=dict)

    def input_bytes(self, name: str) -> int:
        """Return the size of an input in bytes, batch included."""
        return size(self.inputs[name]) * DTYPE_BYTES[self.dtypes.get(name, self.dtype)]

    @property
    def batch(self) -> int:
        """Images at once."""
        return next(iter(self.inputs.values()))[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """Operations in the order they run, with edges by name, for stated conditions.

    Attributes:
        ops: In execution order; every input stands earlier or is a graph input.
        outputs: Names of the ops whose values the network returns.
        conditions: What the shapes hold for.
        buffers: Elements of state that is kept but not trained (running statistics).
        idle: Parameters that no op read under these conditions, as (key, elements).
        buffer_bytes: Memory of all state that is not trained, whether a state dict has it or not; None where only the
            number of elements is known, which then count four bytes each.
        idle_bytes: Memory of the idle parameters; None likewise.
    """

    ops: tuple[Op, ...]
    outputs: tuple[str, ...]
    conditions: Conditions
    buffers: int = 0
    idle: tuple[tuple[str, int], ...] = ()
    buffer_bytes: int | None = None
    idle_bytes: int | None = None
    _rows: Mapping[str, Op] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        known = set(self.conditions.inputs)
        for op in self.ops:
            for name in op.inputs:
                if name not in known:
                    raise InputError("an op must read what stands before it", got=name, where=op.name)
            if op.name in known:
                raise InputError("op names must be unique", got=op.name)
            known.add(op.name)
        # Looked up for every edge: large networks have thousands.
        object.__setattr__(self, "_rows", {op.name: op for op in self.ops})
        for name in self.outputs:
            if name not in known:
                raise InputError("an output must be an op", got=name)

    def __iter__(self) -> Iterator[Op]:
        return iter(self.ops)

    def __len__(self) -> int:
        return len(self.ops)

    def __getitem__(self, name: str) -> Op:
        if name in self._rows:
            return self._rows[name]
        raise unknown_name("op", name, [op.name for op in self.ops])

    def input_shapes(self, op: Op) -> tuple[Shape, ...]:
        """Return the shapes an op reads, batch first, in order."""
        inputs = self.conditions.inputs
        return tuple(inputs[name] if name in inputs else self._rows[name].shape for name in op.inputs)

    def readers(self, name: str) -> tuple[Op, ...]:
        """Return the ops that read a value."""
        return tuple(op for op in self.ops if name in op.inputs)

    @property
    def output(self) -> Op:
        """The op whose value is the network's first output."""
        return self[self.outputs[0]]

    def canonical(self) -> tuple[tuple[Any, ...], ...]:
        """Return the rows without names and paths, inputs by position: what must be equal for equal networks.

        Ops that change nothing under the conditions (dropout in eval mode, identity, one value put beside none) are left
        out, and what is put side by side in several steps is put there in one, so that a table written on paper and a
        traced one can be compared; nor does it matter which memory they write to, or what a parameter is at the start.
        """
        return tuple(row for _, row in self.canonical_rows())

    def canonical_rows(self) -> tuple[tuple[Op, tuple[Any, ...]], ...]:
        """Return the ops that count in canonical form, each with its row."""
        inputs, dropped = self._canonical_inputs()
        position: dict[str, int] = {name: -1 - i for i, name in enumerate(self.conditions.inputs)}
        rows: list[tuple[Op, tuple[Any, ...]]] = []
        for op in self.ops:
            if op.name in dropped:
                continue
            position[op.name] = len(rows)
            params = tuple((param.name, param.shape) for param in op.params)
            reads = [position[i] for i in inputs[op.name]]
            row = (
                op.kind,
                # A sum is the same in any order, a difference is not.
                tuple(sorted(reads) if op.kind == "add" and not op.attributes else reads),
                op.shape,
                tuple(sorted((name, value) for name, value in op.attributes.items() if name != "start")),
                params,
            )
            rows.append((op, row))
        return tuple(rows)

    def _canonical_inputs(self) -> tuple[dict[str, tuple[str, ...]], set[str]]:
        """Return what each op reads in canonical form, and the ops that are left out there."""
        stands = {name: name for name in self.conditions.inputs}
        inputs: dict[str, tuple[str, ...]] = {}
        dropped: set[str] = set()
        for op in self.ops:
            reads = tuple(stands[name] for name in op.inputs)
            if op.kind == "concat":
                reads = tuple(part for name in reads for part in self._beside(name, op, inputs))
            inputs[op.name] = reads
            if self.does_nothing(op) or (op.kind == "concat" and len(reads) == 1 and not op.params):
                dropped.add(op.name)
            stands[op.name] = reads[0] if op.name in dropped else op.name
        read = {name for op in self.ops if op.name not in dropped for name in inputs[op.name]}
        read |= {stands[name] for name in self.outputs}
        # Only what is put beside something else in one step more is read by nobody any longer.
        joined = {name for op in self.ops if op.kind == "concat" for name in op.inputs}
        dropped |= {op.name for op in self.ops if op.kind == "concat" and op.name in joined and op.name not in read}
        return inputs, dropped

    def _beside(self, name: str, op: Op, inputs: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
        """Return the values that a value put side by side with others consists of."""
        inner = self._rows.get(name)
        is_joined = (
            inner is not None and inner.kind == "concat" and inner.attributes == op.attributes and not inner.params
        )
        return inputs[name] if is_joined else (name,)

    def does_nothing(self, op: Op) -> bool:
        """Return whether an op leaves values as they are under the conditions: dropout in eval mode, an identity."""
        if op.kind in {"dropout", "droppath"}:
            return self.conditions.mode == "eval" or op.attributes.get("share") == 0
        return op.kind == "identity"

    def to_json(self) -> str:
        """Return the graph as text that `from_json` reads back to an equal graph."""
        document = {"schema": schema.stamp("graph", SCHEMA_VERSION)} | asdict(self)
        document.pop("_rows")
        return json.dumps(document, indent=1, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str, *, where: str = "graph") -> Graph:
        """Return the graph a text holds.

        Raises:
            SchemaError: Not a graph, or of a version this code cannot read.
        """
        try:
            parsed = json.loads(text)
        except json.JSONDecodeError as cause:
            raise SchemaError("a graph file must be JSON", got=str(cause), where=where) from cause
        document = schema.accept(parsed, "graph", SCHEMA_VERSION, where=where)
        conditions = document["conditions"]
        return cls(
            ops=tuple(_op_from(row) for row in document["ops"]),
            outputs=tuple(document["outputs"]),
            conditions=Conditions(
                inputs={name: tuple(shape) for name, shape in conditions["inputs"].items()},
                dtype=conditions["dtype"],
                mode=conditions["mode"],
                dtypes=conditions.get("dtypes", {}),
            ),
            buffers=document["buffers"],
            idle=tuple((key, count) for key, count in document["idle"]),
            buffer_bytes=document.get("buffer_bytes"),
            idle_bytes=document.get("idle_bytes"),
        )


def size(shape: Shape) -> int:
    """Return the number of elements of a shape.

    Example:
        >>> size((2, 3, 4)), size(())
        (24, 1)
    """
    count = 1
    for length in shape:
        count *= length
    return count


def times(shape: Sequence[int]) -> str:
    """Return a shape as people write it.

    Example:
        >>> times((16, 28, 28))
        '16×28×28'
    """
    return "×".join(str(length) for length in shape)


def _op_from(row: dict[str, Any]) -> Op:
    op = Op(
        name=row["name"],
        kind=row["kind"],
        inputs=tuple(row["inputs"]),
        shape=tuple(row["shape"]),
        dtype=row["dtype"],
        attributes={key: _tuples(value) for key, value in row["attributes"].items()},
        path=row["path"],
        in_place=row.get("in_place", False),  # tables written before these were recorded do not have them
        copies=row.get("copies", False),
    )
    params = tuple(Param(**(param | {"shape": tuple(param["shape"])})) for param in row["params"])
    return replace(op, params=params)


def _tuples(value: Any) -> Any:  # noqa: ANN401 - attributes are plain values of any kind
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value
