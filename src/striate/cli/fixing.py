"""`striate check --fix`: a copy of a blueprint with its cures applied."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from striate.checking import Check
from striate.cli.terminal import print_json, print_line
from striate.errors import InputError
from striate.findings import Finding
from striate.lint.offer_text import offer_text
from striate.numbers import plural


def fix(
    found: Check, out: Path | None, *, select: Sequence[str], ignore: Sequence[str], as_json: bool
) -> tuple[Finding, ...]:
    """Write the copy, say what was done, and return the findings that are left.

    Raises:
        InputError: No blueprint file; a file that is there already, the original above all.
    """
    from dataclasses import asdict

    from striate.lint import fixed
    from striate.runs import write_text

    original = Path(found.subject.file)
    if found.plan is None or not found.subject.file:
        raise InputError("only a blueprint file can be changed", got=found.name, where="--fix")
    path = out or original.with_name(f"{original.stem}.fixed{original.suffix}")
    if path.exists():
        is_original = path.resolve() == original.resolve()
        hint = "The original is never written over." if is_original else "Choose another name with --out."
        raise InputError("the file to write must not be there yet", got=str(path), where="--out", hint=hint)
    done = fixed(found.plan, select=select, ignore=ignore, batch=found.graph.conditions.batch)
    if done.taken:
        is_yaml = path.suffix in {".yaml", ".yml"}
        write_text(path, done.plan.to_yaml() if is_yaml else f"{done.plan.to_text()}\n")
    if as_json:
        print_json(
            {
                "file": str(path) if done.taken else None,
                "text": done.plan.to_text(),
                "taken": [asdict(offer) | {"text": str(offer.cure)} for offer in done.taken],
                "refused": [asdict(offer) | {"text": str(offer.cure)} for offer in done.refused],
                "findings": [finding.row() for finding in done.report.findings],
            }
        )
        return done.report.findings
    for offer in done.taken:
        print_line(f"{offer.finding.name}  {offer_text(offer)}")
    for offer in done.refused:
        print_line(f"{offer.finding.name}  Left alone: {offer.cure}; {offer.obstacle}.")
    left = ", ".join(finding.name for finding in done.report.findings)
    what = (
        f"Wrote {path} with {plural(len(done.taken), 'cure')}; {original} is as it was."
        if done.taken
        else ("Nothing was changed, and nothing written.")
    )
    print_line(f"{what} {plural(len(done.report.findings), 'finding')} left{f': {left}' if left else ''}.")
    if done.taken:
        print_line("Comments and the spelling of layers are not kept in the copy.")
    return done.report.findings
