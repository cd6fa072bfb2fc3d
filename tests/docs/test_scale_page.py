"""The page about 10⁹ images holds what its function computes from what was measured."""

import importlib.util
import sys
from dataclasses import fields, replace
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "scale.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def planning():
    spec = importlib.util.spec_from_file_location("cluster_plan", ROOT / "benchmarks" / "cluster_plan.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["cluster_plan"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["cluster_plan"]


def test_the_tables_are_the_functions(planning):
    for lines in (planning.cost_table(planning.MEASURED), planning.page_table()):
        assert "\n".join(lines) in PAGE


def test_a_plan_by_hand(planning):
    nothing = planning.Costs(**{field.name: 0 for field in fields(planning.Costs)})
    costs = replace(nothing, row_s=0.5, write_s=0.1, worker_s=7, row_bytes=9000, manifest_bytes=100, index_s=0.36)

    found = planning.plan(10**6, costs, machines=5, cores=4, part=1000)
    uneven = planning.plan(10**6 + 1, costs, machines=5, cores=4, part=1000)

    assert found.core_hours == pytest.approx(600_000 / 3600)
    assert found.hours == pytest.approx((30_000 + 7) / 3600)
    # One part more is a round more, of a thousand images.
    assert uneven.hours - found.hours == pytest.approx(600 / 3600)
    assert (found.store_bytes, found.parts, found.manifest_bytes) == (9e9, 1000, 100_000)
    # 2,048 rows or more; manifests of 50,000 bytes on average.
    assert (found.commits, found.commit_bytes) == (489, 489 * 50_000)
    assert found.index_core_hours == pytest.approx(100)
    assert found.lost_core_hours == pytest.approx(20 * (250 + 7) / 3600)


def test_parts_are_those_of_the_extraction(planning):
    from striate.data.reading import Entry
    from striate.features.extraction.on_ray import parts_of

    entries = [Entry(path=Path(), place="", target=None)] * 42_000_000

    for images, workers, rows in ((42_000_000, 64, 2100), (10**6, 64, 2048), (10**6, 6400, 50), (1000, 64, 4)):
        parts = parts_of(entries[:images], 1, workers)
        assert planning.rows_of_a_part(images, workers) == len(parts[0]) == rows
