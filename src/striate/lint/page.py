"""A rule's docstring is its page: reading the sections, and writing the page as Markdown."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping

SECTIONS = (
    "What it looks for",
    "Why it matters",
    "Example",
    "Use instead",
    "When to ignore it",
    "Sources",
)
_HEADING = re.compile(r"^## (.+)$", re.MULTILINE)


def clean(docstring: str) -> str:
    """Return a docstring without its indentation."""
    first, _, rest = docstring.partition("\n")
    return f"{first.strip()}\n{textwrap.dedent(rest)}".strip()


def summary(docstring: str) -> str:
    """Return the first line of a docstring."""
    return docstring.strip().partition("\n")[0].strip()


def sections(docstring: str) -> Mapping[str, str]:
    """Return the text under each heading, in order.

    Example:
        >>> dict(sections(chr(10).join(["Summary.", "## Why", "Because.", "## Sources", "Kant."])))
        {'Why': 'Because.', 'Sources': 'Kant.'}
    """
    parts = _HEADING.split(clean(docstring))
    return {heading: text.strip() for heading, text in zip(parts[1::2], parts[2::2], strict=True)}


def flat(text: str) -> str:
    """Return Markdown text as one line; the items of a list are joined by semicolons.

    Example:
        >>> flat(chr(10).join(["- A book,", "  2014.", "- Another."]))
        'A book, 2014; Another.'
    """
    items = [" ".join(item.split()) for item in re.split(r"^- ", text, flags=re.MULTILINE) if item.strip()]
    return "; ".join([*(item.rstrip(".") for item in items[:-1]), *items[-1:]])


def code(text: str) -> str:
    """Return the Python of a section's fenced block, "" if it has none."""
    match = re.search(r"```python\n(.*?)```", text, re.DOTALL)
    return match[1] if match else ""
