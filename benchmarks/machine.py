"""What a measurement must say of itself: machine, versions, date."""

from datetime import UTC, datetime

from striate.runs.folder import environment


def heading(title: str) -> str:
    """Return the first lines of a benchmark's output."""
    facts = environment()
    return f"{title}\n{facts['Machine']}; {facts['Versions']}; {datetime.now(UTC):%Y-%m-%d}\n"
