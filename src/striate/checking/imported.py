"""From any network to a blueprint: traced, then written in words."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from striate.blueprint import Blueprint
from striate.checking.tables import InputSize, tables
from striate.errors import BlueprintError, Quoted

if TYPE_CHECKING:
    from torch import nn

    from striate.nets import Network
    from striate.records.output import OutputKind


def import_blueprint(
    network: str | Path | Network | nn.Module,
    input_size: InputSize = None,
    *,
    names: Sequence[str] = (),
    output: OutputKind = "classes",
) -> Blueprint:
    """Return the blueprint of any network, whose table equals the one traced in eval mode, row by row.

    Only the design is imported: weights, names and preprocessing do not come along.

    Args:
        network: A reference, a `Network`, or any `nn.Module`.
        input_size: (channels, height, width) for a module; a network knows its own.
        names: Of the first output's values; numbered from 0 where none are given.
        output: What the outputs are, which a table does not tell. One value alone is "values".

    Raises:
        BlueprintError: The first op that no word writes, with the reason; or a network whose calls depend on data.
        InputError: Nothing of that name; no input size for a module that needs one.

    When it misleads:
        As `Blueprint.from_graph`. What runs in training only (side heads, paths dropped by chance) is left out.

    Example:
        >>> from torch import nn
        >>> net = nn.Sequential(nn.Conv2d(1, 6, 5), nn.Tanh(), nn.AvgPool2d(2), nn.Flatten(), nn.Linear(864, 10))
        >>> import_blueprint(net, (1, 28, 28)).to_text()
        'input 1x28x28; conv 5 6 padding 0, tanh; avgpool 2; classes 10'
    """
    found = tables(network, input_size)
    if found.is_one_run:
        raise BlueprintError(
            "a network must make the same calls for every image to be imported",
            got=Quoted("calls that depend on data"),
            where=found.subject.name,
            hint="A blueprint has no branches that are taken or left.",
        )
    return Blueprint.from_graph(found.used, names=names, output=output)
