"""The classes that torch does not have, as text: what a network that is written out needs beside torch."""

from __future__ import annotations

import ast
from pathlib import Path

from striate.errors import BlueprintError

# Modules that torch does not have; read as text, for nothing of torch is needed to write source.
_MODULES = Path(__file__).parents[1] / "nets" / "modules"
_IMPORTS = {"collections": {"OrderedDict"}, "torch": {"nn"}}


def module_sources(files: tuple[str, ...]) -> tuple[str, str]:
    """Return the import lines of a network that is written, and the classes it needs beside torch's.

    Args:
        files: Files of `striate.nets.modules` without their ending, each once.

    Example:
        >>> imports, classes = module_sources(("permute",))
        >>> print(imports)
        from __future__ import annotations
        <BLANKLINE>
        from collections import OrderedDict
        <BLANKLINE>
        import torch
        from torch import Tensor, nn
        >>> classes.splitlines()[0]
        'class Permute(nn.Module):'
    """
    names = {module: set(found) for module, found in _IMPORTS.items()}
    parts = []
    for name in files:
        file = _MODULES / f"{name}.py"
        if not file.is_file():
            raise BlueprintError(
                "a module that is written out must be one of Striate's own",
                got=name,
                hint="Build the network with striate.nets.build.",
            )
        text = file.read_text(encoding="utf-8")
        tree = ast.parse(text)
        for node in tree.body:
            if isinstance(node, ast.ImportFrom) and node.module:
                names.setdefault(node.module, set()).update(alias.name for alias in node.names)
        # Its own docstring and its imports stand before the first class or function.
        first = next(node for node in tree.body if isinstance(node, ast.ClassDef | ast.FunctionDef))
        parts.append("\n".join(text.splitlines()[first.lineno - 1 :]).rstrip() + "\n\n\n")
    lines = [f"from {module} import {', '.join(sorted(names[module]))}" for module in sorted(names)]
    future = [line + "\n" for line in lines if line.startswith("from __future__")]
    own = [line for line in lines if line.startswith("from torch")]
    rest = [line for line in lines if not line.startswith(("from __future__", "from torch"))]
    return "\n".join([*future, *rest, "", "import torch", *own]), "".join(parts)
