"""The methods' pages, from their docstrings: `python -m striate.explain.pages` writes `docs/methods`."""

from __future__ import annotations

import inspect
import re
import sys
from collections import defaultdict
from pathlib import Path

from striate.explain import METHODS, Method

FOLDER = Path("docs/methods")
_HEADINGS = ("Args", "Returns", "Raises", "When it misleads", "Source", "Cost", "Example")


def pages() -> dict[str, str]:
    """Return the text of every page, by file name; methods of one section share a page."""
    by_section: dict[str, list[Method]] = defaultdict(list)
    for method in METHODS.values():
        by_section[method.section.removeprefix("methods/")].append(method)
    texts = {f"{name}.md": "\n\n".join(map(_page, methods)) + "\n" for name, methods in by_section.items()}
    rows = [f"| [{method.name}]({Path(method.section).name}.md) | {method.question} |" for method in METHODS.values()]
    head = (
        "# Methods\n\nA method measures; it returns a frozen record and leaves the network as it came.\n"
        "Written from the docstrings by `python -m striate.explain.pages`.\n\n| method | question |\n| --- | --- |\n"
    )
    return {"README.md": head + "\n".join(rows) + "\n"} | texts


def write(folder: Path) -> None:
    """Write every page."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (folder / name).write_text(text, encoding="utf-8")


def _page(method: Method) -> str:
    # The default watcher has no name of its own in a signature.
    signature = re.sub(r"<striate\.events\.Events object at \w+>", "SILENT", str(inspect.signature(method.function)))
    lines = [f"# {method.name}", "", method.question, "", "```python", f"{method.name}{signature}", "```", ""]
    section = ""
    for line in inspect.cleandoc(method.function.__doc__ or "").splitlines():
        if line.rstrip(":") in _HEADINGS and line.endswith(":"):
            section = line.rstrip(":")
            lines += [f"## {section}", *(["```python"] if section == "Example" else [])]
        elif section in {"Args", "Raises"} and line.startswith("    ") and line[4:5].strip() and ":" in line:
            name, _, meaning = line.strip().partition(":")
            lines.append(f"- `{name}`:{meaning}")
        else:
            lines.append(line.removeprefix("    "))
    return "\n".join(lines).rstrip() + ("\n```" if section == "Example" else "")


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
