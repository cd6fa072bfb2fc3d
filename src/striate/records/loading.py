"""How weights are to be loaded, and what became of every tensor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from striate.numbers import count, percent, plural, storage

By = Literal["name", "order", "zoo"]
Fate = Literal[
    "loaded",
    "missing",
    "unexpected",
    "reshaped",
    "retyped",
    "another part",
    "not finite",
    "too large",
    "new head",
    "counter",
]
# What is told in words, in this order.
_TOLD: tuple[Fate, ...] = (
    "not finite", "too large", "missing", "unexpected", "reshaped", "retyped", "another part", "new head", "counter",
)  # fmt: skip
_SHOWN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Loading:
    """How a weight file is matched with a network, and what is asked of it.

    Attributes:
        by: "name"; "order" (the n-th tensor of the file into the n-th of the network, for files whose names are others; shapes
            and last words must agree); or "zoo" (timm's own reader renames what other projects wrote, strictly).
        least_share: Share of the network's tensors, and of their bytes, that must be loaded. With 1.0 nothing may be left over
            in the file either. A new head and counters are not counted.
        sha256: What the file's SHA-256 must begin with; at least 8 digits, empty if it is not known.
        outputs: Outputs the network is built with; 0 leaves the zoo's own. If the file has another number of them, the network
            begins a new head: this is how that is asked for.
        most_magnitude: Largest value that is believed; a running variance, which is a square, may reach its square. A damaged
            file holds 1e30; the published weights of efficientnet_lite0 end at 13, its running means at 23, its running
            variances at 566; what lies beyond 65,504 no float16 could hold.
    """

    by: By = "name"
    least_share: float = 1.0
    sha256: str = ""
    outputs: int = 0
    most_magnitude: float = 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class TensorLoad:
    """What became of one tensor.

    Attributes:
        name: In the network; in the file, if the network has none such.
        fate: "loaded"; "missing" in the file; "unexpected" in the file; "reshaped" (other shapes); "retyped" (whole numbers for
            fractions); "another part" (a bias for a weight, by order); "not finite"; "too large" (above
            `Loading.most_magnitude`); "new head" (left at its random start,
            as asked); "counter" (of batches seen: older files have none, and evaluation needs none).
        source: Name in the file; empty if it is not there.
        shape: In the network; in the file, if unexpected.
        found_shape: In the file, where that differs.
        size_bytes: Of the tensor in the network; in the file, if unexpected.
    """

    name: str
    fate: Fate
    source: str = ""
    shape: tuple[int, ...] = ()
    found_shape: tuple[int, ...] = ()
    size_bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleLoad:
    """Shares of one part of the network.

    Attributes:
        module: First word of the tensors' names.
        tensors: How many the file should fill.
        loaded: How many it did.
        size_bytes: Of the tensors it should fill.
        loaded_bytes: Of those it did.
    """

    module: str
    tensors: int
    loaded: int
    size_bytes: int
    loaded_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadReport:
    """What became of every tensor of a network and of a weight file.

    Attributes:
        file: Where the weights are from.
        sha256: Of that file.
        by: How tensors were matched.
        prefix: What the file's names begin with and the network's do not; empty if nothing.
        tensors: The network's in its order, then the file's that are left over.

    Example:
        >>> fine = TensorLoad(name="a.weight", fate="loaded", size_bytes=30)
        >>> lost = TensorLoad(name="b.weight", fate="missing", size_bytes=10)
        >>> report = LoadReport(file="w.pth", sha256="", by="name", prefix="", tensors=(fine, lost))
        >>> report.tensor_share, report.byte_share
        (0.5, 0.75)
    """

    file: str
    sha256: str
    by: By
    prefix: str
    tensors: tuple[TensorLoad, ...]

    def of(self, fate: Fate) -> tuple[TensorLoad, ...]:
        """Tensors of one fate."""
        return tuple(tensor for tensor in self.tensors if tensor.fate == fate)

    @property
    def wanted(self) -> tuple[TensorLoad, ...]:
        """The network's tensors that the file should fill."""
        return tuple(tensor for tensor in self.tensors if tensor.fate not in {"unexpected", "new head", "counter"})

    @property
    def tensor_share(self) -> float:
        """Share of the wanted tensors that were loaded."""
        return len(self.of("loaded")) / max(len(self.wanted), 1)

    @property
    def byte_share(self) -> float:
        """Share of the wanted tensors' bytes that were loaded."""
        return _bytes(self.of("loaded")) / max(_bytes(self.wanted), 1)

    @property
    def modules(self) -> tuple[ModuleLoad, ...]:
        """Shares by the network's first-level modules, in its order."""
        found: dict[str, list[TensorLoad]] = {}
        for tensor in self.wanted:
            found.setdefault(tensor.name.partition(".")[0], []).append(tensor)
        return tuple(
            ModuleLoad(
                module=module,
                tensors=len(tensors),
                loaded=sum(tensor.fate == "loaded" for tensor in tensors),
                size_bytes=_bytes(tensors),
                loaded_bytes=_bytes([tensor for tensor in tensors if tensor.fate == "loaded"]),
            )
            for module, tensors in found.items()
        )

    @property
    def told(self) -> str:
        """One sentence: "102 of 102 tensors (100.0 % of 44.7 MB) by name; …"."""
        loaded, wanted = len(self.of("loaded")), self.wanted
        # Nearly all is not all: 99.99 % is not rounded up.
        share = percent(self.byte_share if self.byte_share == 1 else min(self.byte_share, 0.999))
        parts = [
            f"{count(loaded)} of {plural(len(wanted), 'tensor')} ({share} of {storage(_bytes(wanted))}) by {self.by}"
        ]
        if self.prefix:
            parts.append(f"names without their {self.prefix!r}")
        return "; ".join([*parts, *self.troubles])

    @property
    def troubles(self) -> tuple[str, ...]:
        """What was not loaded, by fate, with the first names: "2 missing (conv1.weight, conv1.bias)"."""
        return tuple(_some(fate, self.of(fate)) for fate in _TOLD if self.of(fate))

    def document(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        from dataclasses import asdict

        return {
            "file": self.file,
            "sha256": self.sha256,
            "by": self.by,
            "prefix": self.prefix,
            "tensor_share": self.tensor_share,
            "byte_share": self.byte_share,
            "modules": [asdict(module) for module in self.modules],
            "tensors": [asdict(tensor) for tensor in self.tensors],
        }


def _bytes(tensors: tuple[TensorLoad, ...] | list[TensorLoad]) -> int:
    return sum(tensor.size_bytes for tensor in tensors)


def _some(fate: Fate, tensors: tuple[TensorLoad, ...]) -> str:
    names = ", ".join(tensor.name for tensor in tensors[:_SHOWN])
    return f"{count(len(tensors))} {fate} ({names}{', …' if len(tensors) > _SHOWN else ''})"
