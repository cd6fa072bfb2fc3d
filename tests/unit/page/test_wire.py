"""The front end's types are those of the wire models."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.mark.slow
def test_the_typescript_types_are_up_to_date():
    if not (ROOT / "web" / "node_modules").is_dir():
        pytest.skip("the page's tools are not installed: make page")
    schema = subprocess.run([sys.executable, "-m", "striate.page.schema"], capture_output=True, check=True).stdout
    npm = Path(sys.executable).parent / "npm"
    committed = ROOT / "web" / "src" / "wire.ts"
    before = committed.read_text()

    subprocess.run([npm, "run", "-s", "types"], cwd=ROOT / "web", input=schema, check=True, capture_output=True)
    made = committed.read_text()
    committed.write_text(before)

    assert made == before, "run: python -m striate.page.schema | npm --prefix web run -s types"
