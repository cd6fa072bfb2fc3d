"""From a network and data to one report: gathering the evidence, the sections as data, one HTML file.

`inspect` is imported when it is first used: the page about a table alone (`checkpage`) is written without torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from striate.report.inspection import Inspection, inspect

__all__ = ["Inspection", "inspect"]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - any public name
    if name not in __all__:
        message = f"module 'striate.report' has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(import_module("striate.report.inspection"), name)
