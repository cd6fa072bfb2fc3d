"""For tests of your own networks: `assert_no_findings`."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from striate.blueprint import Blueprint
from striate.checking import Check, check
from striate.errors import InputError
from striate.findings import SEVERITIES, Severity
from striate.lint import Allow
from striate.numbers import plural

if TYPE_CHECKING:
    from torch import nn

    from striate.nets import Network

__all__ = ["UnusedAllowanceWarning", "assert_no_findings"]


class UnusedAllowanceWarning(UserWarning):
    """An allowance covers nothing any more; take it out."""


def assert_no_findings(
    network: str | Path | Blueprint | Network | nn.Module,
    input_size: Sequence[int] | None = None,
    *,
    allow: Allow = (),
    severity: Severity = "warning",
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
) -> Check:
    """Fail a test if the rules find something in a network's design; the network is neither run nor changed.

    Args:
        network: A blueprint (file), a reference, or any `nn.Module`.
        input_size: (channels, height, width) for a module; a blueprint and a reference know theirs.
        allow: Findings that are allowed, with the reason: {rule: reason} or {rule: {op: reason}}.
        severity: The mildest severity that fails: "error", "warning" or "note".
        select: Only these rules; all if empty.
        ignore: Not these.

    Returns:
        What was found, for further assertions (`found.cost.total.params`).

    Raises:
        AssertionError: Findings, each with its op and what to do; or a rule that raised.
        InputError: A severity, rule or reason that cannot be.

    Warns:
        UnusedAllowanceWarning: An allowance that covers nothing any more.

    Example:
        >>> plan = Blueprint.from_text("input 1x28x28; conv 3x3 8, relu; maxpool 2 stride 3; fc 16, relu; classes 10")
        >>> assert_no_findings(plan)   # doctest: +ELLIPSIS
        Traceback (most recent call last):
        AssertionError: Blueprint has 1 finding of severity warning or graver:
          warning at maxpool1: maxpool1 never reads 55.6...% (limit 0...%) of its input... [stride-above-kernel]
              Use a stride of at most 2, or a kernel of at least 3.
        Allow one with its reason: allow={"stride-above-kernel": {"maxpool1": "…"}}
        >>> found = assert_no_findings(plan, allow={"stride-above-kernel": {"maxpool1": "The signal is oversampled."}})
        >>> found.report.allowed[0].finding.op
        'maxpool1'
    """
    __tracebackhide__ = True
    if severity not in SEVERITIES:
        raise InputError(f"severity must be one of {', '.join(SEVERITIES)}", got=severity)
    found = check(network, input_size, select=select, ignore=ignore, allow=allow)
    for unused in found.report.unused:
        warnings.warn(str(unused), UnusedAllowanceWarning, stacklevel=2)
    message = failure(found, severity)
    if message:
        raise AssertionError(message)
    return found


def failure(found: Check, severity: Severity) -> str:
    """Return why a network fails, "" if it does not."""
    graver = SEVERITIES[: SEVERITIES.index(severity) + 1]
    wrong = [finding for finding in found.findings if finding.severity in graver]
    lines = [str(broken) for broken in found.report.failures]
    if wrong:
        level = "error" if severity == "error" else f"severity {severity} or graver"
        lines.append(f"{found.name} has {plural(len(wrong), 'finding')} of {level}:")
    for finding in wrong:
        place = f" at {finding.op}" if finding.op else ""
        lines += [f"  {finding.severity}{place}: {finding.told} [{finding.name}]", f"      {finding.todo}"]
    if wrong:
        first = wrong[0]
        reason = f'{{"{first.op}": "…"}}' if first.op else '"…"'
        lines.append(f'Allow one with its reason: allow={{"{first.name}": {reason}}}')
    return "\n".join(lines)
