"""The section that proves what was loaded, frozen and trained."""

from __future__ import annotations

from collections.abc import Sequence

from striate.numbers import count, plural
from striate.page.adapt_wire import Receipt, ReceiptLine, ReceiptPart
from striate.page.wire import Caption, Section
from striate.records import ReceiptRow, ReceiptSection


def receipt_section(receipt: Sequence[ReceiptSection]) -> Section | None:
    """Return the receipt with its ticks; None where nothing was noted."""
    rows = [row for part in receipt for row in part.rows]
    if not rows:
        return None
    failed = [row for row in rows if row.checked is False]
    return Section(
        id="receipt",
        term="Receipt",
        judgement="error" if failed else "ok",
        sentence=_sentence(rows, failed),
        figures=[Receipt(parts=[_part(part) for part in receipt if part.rows])],
        caption=Caption(
            shown="What is claimed of the adapted network. A tick stands where the claim was checked on the network itself, "
            "after the training; a cross where it was checked and does not hold; nothing where it is told only.",
            should_see="Ticks for what was loaded, kept frozen and trained.",
            wrong_if="a tensor that should be frozen changed, weights were not all loaded, or a rate is not the one chosen.",
            source="Hashes are SHA-256 of a tensor's bytes, taken before and after.",
        ),
    )


def _part(part: ReceiptSection) -> ReceiptPart:
    return ReceiptPart(
        title=part.title,
        lines=[ReceiptLine(label=row.label, value=row.value, checked=row.checked, how=row.how) for row in part.rows],
    )


def _sentence(rows: Sequence[ReceiptRow], failed: Sequence[ReceiptRow]) -> str:
    checked = [row for row in rows if row.checked is not None]
    if failed:
        first = failed[0]
        more = f", and {plural(len(failed) - 1, 'more claim')}" if len(failed) > 1 else ""
        return f"{first.label} does not hold: {first.value}{more}."
    if not checked:
        return f"{plural(len(rows), 'claim')} are told, none was checked."
    told = len(rows) - len(checked)
    rest = f"; {count(told)} more {'is' if told == 1 else 'are'} told only" if told else ""
    return f"All {count(len(checked))} claims that can be checked hold{rest}."
