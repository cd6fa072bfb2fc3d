"""The page about a table alone: what `check` found, as one HTML file, without torch, data or weights."""

from __future__ import annotations

from pathlib import Path

from striate.analyse import last_field
from striate.checking import Check
from striate.findings import by_severity
from striate.graph import times
from striate.kinds import kind_of
from striate.lint.offer_text import offer_text
from striate.numbers import capital, count, figure, percent, plural, storage
from striate.page.wire import Caption, Column, Fact, Figure, Judgement, Page, Section, Table, TableFigure
from striate.report.arrays import ArrayStore
from striate.report.figures.drawing import drawing
from striate.report.figures.graph import graph_figure
from striate.report.finding_rows import counted, finding_row, findings_sentence
from striate.report.html import page_file, write_report
from striate.report.making import making_section
from striate.report.pages import page_of, today
from striate.report.sections.words import (
    BOXES,
    SHOULD_SEE,
    WRONG_IF,
    leading,
    lines,
    macs_words,
    not_counted,
)
from striate.runs.folder import environment

_MIB = 2**20
WHEN = {"forward": "in the forward pass", "backward": "in the backward pass", "optimizer": "in the optimiser's step"}
# What holds most at the peak, after "98 % of it".
_HELD = {
    "parameters": "for the parameters",
    "gradients": "for their gradients",
    "optimizer": "for what the optimiser keeps",
    "activations": "for activations kept for the backward pass",
    "input": "for the input",
    "transient": "for values on their way",
}


def write_check_page(check: Check, path: Path | str) -> None:
    """Write what `check` found as one HTML file that opens from disk, atomically.

    It holds the totals, the findings at their op, the network drawn to scale and folded by module with every op's
    receptive field, and the memory of a training step. It opens offline and asks nobody for anything.

    Args:
        check: What `striate.check` returned.
        path: The file; `check.html` in it if it is a folder.

    Raises:
        InputError: The path is something else than a file.
        RunError: The page was not built.
        StorageError: The disk refused; an old page is still there.

    Example:
        >>> import striate                                               # doctest: +SKIP
        >>> write_check_page(striate.check("net.yaml"), "net.html")     # doctest: +SKIP
    """
    path = page_file(path, "check.html")
    write_report(path, check_page(check), ArrayStore())


def check_page(check: Check) -> Page:
    """Return the page as data."""
    sections = [_network(check), _memory(check), _made(check)]
    cures = {id(offer.finding): offer_text(offer) for offer in check.offers()}
    return page_of(
        title=f"{check.name}, checked",
        run_line=f"Check of {check.name} · {today()} · {_conditions(check)}",
        verdict=_verdict(check),
        prose=_prose(check),
        facts=_facts(check),
        findings=[finding_row(finding, cures.get(id(finding), "")) for finding in by_severity(check.findings)],
        findings_sentence=findings_sentence(check.findings, len(check.silent)),
        silent=check.silent,
        sections=sections,
    )


def _conditions(check: Check) -> str:
    """Return what the numbers hold for: "one 3×224×224 input, float32, eval mode"."""
    held = check.graph.conditions
    shapes = " and ".join(times(shape[1:]) for shape in held.inputs.values())
    batch = "one" if held.batch == 1 else f"{count(held.batch)} at once of"
    return f"{batch} {shapes} input, {held.dtype}, {held.mode} mode"


def _per(check: Check) -> str:
    batch = check.graph.conditions.batch
    return "per input" if batch == 1 else f"for {plural(batch, 'input')}"


def _verdict(check: Check) -> str:
    total = check.cost.total
    lead = f"{capital(macs_words(total.macs))} {_per(check)} with {count(total.params)} parameters"
    if check.cost.not_counted:
        lead = f"At least {lead[0].lower()}{lead[1:]}"
    if not check.findings:
        return f"{lead}, and no rule found anything wrong."
    return f"{lead}; {counted(check.findings)}."


def _prose(check: Check) -> str:
    first = leading(check.layers, check.cost.total, mark="`")
    parts = [first] if first else []
    grave = [finding for finding in by_severity(check.findings) if finding.severity != "note"][:2]
    if grave:
        parts.append("To try next: " + " ".join(dict.fromkeys(finding.todo for finding in grave)))
    return " ".join(parts)


def _facts(check: Check) -> list[Fact]:
    total = check.cost.total
    facts = [
        Fact(label="Parameters", value=count(total.params)),
        Fact(label="Work forward", value=macs_words(total.macs), note=_per(check)),
        Fact(label="Kept to train", value=storage(total.kept_bytes), note=_per(check)),
    ]
    last = last_field(check.graph, check.fields)
    if last.axes:
        sizes = [int(axis.size_px) for axis in last.axes]
        steps = [float(axis.stride) for axis in last.axes]
        facts.append(
            Fact(
                label="Field of the last map",
                value=f"{_across(sizes)} px",
                note=f"every {_across(steps)} px",
            )
        )
    held = check.memory
    facts.append(
        Fact(
            label=f"Peak of a step with {held.optimizer}",
            value=storage(held.peak_bytes),
            note=f"{WHEN[held.when]}, batch of {count(held.batch)}",
        )
    )
    return facts


def _across(numbers: list[int] | list[float]) -> str:
    """Return one number where all axes agree, else one for each."""
    shown = [figure(number) for number in numbers]
    return shown[0] if len(set(shown)) == 1 else "×".join(shown)


def _network(check: Check) -> Section:
    boxes = drawing(check.graph, check.layers)
    table = graph_figure(check.graph, check.cost, check.fields, check.findings)
    figures: list[Figure] = [boxes, table] if boxes else [table]
    worst = by_severity(check.findings)
    judgement: Judgement = worst[0].severity if worst else "ok"
    return Section(
        id="network",
        term="Network",
        judgement=judgement,
        sentence=worst[0].message if worst else _size_sentence(check),
        figures=figures,
        caption=Caption(
            shown=(BOXES if boxes else "") + lines(table),
            should_see=SHOULD_SEE,
            wrong_if=WRONG_IF,
            source=f"{capital(_conditions(check))}. MACs: convolutions, fully connected layers and matrix products, forward, "
            f"biases not counted. Kept: activations kept for the backward pass.{not_counted(check.cost.not_counted)}",
        ),
    )


def _size_sentence(check: Check) -> str:
    # One that is called twice is one layer.
    learned = {
        tuple(param.key or (op.name, param.name) for param in op.params)
        for op in check.graph
        if op.params and check.cost.ops[op.name].macs
    }
    layers = capital(plural(len(learned), "learned layer"))
    # Only windows tell which axes are those of space: elsewhere channels may stand last.
    windowed = [
        op for op in check.graph if (kind := kind_of(op.kind)) is not None and kind.reach(op).window is not None
    ]
    sides = [side for op in windowed if (side := max(op.shape[2:], default=1)) > 1]
    if not sides:
        return f"{layers}, none of which makes a map."
    first = max(next(iter(check.graph.conditions.inputs.values()))[2:])
    least, last = min(sides), sides[-1]
    if least == last == first:
        return f"{layers} keep the map's side at {count(last)} pixels."
    if least == last:
        return f"{layers} bring the map's side from {count(first)} to {count(last)} pixels."
    return f"{layers} bring the map's side from {count(first)} down to {count(least)} and back to {count(last)} pixels."


def _memory(check: Check) -> Section:
    """Return what a training step holds when it holds most, and what would lower that."""
    held = check.memory
    parts = {name: size for name, size in held.at_peak.items() if size}
    largest = max(parts, key=lambda name: parts[name])
    peak = Table(
        columns=[
            Column(label="Held for", align="left"),
            Column(label="Memory", unit="MiB", decimals=2, bar=True),
            Column(label="Share", unit="%", decimals=1),
        ],
        rows=[[capital(name), size / _MIB, 100 * size / held.peak_bytes] for name, size in parts.items()],
        foot=["Peak", held.peak_bytes / _MIB, 100.0],
        caption=f"One training step with {held.optimizer}, {WHEN[held.when]}",
    )
    ways = Table(
        columns=[
            Column(label="Peak after it", unit="MiB", decimals=2),
            Column(label="What to do, and its price", align="left"),
        ],
        rows=[[way.peak_bytes / _MIB, f"{way.what} Price: {way.costs}."] for way in check.savings],
        caption="What would save; each alone, they do not add up",
    )
    return Section(
        id="memory",
        term="Memory",
        judgement=None,
        sentence=f"One training step with {held.optimizer} peaks at {storage(held.peak_bytes)} {WHEN[held.when]}; "
        f"{percent(parts[largest] / held.peak_bytes, 0)} of it is {_HELD.get(largest, largest)}.",
        figures=[TableFigure(table=peak), *([TableFigure(table=ways)] if check.savings else [])],
        caption=Caption(
            shown=f"What is held at the peak, at `{held.at}`, by what it is for. {plural(check.largest_batch, 'input')} at "
            f"once fit into {storage(check.memory_limit_bytes)}. A forward pass without gradients peaks at "
            f"{storage(check.inference.peak_bytes)}.",
            should_see="Activations that fit beside the parameters with room to spare.",
            wrong_if="the peak is near what the machine has.",
            source=f"{capital(_conditions(check))}; what kernels allocate for themselves while they run is left out: "
            "0 to 2.3 % on a CPU.",
        ),
    )


def _made(check: Check) -> Section:
    held, graph = check.graph.conditions, check.graph
    idle = sum(number for _, number in graph.idle)
    said = {
        "Network": check.name,
        **{"Input" if name == "input" else f"Input {name}": times(shape) for name, shape in held.inputs.items()},
        "Type and mode": f"{held.dtype}, {held.mode}",
        "Operations": count(len(graph)),
        "Not counted": ", ".join(check.cost.not_counted) or "nothing",
        "Parameters no operation reads": count(idle),
        "Rules that looked": count(len(check.silent) + len({finding.name for finding in check.findings})),
    } | environment()
    return making_section(
        said.items(),
        Caption(
            shown="Everything on this page was read off the table of operations; no picture was looked at and no weight.",
            should_see="The input size and the mode you meant, and nothing left uncounted.",
            wrong_if="operations are listed as not counted: the totals are then lower bounds.",
            source="Made with `striate check`.",
        ),
        sentence="What the numbers hold for.",
    )
