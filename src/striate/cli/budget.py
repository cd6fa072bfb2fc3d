"""`striate budget`: a blueprint at a stated cost."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from striate.cli.terminal import print_json, size_option
from striate.errors import InputError, UsageError

if TYPE_CHECKING:
    from striate.analyse.budget import Budget, Change, Solved
    from striate.blueprint import Blueprint


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: striate budget net.yaml --macs 50M --multiple 8 --out small.yaml")(budget)


def budget(
    network: Annotated[Path, typer.Argument(help="A blueprint's file: .yaml, or .txt with its one line.")],
    macs: Annotated[str, typer.Option(help="Multiply-accumulates of one image, forward: 50M, 1.5G.")] = "",
    params: Annotated[str, typer.Option(help="Parameters: 2M.")] = "",
    memory: Annotated[str, typer.Option(help="Peak memory of a training step: 1.5GiB, 900MB.")] = "",
    like: Annotated[str, typer.Option(help="A network whose MACs are the budget, by any reference.")] = "",
    batch: Annotated[int, typer.Option(help="Images of the training step, for --memory.", min=1)] = 1,
    optimizer: Annotated[str, typer.Option(help="Of the training step, for --memory.")] = "adam",
    over: Annotated[
        str, typer.Option(help="What is solved: width (all widths), input, or a setting's name.")
    ] = "width",
    multiple: Annotated[int, typer.Option(help="What widths, sides or the setting must be multiples of.", min=1)] = 1,
    at_most: Annotated[bool, typer.Option("--at-most", help="Never pass the budget.")] = False,
    kernel: Annotated[
        str, typer.Option(help="First give every convolution above 1×1 another kernel: 3, or 5:3 for 5 alone.")
    ] = "",
    depth: Annotated[
        float | None, typer.Option(help="First multiply repeats, and layers that keep their shape, by this.")
    ] = None,
    input_: Annotated[str, typer.Option("--input", help="First give the input another size, like 3x160x160.")] = "",
    out: Annotated[Path | None, typer.Option(help="The file to write, .yaml or .txt.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Scale a blueprint to a cost, or change it and keep its cost.

    Without a budget, and with --kernel, --depth or --input, the budget is what the blueprint costs now, in MACs.
    """
    from striate.analyse.budget import solved_after
    from striate.blueprint import is_blueprint_file, read_blueprint

    if not is_blueprint_file(network):
        raise InputError(
            "only a blueprint's file can be solved",
            got=str(network),
            hint=_to_a_file(str(network)),
        )
    if not memory and (batch != 1 or optimizer != "adam"):
        raise UsageError(
            "--batch and --optimizer must come with --memory",
            got=f"--batch {batch} --optimizer {optimizer}",
            hint="MACs and parameters are of one image, without training.",
        )
    if out is not None and out.exists():
        raise InputError("the file to write must not be there yet", got=str(out), where="--out")
    if out is not None and out.suffix not in {".yaml", ".yml", ".txt"}:
        raise InputError("the file must end in .yaml or .txt", got=str(out), where="--out")
    plan = read_blueprint(network)
    changes = _changes(plan, kernel, depth, input_)
    found = solved_after(
        plan,
        changes,
        _budget(plan, (macs, params, memory, like), batch, optimizer, is_changed=bool(changes)),
        over=over,
        multiple=multiple,
        at_most=at_most,
    )
    _write(found, out)
    if json:
        print_json(found.document() | {"file": None if out is None else str(out)})
        return
    from striate.cli.solution import show_solved

    show_solved(found, out)


def _to_a_file(network: str) -> str:
    if network.startswith("input "):
        return f'Write one: striate new net.yaml --text "{network}"'
    return f"Write one: striate new net.yaml --from {network}"


def _budget(
    plan: Blueprint, given: tuple[str, str, str, str], batch: int, optimizer: str, *, is_changed: bool
) -> Budget:
    from striate.analyse.budget import budget_from, cost_of
    from striate.cli.amounts import count_from, size_from

    macs, params, memory, like = given
    stated = [name for name, text in zip(("--macs", "--params", "--memory", "--like"), given, strict=True) if text]
    if len(stated) > 1 or not (stated or is_changed):
        hint = "One of --macs, --params, --memory and --like; none with --kernel, --depth or --input keeps the cost."
        raise UsageError("one budget must be given", got=" ".join(stated) or "none", hint=hint)
    most = count_from(macs, where="--macs")
    if like:
        from striate.checking import check

        most = check(like).cost.total.macs
    elif not stated:
        most = cost_of(plan, "macs")
    return budget_from(
        macs=most,
        params=count_from(params, where="--params"),
        peak_bytes=size_from(memory, where="--memory"),
        batch=batch,
        optimizer=optimizer,
    )


def _changes(plan: Blueprint, kernel: str, depth: float | None, size: str) -> list[Change]:
    from striate.analyse.budget import Depth, Kernel
    from striate.findings import resize

    changes: list[Change] = []
    if kernel:
        was, _, side = kernel.rpartition(":")
        if not side.isdecimal() or not (was or "0").isdecimal():
            raise InputError("a kernel must be a number, or two with : between them", got=kernel, where="--kernel")
        changes.append(Kernel(side=int(side), was=int(was or 0)))
    if depth is not None:
        changes.append(Depth(factor=depth))
    if size:
        shape = size_option(size)
        if not isinstance(shape, tuple) or shape[0] != plan.input[0] or len(shape) != len(plan.input):
            raise InputError(
                "--input must keep the blueprint's channels and axes",
                got=size,
                where="--input",
                hint=f"Like {'x'.join(map(str, plan.input))}, which it is.",
            )
        changes.append([resize(shape[1:])])
    return changes


def _write(found: Solved, out: Path | None) -> None:
    if out is not None:
        from striate.runs import write_text

        write_text(out, f"{found.plan.to_text()}\n" if out.suffix == ".txt" else found.plan.to_yaml())
