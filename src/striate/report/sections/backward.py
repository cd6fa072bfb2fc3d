"""One backward pass: the gradient at every operation, and by which law it was handed on."""

from __future__ import annotations

from striate.lint.paper import LEARNED
from striate.numbers import measure
from striate.page.wire import Caption, Section
from striate.report.backward.figure import gradient_figure
from striate.report.backward.gradient_parts import small
from striate.report.subject import Subject


def section(subject: Subject) -> Section | None:
    """Return the section if a gradient was sent back."""
    record = subject.evidence.backward
    if record is None:
        return None
    rows = [row for row in record.rows if row.reached and row.kind in LEARNED] or [record.rows[0]]
    last, first = rows[0], rows[-1]
    checked = (
        ""
        if record.difference is None
        else f" Laws by our own arithmetic in double precision; largest difference to autograd {small(record.difference)}."
    )
    opens = " A row opens to its law, for the unit with the largest gradient." if record.details else ""
    return Section(
        id="backward",
        term="Backward pass",
        judgement=subject.judgement("backward"),
        sentence=subject.sentence(
            "backward",
            f"The gradient’s norm is {measure(last.norm)} at {last.name} and {measure(first.norm)} at {first.name}, the "
            "first learned layer.",
        ),
        figures=[gradient_figure(record, subject.store)],
        caption=Caption(
            shown="A row is an operation, in the order the gradient travels: last to first. At the left its strongest "
            "channels, on a signed scale of the row’s own; then the gradient’s norm on one ruler of powers of ten for all "
            f"rows.{opens}",
            should_see="Dots that stay within some two powers of ten, and colour in every row.",
            wrong_if="the dots move steadily to the left (vanishing) or to the right (exploding), or a row is all paper: no "
            "gradient.",
            source=f"Gradient of {'the value' if subject.is_values else 'the answer’s score (before the softmax)'} for image "
            f"{record.sample} of the data, eval mode.{checked} `striate backward` does the same for any image and unit.",
        ),
    )
