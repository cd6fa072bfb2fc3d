"""From a blueprint to a torch module, by the constructors that the kinds name."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

from torch import nn

from striate.blueprint import Blueprint, Module, written
from striate.blueprint.source import JOIN_CLASSES, WITH_HEADS
from striate.errors import InputError
from striate.nets.modules import MODULES


def build(plan: Blueprint) -> nn.Sequential:
    """Return the network of a blueprint, with torch's own random start; see `initialise` for others.

    Its modules bear the names of the table's rows, and its state dict is that of `Blueprint.to_source`. A network with
    further heads returns a tuple: its own answer, then theirs in the order they are written.

    Raises:
        ShapeError: Sizes that do not fit.
        BlueprintError: A choice that is still open.

    Example:
        >>> net = build(Blueprint.from_text("input 1x28x28; conv 3x3 8, relu; globalavgpool; classes 10"))
        >>> [name for name, _ in net.named_children()]
        ['conv1', 'relu1', 'globalavgpool1', 'flatten1', 'classes']
    """
    modules = written(plan).modules
    heads = [module.name for module in modules if module.sort == "head"]
    children = _children(modules)
    if not heads:
        return nn.Sequential(children)
    made: nn.Sequential = MODULES[WITH_HEADS](children, heads=heads)  # type: ignore[assignment]  # what that class is
    return made


def _children(modules: Sequence[Module]) -> OrderedDict[str, nn.Module]:
    return OrderedDict((module.name, _built(module)) for module in modules)


def _built(module: Module) -> nn.Module:
    if module.sort == "join":
        return MODULES[JOIN_CLASSES[module.meeting]](*(_branch(branch) for branch in module.parts))
    if module.sort != "op":
        return nn.Sequential(_children(module.parts))
    call = module.call
    if call is None:
        raise InputError("a blueprint's op must have a module", got=module.name)
    constructor = MODULES[call.name] if call.module else getattr(nn, call.name)
    made: nn.Module = constructor(*call.args, **call.kwargs)
    return made


def _branch(branch: Module) -> nn.Module:
    return nn.Sequential(_children(branch.parts)) if branch.parts else nn.Identity()
