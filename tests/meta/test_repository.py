"""Rules of the house that no stock tool holds."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import striate

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("test_*.py"))
_COMPARISONS = {"array_equal", "allclose", "equal", "isclose", "is_close"}


def test_no_file_holds_more_than_one_can_read():
    long = [f"{p.relative_to(ROOT)}: {n}" for p in SOURCES if (n := len(p.read_text().splitlines())) > 400]

    assert long == []


@pytest.mark.parametrize("path", TESTS, ids=lambda p: str(p.relative_to(ROOT)))
def test_no_comparison_is_thrown_away(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            function = node.value.func
            name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
            assert name not in _COMPARISONS, f"line {node.lineno}"


def test_no_folder_of_odds_and_ends():
    names = {p.stem for p in SOURCES} | {p.parent.name for p in SOURCES}

    assert names & {"utils", "util", "helpers", "common", "misc", "manager", "base"} == set()


def test_public_names_are_sorted_and_can_be_imported():
    assert striate.__all__ == sorted(striate.__all__)
    for name in striate.__all__:
        assert getattr(striate, name) is not None


def test_importing_the_package_imports_nothing_slow():
    code = "import sys, striate; sys.exit(bool({'torch', 'numpy', 'pydantic', 'rich'} & set(sys.modules)))"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_no_pickle_is_read_or_written():
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                called = ast.unparse(node.func)
                assert called not in {"pickle.load", "pickle.loads", "pickle.dump", "pickle.dumps", "torch.save"}, path
                if called == "torch.load":
                    assert any(k.arg == "weights_only" and ast.unparse(k.value) == "True" for k in node.keywords), path


def test_constraints_hold_names_and_versions_only():
    for line in (ROOT / "constraints.txt").read_text().splitlines():
        name, _, version = line.partition("==")
        assert name
        assert version
        assert not set(" /@") & set(line), line


def test_the_lock_file_records_no_addresses():
    assert '"resolved"' not in (ROOT / "web" / "package-lock.json").read_text()
