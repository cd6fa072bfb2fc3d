"""Refuses to build a wheel or sdist without the built page: users of the wheel need no Node."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class PageGuard(BuildHookInterface):
    """Stops the build if `make page` was not run; an editable install may go on without it."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Check that the page was built."""
        del build_data
        static = Path(self.root) / "src" / "striate" / "page" / "static"
        for page in (static / "report.html", static / "view.html", static / "studio" / "index.html"):
            if version != "editable" and not page.is_file():
                message = f"a wheel must hold the built page; {page} is missing. Run `make page` first."
                raise RuntimeError(message)
