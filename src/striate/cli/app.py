"""The commands together, and what happens to errors on the way out."""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Sequence
from typing import Annotated

import typer

from striate.cli import (
    adapt,
    backward,
    budget,
    check,
    demo,
    dense,
    downstream,
    explain,
    extract,
    init,
    inspect,
    known,
    load,
    new,
    rules,
    schema,
    search,
    similar,
    splits,
    studio,
    study,
    train,
    verify,
    zoo,
)  # fmt: skip
from striate.cli import map as mapping  # the command's name is a built-in's
from striate.errors import Cancelled, StriateError, UsageError

app = typer.Typer(
    name="striate",
    help="Design convolutional networks inside a budget, adapt pretrained ones, and understand what they learned.",
    epilog='Example: striate new net.yaml --text "input 1x28x28; conv 3x3 8, relu; classes 10"',
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode="rich",
)


def _version(asked: bool) -> bool:
    if asked:
        from importlib.metadata import version

        sys.stdout.write(f"striate {version('striate')}\n")
        raise typer.Exit
    return asked


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
    debug: Annotated[
        bool, typer.Option("--debug", help="Show where an error came from; anywhere on the line.")
    ] = False,
) -> None:
    # Both are done before a command is called.
    del version, debug


for _module in (
    new, known, zoo, load, check, budget, splits, init, train, adapt, verify, inspect, explain, extract, similar, mapping,
    downstream, backward, dense, study, search, studio, demo, rules, schema,
):  # fmt: skip
    _module.add_to(app)

_COMMANDS = {command.name or command.callback.__name__ for command in app.registered_commands if command.callback}
DONE, OUR_FAULT = 0, 3
# What Typer makes of Ctrl-C, without a word.
_INTERRUPTED = 130


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code; every error becomes one line on standard error.

    Args:
        arguments: As after the program's name. `--debug` anywhere shows the traceback too.
    """
    debug = "--debug" in arguments
    arguments = [argument for argument in arguments if argument != "--debug"]
    try:
        code = app(args=list(arguments), standalone_mode=False)
    except StriateError as error:
        if debug:
            traceback.print_exc()
        _say(error, as_json="--json" in arguments)
        return error.exit_code
    except (KeyboardInterrupt, typer.Abort):
        code = _INTERRUPTED
    except BrokenPipeError:
        return DONE
    except Exception as error:  # noqa: BLE001 - the last catch: what we did not foresee is our fault, said in one line
        if hasattr(error, "format_message"):
            # Typer's errors about options and commands have no class of their own that one may import.
            return _misused(error.format_message(), arguments)
        if debug:
            traceback.print_exc()
        message = f"our fault: {type(error).__name__}: {error}. Run again with --debug. [bug]"
        if "--json" in arguments:
            sys.stdout.write(json.dumps({"error": {"code": "bug", "message": message}}, ensure_ascii=False) + "\n")
        sys.stderr.write(f"striate: {message}\n")
        return OUR_FAULT
    if code == _INTERRUPTED:
        interrupt = Cancelled("the command was interrupted", hint="Run it again to go on.")
        _say(interrupt, as_json="--json" in arguments)
        return interrupt.exit_code
    return code if isinstance(code, int) else DONE


def _misused(message: str, arguments: Sequence[str]) -> int:
    """Say how a command was misused, and where its help is; `striate` alone has printed its help already."""
    words = " ".join(message.split()).rstrip(".")
    if words:
        named = f"striate {arguments[0]}" if arguments[:1] and arguments[0] in _COMMANDS else "striate"
        error = UsageError(f"the command must be called as its help says: {words}", hint=f"See {named} --help.")
        _say(error, as_json="--json" in arguments)
    return UsageError.exit_code


def _say(error: StriateError, *, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps({"error": error.facts()}, ensure_ascii=False) + "\n")
    sys.stderr.write(f"striate: {error}\n")
