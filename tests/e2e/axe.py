"""What axe finds wrong with a page for people who use it by keyboard or by ear."""

from pathlib import Path

AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
RUN = "async () => (await axe.run()).violations.map(found => `${found.id}: ${found.nodes[0].html}`)"


def violations(page):
    """Rules that the page breaks, each with the first place. Not as a script of the page, which its content policy forbids."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    return page.evaluate(RUN)
