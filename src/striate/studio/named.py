"""What a studio was asked to open is there: told before a page is opened for it, and without torch while all is well."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from striate.errors import InputError
from striate.studio.paper.elsewhere import check_folders


def check_named(network: str, beside: Mapping[str, Any], pages: Sequence[str | Path]) -> None:
    """Refuse what is plainly not there; what is wrong with it otherwise is found when it is opened.

    Args:
        network: A reference, as on the command line; nothing is said of an empty one.
        beside: Networks beside it, by name.
        pages: Folders of pages.

    Raises:
        StriateError: A network, one beside it, or a folder of pages that is not there.
    """
    check_beside(beside)
    check_folders(pages)
    if network and _is_missing(network):
        from striate.nets import load_network

        # It says what a reference may be.
        load_network(network)


def check_beside(beside: Mapping[str, Any]) -> dict[str, Any]:
    """Return networks by name.

    Raises:
        InputError: One that is plainly not there.
    """
    for name, network in beside.items():
        if isinstance(network, str) and _is_missing(network):
            raise InputError("a network beside another must be there", got=network, where=name)
    return dict(beside)


def _is_missing(reference: str) -> bool:
    return ":" not in reference and not Path(reference).exists()
