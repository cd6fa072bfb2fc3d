"""`striate studio`: watch a network think, in the browser."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from striate.cli.terminal import print_line
from striate.cli.watch import Watcher

if TYPE_CHECKING:
    from striate.events import Events
    from striate.studio.subject import Subject

# Where `striate demo` leaves its run.
DEMO = Path("demo")


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: striate studio, or striate studio runs/a digits")(studio)


def studio(
    network: Annotated[
        str, typer.Argument(help="A run folder, or any network reference; the demo's if left out.", show_default=False)
    ] = "",
    data: Annotated[
        str, typer.Argument(help="Samples to choose from: digits, a folder, a manifest.", show_default=False)
    ] = "",
    beside: Annotated[
        list[str] | None,
        typer.Option(help="Another network to look at the same inputs in; may be repeated.", metavar="NET"),
    ] = None,
    pages: Annotated[
        list[Path] | None,
        typer.Option(
            help="Folder whose pages, of studies and searches, are listed among the reports; may be repeated.",
            metavar="DIR",
        ),
    ] = None,
    host: Annotated[
        str, typer.Option(help="Where it listens; another than this machine's own needs --token.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="0 takes a free one.", min=0, max=65535)] = 0,
    token: Annotated[
        str,
        typer.Option(
            envvar="STRIATE_TOKEN",
            help="Who knows it may look; drawn anew if left out. Others can read a command's options.",
        ),
    ] = "",
    browser: Annotated[bool, typer.Option(help="Open the address.")] = True,
) -> None:
    """Open a network in the browser: draw or choose an input, and see every layer answer.

    Without a network it is the demo's, in the folder demo: trained on digits first, if it is not there, which takes up to two
    minutes and is shown on the page.
    """
    from striate.studio.address import Address, check_token
    from striate.studio.named import check_named
    from striate.studio.serving import serve_opening

    # Nobody should wait for a network to hear of it.
    check_token(host, token)
    named = {reference: reference for reference in beside or ()}
    check_named(network, named, pages or ())

    def tell(address: Address) -> None:
        print_line(f"Studio: {address.url}")
        print_line("It ends with Ctrl-C.")

    opened = partial(_named, network, data) if network else _demo
    # The page is there at once and tells how far the opening is: seconds for a network, a minute's training for the demo.
    with Watcher() as events:
        serve_opening(
            partial(opened, named, pages or ()),
            events=events,
            host=host,
            port=port,
            token=token,
            opens_browser=browser,
            told=tell,
        )


def _named(network: str, data: str, beside: dict[str, str], pages: Sequence[Path], events: Events) -> Subject:
    from striate.studio.opening import subject_from

    return subject_from(network, data or None, beside=beside, pages=pages, events=events)


def _demo(beside: dict[str, str], pages: Sequence[Path], events: Events) -> Subject:
    from striate.studio.opening import demo_subject

    return demo_subject(DEMO, beside=beside, pages=pages, events=events)
