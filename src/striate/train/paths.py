"""Paths into a network: "blocks.0" means that module and everything in it."""

from __future__ import annotations

from collections.abc import Iterable

from torch import nn

from striate.errors import UnknownNameError, unknown_name


def is_within(name: str, path: str) -> bool:
    """Return whether a tensor or module is a path's own or lies in it.

    Example:
        >>> is_within("blocks.1.conv", "blocks.1"), is_within("blocks.10", "blocks.1")
        (True, False)
    """
    return name == path or name.startswith(f"{path}.")


def is_within_any(name: str, paths: Iterable[str]) -> bool:
    """Return whether a tensor or module lies in one of several paths."""
    return any(is_within(name, path) for path in paths)


def check_paths(module: nn.Module, paths: Iterable[str], *, where: str, with_parameters: bool = False) -> None:
    """Refuse a path that leads nowhere.

    Args:
        module: The network.
        paths: Of modules in it.
        where: The recipe's field, for the message.
        with_parameters: Whether the name of a single parameter will do too.

    Raises:
        UnknownNameError: With the nearest paths there are.
    """
    modules = [name for name, _ in module.named_modules(remove_duplicate=False) if name]
    known = set(modules)
    if with_parameters:
        known.update(name for name, _ in module.named_parameters(remove_duplicate=False))
    for path in paths:
        if path not in known:
            raise _unknown(path, sorted(known), modules, where)


def _unknown(path: str, known: list[str], modules: list[str], where: str) -> UnknownNameError:
    """Return the error; without a near one, the network's first level is shown rather than all of it."""
    error = unknown_name("path", path, known, where=where)
    if error.hint.startswith("Did you mean"):
        return error
    return unknown_name("path", path, [name for name in modules if "." not in name], where=where)
