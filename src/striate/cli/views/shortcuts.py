"""`striate explain shortcuts`: whether held-out answers follow a place, a patch or the background."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from striate.cli.explaining import Setting
from striate.cli.terminal import print_json, print_line
from striate.cli.views.view import Request, refuse
from striate.cli.watch import Watcher
from striate.errors import Quoted, UsageError
from striate.findings import Finding
from striate.numbers import count, listed

if TYPE_CHECKING:
    from striate.report.shortcut_search import ShortcutSearch

TAKES = "one data set"
SETTINGS: Mapping[str, Setting] = {"masks": str, "images": int, "passes": int, "seed": int}
_NOT_EXCHANGED = {
    "images": "Places were not exchanged: two classes need four images each that are answered right.",
    "passes": "Places were not exchanged: it takes more passes than may be taken; --set passes=… allows more.",
}
_NO_OBJECTS = "Backgrounds were not changed: objects are not known; --set masks=… says where they are."


def view(request: Request) -> Sequence[Finding]:
    """Print what the rules on shortcuts find, or the figures at which they find nothing."""
    refuse(request, layer=True, classes=True, out=True)
    settings = request.read(SETTINGS)
    if len(request.images) != 1:
        raise UsageError(
            "shortcuts must be sought in one data set",
            got=Quoted(listed(request.images) or "none"),
            hint="Like striate explain shortcuts runs/a digits.",
        )
    from striate.report.shortcut_search import find_shortcuts

    with Watcher(quiet=request.json) as events:
        found = find_shortcuts(request.network, request.images[0], **settings, events=events)
    if request.json:
        print_json(found.document())
    else:
        _show(found)
    return found.report.findings


def _show(found: ShortcutSearch) -> None:
    from striate.cli.tables import show_findings

    seen = found.shortcuts
    print_line(f"{count(seen.right)} of {count(seen.images)} held-out images were answered right and took part.")
    for name, figure in found.report.figures.items():
        print_line(f"{name.replace('-', ' ')}: found nothing; {figure}.")
    if seen.unexchanged:
        print_line(_NOT_EXCHANGED[seen.unexchanged])
    if seen.background is None:
        print_line(_NO_OBJECTS)
    patches = seen.exchange.patches if seen.exchange is not None else ()
    if patches and patches[0].turned_samples:
        places = [sample.place for sample in found.dataset.samples]
        turned = [f"{places[sample]} with that of {places[giver]}" for sample, giver in patches[0].turned_samples]
        name = found.classes[patches[0].target]
        print_line(f"The patch that turns most is cut from images of {name}; it turned {listed(turned, 5)}.")
    show_findings(found.report.findings, checked=len(found.report.silent), skipped=len(found.report.skipped))
