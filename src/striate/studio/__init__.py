"""The studio: a local server and its page, to watch a network think."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from torch import nn

    from striate.blueprint import Blueprint
    from striate.data import Dataset
    from striate.nets import Network
    from striate.studio.address import Address


def open(  # noqa: A001, PLR0913 - `striate.studio.open(net, data)` is what one says; what, and where it listens
    network: nn.Module | Network | Blueprint | str,
    data: Dataset | str | tuple[Any, ...] | None = None,
    *,
    beside: Mapping[str, nn.Module | Network | Blueprint | str] | None = None,
    pages: Sequence[str | Path] = (),
    host: str = "127.0.0.1",
    port: int = 0,
    token: str = "",
    opens_browser: bool = True,
) -> None:
    """Open a studio of a network in the browser, and serve it until it is interrupted.

    Args:
        network: Any `nn.Module`, or whatever `load_network` takes.
        data: Samples to choose from: a `Dataset`, or whatever `load_data` takes.
        beside: Other networks by name, to look at the same inputs in them: before and after, original and changed.
        pages: Folders whose pages, of studies, searches and whatever else wrote one, are listed among the reports.
        host: Where it listens: only this machine's own, unless a token is given.
        port: 0 takes a free one.
        token: Who knows it may look; drawn anew if empty.
        opens_browser: Whether the address, which is printed, is also opened.

    Raises:
        InputError: Network and data do not belong together; a network that cannot be replayed; a port that is taken; a
            folder of pages that is not there.

    Example:
        >>> import striate.studio, torchvision                          # doctest: +SKIP
        >>> striate.studio.open(torchvision.models.resnet18(), "photos")  # doctest: +SKIP
    """
    from striate.studio.opening import subject_from
    from striate.studio.serving import serve

    serve(
        subject_from(network, data, beside=beside, pages=pages),
        host=host,
        port=port,
        token=token,
        opens_browser=opens_browser,
        told=_print,
    )


def _print(address: Address) -> None:
    # A notebook or a script has no other place for it.
    sys.stdout.write(f"Studio: {address.url}\n")
