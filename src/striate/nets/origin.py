"""Where a network comes from, so that it can be built again without a pickle."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from torch import nn

from striate.blueprint import Blueprint
from striate.errors import InputError, StriateError, unknown_name
from striate.nets.cuts.ending import Ending

OriginKind = Literal["blueprint", "timm", "torchvision", "python", "module"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """How a module is made again.

    Attributes:
        kind: "blueprint", "timm", "torchvision", "python", or "module" (from a session; cannot be made again).
        text: The blueprint as YAML, the model's name, or `package.module:factory`.
        outputs: Output units asked of a zoo network; 0 leaves its own.
        channels: Input channels its first convolutions were made for afterwards; 0 leaves its own.
        first: Names of those convolutions.
        options: Further arguments of timm's factory, plain values.
        ending: Where it was cut and what stands there instead; None for the whole network.
    """

    kind: OriginKind
    text: str
    outputs: int = 0
    channels: int = 0
    first: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    ending: Ending | None = None

    def build(self) -> nn.Module:
        """Return a new module with its own random or reset weights.

        Raises:
            UnknownNameError: The zoo has no such network.
            InputError: The module has no origin, or its factory failed.
        """
        module = self._as_published()
        if self.channels:
            from striate.nets.channels import shaped

            module = shaped(module, self.first, self.channels)
        return module if self.ending is None else self.ending.applied(module)

    def ended(self, ending: Ending) -> Origin:
        """Return the origin of this network cut once more."""
        return replace(self, ending=replace(ending, within=self.ending))

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Origin:
        """Return what `dataclasses.asdict` wrote to JSON; what an older file does not say has its default."""
        fields: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in document.items()
        }
        if fields.get("ending") is not None:
            fields["ending"] = Ending.from_document(fields["ending"])
        return cls(**fields)

    def _as_published(self) -> nn.Module:
        if self.kind == "blueprint":
            from striate.nets.build import build

            return build(Blueprint.from_yaml(self.text, where="network.json"))
        if self.kind == "timm":
            return _from_timm(self.text, self.outputs, self.options)
        if self.kind == "torchvision":
            return _from_torchvision(self.text, self.outputs)
        if self.kind == "python":
            return _from_factory(self.text)
        raise InputError(
            "a network must have an origin to be built again",
            got="a module from a session",
            hint="Put its making into a function and name it: python:package.module:factory.",
        )


def _from_timm(name: str, outputs: int, given: Mapping[str, Any]) -> nn.Module:
    import timm

    if name not in timm.list_models() and not timm.is_model(name):
        raise unknown_name("timm network", name, timm.list_models())
    options: dict[str, Any] = {**given, **({"num_classes": outputs} if outputs else {})}
    try:
        module: nn.Module = timm.create_model(name, pretrained=False, **options)
    except Exception as cause:
        if not given:
            raise
        # What a file states may be anything.
        raise InputError("a timm network must take its arguments", got=repr(cause), where=name) from cause
    return module


def _from_torchvision(name: str, outputs: int) -> nn.Module:
    import torchvision

    known = [
        name
        for group in (torchvision.models, torchvision.models.video)
        for name in torchvision.models.list_models(module=group)
    ]
    if name not in known:
        raise unknown_name("torchvision network", name, known)
    module: nn.Module = torchvision.models.get_model(
        name, weights=None, **({"num_classes": outputs} if outputs else {})
    )
    return module


@contextmanager
def _working_folder_importable() -> Iterator[None]:
    """Look for modules in the working folder too, as `python -m` does, for the block only."""
    folder = str(Path.cwd())
    sys.path.insert(0, folder)
    try:
        yield
    finally:
        sys.path.remove(folder)


def _from_factory(text: str) -> nn.Module:
    import importlib

    module_name, _, attribute = text.partition(":")
    if not module_name or not attribute:
        raise InputError("a python reference must be python:package.module:factory", got=text)
    try:
        with _working_folder_importable():
            module = importlib.import_module(module_name)
    except ImportError as cause:
        is_missing = isinstance(cause, ModuleNotFoundError) and cause.name == module_name.partition(".")[0]
        hint = "Is its folder on PYTHONPATH, or the working folder?" if is_missing else "Mend that import."
        raise InputError(
            "a python reference must name something importable", got=text, hint=f"{cause}. {hint}"
        ) from cause
    if not hasattr(module, attribute):
        known = [name for name, value in vars(module).items() if callable(value) and not name.startswith("_")]
        raise unknown_name(f"factory in {module_name}", attribute, known)
    factory = getattr(module, attribute)
    try:
        made = factory if isinstance(factory, nn.Module) else factory()
    except StriateError:
        raise
    except Exception as cause:  # the user's code may raise anything
        raise InputError("a factory must make a module without arguments", got=repr(cause), where=text) from cause
    if not isinstance(made, nn.Module):
        raise InputError("a factory must return a torch module", got=type(made).__name__, where=text)
    return made
