"""The front end's types are those of the wire models."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.mark.slow
def test_the_typescript_types_are_up_to_date(tmp_path):
    if not (ROOT / "web" / "node_modules").is_dir():
        assert not os.environ.get("CI"), "the page's tools must be installed there"
        pytest.skip("the page's tools are not installed: make page")
    schema = subprocess.run([sys.executable, "-m", "striate.page.schema"], capture_output=True, check=True).stdout
    node = Path(sys.executable).parent / "node"
    made = tmp_path / "wire.ts"

    command = [node, "scripts/types.ts", "--out", made]
    subprocess.run(command, cwd=ROOT / "web", input=schema, check=True, capture_output=True)

    committed = (ROOT / "web" / "src" / "wire.ts").read_text()
    assert made.read_text() == committed, "run: python -m striate.page.schema | npm --prefix web run -s types"
