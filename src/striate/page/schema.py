"""Print the JSON Schema of `Page`, from which `web/src/wire.ts` is written.

Run: `python -m striate.page.schema | npm --prefix web run types`
"""

from __future__ import annotations

import json
import sys
from typing import Any

from striate.page.wire import Page


def page_schema() -> dict[str, Any]:
    """Return the schema of what `Page` becomes when it is written as JSON."""
    return Page.model_json_schema(by_alias=True, mode="serialization")


if __name__ == "__main__":
    sys.stdout.write(json.dumps(page_schema(), indent=1) + "\n")
