"""`striate check`: the table, its cost and advice; beside it what can only be measured, and another network."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from striate.cli.terminal import end_with, print_json, print_line, size_option
from striate.errors import InputError, UsageError

if TYPE_CHECKING:
    from striate.checking import Check

Format = Literal["text", "json", "sarif", "github"]


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: striate check timm:resnet50 --input 3x224x224 --batch 8 --memory 8")(check)


def check(
    network: Annotated[
        str,
        typer.Argument(help="net.yaml, a run, timm:name, torchvision:name, hub:owner/name, python:module:factory."),
    ],
    input_: Annotated[
        str,
        typer.Option(
            "--input", help="Input size, like 3x224x224, or image=3x64x64,mask=1x64x64; a blueprint knows its own."
        ),
    ] = "",
    batch: Annotated[int, typer.Option(help="Images at once, for cost, memory and time.", min=1)] = 1,
    optimizer: Annotated[str, typer.Option(help="sgd, momentum (sgd with it), adam, adamw or rmsprop.")] = "adam",
    implementation: Annotated[
        str, typer.Option(help="How torch runs the optimiser: for-loop (CPU), foreach (GPU) or fused.")
    ] = "for-loop",
    precision: Annotated[str, typer.Option(help="full, or mixed for autocast to bfloat16.")] = "full",
    checkpoint: Annotated[
        list[str] | None,
        typer.Option(help="Module computed again in the backward pass; blocks for all blocks. May be repeated."),
    ] = None,
    memory: Annotated[
        float, typer.Option(help="GiB that the largest batch has to fit into; this machine's if left out.", min=0)
    ] = 0,
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set", help="Choice made or setting changed in a blueprint: w=48, conv2.kernel=5. May be repeated."
        ),
    ] = None,
    compare: Annotated[str, typer.Option(help="Another network, to see both side by side.")] = "",
    time: Annotated[bool, typer.Option("--time", help="Measure milliseconds per op on this machine, too.")] = False,
    effective: Annotated[
        bool, typer.Option("--effective", help="Measure how much of its field the last map uses, too.")
    ] = False,
    page: Annotated[Path | None, typer.Option(help="Write the table, findings and memory as one HTML page.")] = None,
    select: Annotated[
        list[str] | None, typer.Option(help="Ask only these rules: codes, names or SHP, with commas.")
    ] = None,
    ignore: Annotated[list[str] | None, typer.Option(help="Do not ask these rules.")] = None,
    format_: Annotated[
        Format, typer.Option("--format", help="text, json, sarif (code hosts, editors) or github (workflow commands).")
    ] = "text",
    fix: Annotated[bool, typer.Option("--fix", help="Write a copy of the blueprint with its cures applied.")] = False,
    out: Annotated[Path | None, typer.Option(help="The copy; NAME.fixed.yaml beside the original if left out.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show a network's table with cost, memory and receptive field, and what is wrong with its design.

    Ends with 1 if there is a warning or an error, with 0 if there are only notes or nothing, with 3 if a rule raised.
    """
    if time and (precision != "full" or implementation != "for-loop" or checkpoint or optimizer == "rmsprop"):
        raise UsageError(
            "--time must come with full precision, for-loop, no checkpoint, and sgd, momentum, adam or adamw",
            got=f"--precision {precision} --implementation {implementation} --optimizer {optimizer}",
            hint="Leave these out: what is timed is torch's own way on a CPU.",
        )
    form = _form(format_, as_json=json, fix=fix, out=out, extras=bool(compare or time or effective or page))
    from striate.checking import check as check_network

    paths = tuple(checkpoint or ())
    asked: dict[str, Any] = {
        "batch": batch,
        "optimizer": optimizer,
        "implementation": implementation,
        "precision": precision,
        "checkpoint": "blocks" if paths == ("blocks",) else paths,
        "memory_bytes": round(memory * 2**30) or None,
        "select": select or (),
        "ignore": ignore or (),
    }
    try:
        found = check_network(network, size_option(input_), values=set_ or (), **asked)
    except InputError as error:
        _show_reached(error, form)
        raise
    if fix:
        from striate.cli.fixing import fix as write_fixed

        left = write_fixed(found, out, select=select or (), ignore=ignore or (), as_json=form == "json")
        end_with(left)
        return
    other = check_network(compare, size_option(input_), **asked) if compare else None
    _show(found, other, form, time=time, effective=effective)
    if page is not None:
        from striate.report.checkpage import write_check_page

        write_check_page(found, page)
        if form == "text":
            print_line(f"Wrote {page}.")
    if found.report.failures:
        raise typer.Exit(3)
    end_with(found.findings)


def _form(form: Format, *, as_json: bool, fix: bool, out: Path | None, extras: bool) -> Format:
    """Return the form to print in; refuse options that contradict each other."""
    if as_json and form not in {"text", "json"}:
        raise UsageError("one form must be asked for", got=f"--json --format {form}")
    form = "json" if as_json else form
    if fix and form not in {"text", "json"}:
        raise UsageError("--fix must say what it did as text or json", got=f"--format {form}")
    if out is not None and not fix:
        raise UsageError("--out must come with --fix", got=f"--out {out}")
    if extras and (fix or form not in {"text", "json"}):
        what = "--fix" if fix else f"--format {form}"
        raise UsageError("--compare, --time, --effective and --page must come without it", got=what)
    return form


def _show(found: Check, other: Check | None, form: Format, *, time: bool, effective: bool) -> None:
    if form in {"sarif", "github"}:
        _print_report(found, form)
        return
    from striate.cli.comparison import comparison_of, show_comparison
    from striate.cli.measuring import Measured, measured, show_measured
    from striate.cli.tables import show_check

    if form == "text":
        # Before what takes longer, so that there is something to read.
        show_check(found) if other is None else show_comparison(found, other)
    figures = measured(found, time=time, effective=effective, quiet=form == "json") if time or effective else Measured()
    if form == "text":
        show_measured(figures)
        return
    document = found.document() | figures.document()
    if other is not None:
        document["comparison"] = comparison_of(found, other).document()
    print_json(document)


def _print_report(found: Check, form: Format) -> None:
    import sys
    from importlib.metadata import version

    from striate.lint import to_github, to_sarif

    if form == "sarif":
        sys.stdout.write(to_sarif(found.report, found.subject, version=version("striate")))
    else:
        sys.stdout.write(to_github(found.report, found.subject))


def _show_reached(error: InputError, form: Format) -> None:
    """Show the table up to the op that refused, before the error is told."""
    if error.reached is None or not len(error.reached) or form != "text":
        return
    from striate.analyse import layers
    from striate.cli.layers import layer_table
    from striate.cli.terminal import console

    console().print(layer_table(layers(error.reached)))
