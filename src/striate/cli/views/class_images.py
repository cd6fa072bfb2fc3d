"""`striate explain class_images`: images grown from noise, or from an image, until a class's score is high."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from striate import schema
from striate.cli.explaining import Setting
from striate.cli.terminal import print_json, print_line
from striate.cli.views import grown
from striate.cli.views.view import Request, refuse
from striate.cli.watch import Watcher
from striate.findings import Finding

if TYPE_CHECKING:
    from striate.records import ClassImages

SCHEMA_VERSION = 1
TAKES = grown.TAKES
SETTINGS: Mapping[str, Setting] = {**grown.SETTINGS, "judge": str}


def view(request: Request) -> Sequence[Finding]:
    """Print what each class image reached; write arrays and sheets; return what the rule finds."""
    from striate.cli.explain_inputs import units_of
    from striate.cli.tables import show_findings
    from striate.explain import class_images
    from striate.explain.growing.prior import USUAL
    from striate.lint import lint
    from striate.nets import load_network
    from striate.records import Evidence
    from striate.report.pictures.grown import SEE, WRONG, class_lines

    refuse(request, layer=True)
    network = load_network(request.network)
    arguments = grown.asked(request, network, USUAL, with_judge=True)
    targets = units_of(request.classes, network.output) if request.classes else None
    with Watcher(quiet=request.json) as events:
        found = class_images(network, targets=targets, events=events, **arguments)
    written = _write(request, found)
    rows = [_plain(found, place) for place in range(len(found.names))]
    # Without real images any detail is usual: what is too rough is then asked in vain, whether the class comes first is not.
    findings = lint(
        Evidence(class_images=found), select=["class-images-are-noise", "class-images-miss-their-class"]
    ).findings
    if request.json:
        print_json(
            {
                "schema": schema.stamp("class-images", SCHEMA_VERSION),
                "network": request.network,
                "images": rows,
                "findings": [finding.message for finding in findings],
                "written": written,
            }
        )
        return findings
    for place, name in enumerate(found.names):
        print_line(f"{name}: {'; '.join(class_lines(found, place))}.")
    if found.steps:
        print_line(f"{SEE} {WRONG}")
    else:
        print_line(
            "Nothing was grown, with steps=0: these are the images it would have begun at, and nothing is judged."
        )
    if findings:
        show_findings(findings, checked=0)
    for path in written:
        print_line(f"Wrote {path}.")
    return findings


def _write(request: Request, found: ClassImages) -> list[str]:
    from striate.cli.explain_tables import write_arrays
    from striate.report.pictures.grown import class_sheet
    from striate.runs import write_bytes

    for path in request.pictures:
        write_bytes(path, class_sheet(found, source=request.network))
    names = ("images", "plain", "probability", "score", "detail", "plain_detail", "twin", "twin_score", "twin_detail")
    arrays = {name: getattr(found, name) for name in names if getattr(found, name) is not None}
    said = {"schema": schema.stamp("class-images-arrays", SCHEMA_VERSION), "network": request.network}
    rows = [_plain(found, place) for place in range(len(found.names))]
    write_arrays([path for path in request.out if path.suffix != ".png"], arrays, said | {"images": rows})
    return [str(path) for path in request.out]


def _plain(found: ClassImages, place: int) -> dict[str, Any]:
    return {
        "class": found.names[place],
        "score": None if found.score is None else float(found.score[place]),
        "natural_score": found.natural_score[place] if found.natural_score else None,
        "rank": found.rank[place] if found.rank else None,
        "means": float(found.probability[place]),
        "detail": float(found.detail[place]),
        "judge_rank": found.judge_rank[place] if found.judge_rank else None,
        "judge_means": found.judge_probability[place] if found.judge_probability else None,
        "steps": found.steps * (1 + found.rounds[place]),
        "rounds": found.rounds[place],
        "pull": found.pull[place],
        "seed": found.seed,
    }
