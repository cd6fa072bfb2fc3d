"""The cost of many images on many machines, computed from what a million of them cost (benchmarks/cluster.py).

The tables of docs/scale.md are this file's output, and a test holds them equal.

Run: python benchmarks/cluster_plan.py [--images 1e9] [--machines 100] [--cores 64]
"""

import argparse
import math
from collections.abc import Sequence
from dataclasses import dataclass

MILLION = 10**6


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """What was measured on one machine; seconds are those of one core.

    Attributes:
        row_s: From the file to the row, an image: reading, decoding, network, thumbnail.
        write_s: Of appending, an image.
        row_bytes: On the disk, a row.
        vector_bytes: Of them of the vector.
        listing_s: Of listing, a file.
        entry_bytes: Of memory, a listed file.
        known_s: Of reading what is stored, a row, when an extraction goes on.
        known_bytes: Of memory for it, a row.
        manifest_bytes: In every later manifest, a fragment.
        index_s: Of building an IVF-PQ index, a vector.
        index_bytes: Of that index, a row.
        worker_s: Until a worker can begin.
        worker_bytes: Of memory, a worker.
    """

    row_s: float
    write_s: float
    row_bytes: int
    vector_bytes: int
    listing_s: float
    entry_bytes: int
    known_s: float
    known_bytes: int
    manifest_bytes: int
    index_s: float
    index_bytes: int
    worker_s: float
    worker_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What so many images take.

    Attributes:
        images: How many.
        core_hours: Of all workers.
        hours: Of all machines side by side: as many rounds of parts as there must be, one worker a core.
        store_bytes: Of the table.
        parts: Files, before they are joined.
        commits: Versions: parts that come quickly share one, of 2,048 rows or more, at most one a second.
        manifest_bytes: Of the last manifest.
        commit_bytes: Of all manifests together, if none is removed.
        listing_hours: One core.
        coordinator_bytes: Of memory, for the listing.
        resume_bytes: Of memory, to know what is stored.
        resume_hours: One core.
        index_core_hours: Of the index.
        index_bytes: Of the index.
        lost_core_hours: Of work, when all workers are lost at once: half a part each, and their beginning.
    """

    images: int
    core_hours: float
    hours: float
    store_bytes: float
    parts: int
    commits: int
    manifest_bytes: float
    commit_bytes: float
    listing_hours: float
    coordinator_bytes: float
    resume_bytes: float
    resume_hours: float
    index_core_hours: float
    index_bytes: float
    lost_core_hours: float


def rows_of_a_part(images: int, workers: int) -> int:
    """Return how many rows a commit adds, as the extraction on Ray does it but for rounding to batches.

    Four parts a worker, of 2,048 rows at most; more where that were over 20,000 commits.
    """
    return max(min(2048, -(-images // (4 * workers))), -(-images // 20_000))


def plan(images: int, costs: Costs, *, machines: int, cores: int, part: int = 0) -> Plan:
    """Return what images take; `part` rows a commit, or as many as the extraction takes.

    Example:
        >>> costs = Costs(row_s=0.36, write_s=0, row_bytes=1000, vector_bytes=500, listing_s=0, entry_bytes=0, known_s=0,
        ...     known_bytes=0, manifest_bytes=10, index_s=0, index_bytes=0, worker_s=0, worker_bytes=0)
        >>> found = plan(1_000_000, costs, machines=10, cores=10, part=100)
        >>> found.core_hours, found.hours, found.parts, found.manifest_bytes
        (100.0, 1.0, 10000, 100000)
    """
    workers = machines * cores
    part = part or rows_of_a_part(images, workers)
    each_s = costs.row_s + costs.write_s
    parts = -(-images // part)
    rounds = -(-parts // workers)
    seconds = rounds * part * each_s + costs.worker_s
    commits = min(parts, -(-images // 2048), math.ceil(seconds))
    return Plan(
        images=images,
        core_hours=images * each_s / 3600,
        hours=seconds / 3600,
        store_bytes=images * costs.row_bytes,
        parts=parts,
        commits=commits,
        manifest_bytes=parts * costs.manifest_bytes,
        # From an empty one to the last, in equal steps.
        commit_bytes=commits * parts * costs.manifest_bytes / 2,
        listing_hours=images * costs.listing_s / 3600,
        coordinator_bytes=images * costs.entry_bytes,
        resume_bytes=images * costs.known_bytes,
        resume_hours=images * costs.known_s / 3600,
        index_core_hours=images * costs.index_s / 3600,
        index_bytes=images * costs.index_bytes,
        lost_core_hours=workers * (part / 2 * costs.row_s + costs.worker_s) / 3600,
    )


def amount(number: float, unit: str) -> str:
    """Return a number with three digits and its unit, bytes in decimal steps.

    Example:
        >>> amount(6.1e12, "B"), amount(1234.5, "h")
        ('6.1 TB', '1,230 h')
    """
    if unit == "B":
        for name, size in (("PB", 1e15), ("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
            if number >= size:
                return f"{float(f'{number / size:.3g}'):,g} {name}"
    return f"{float(f'{number:.3g}'):,g} {unit}"


def table(plans: Sequence[Plan]) -> list[str]:
    """Return the table of docs/scale.md, a column a plan."""
    rows = {
        "core hours, file to row and writing": [amount(one.core_hours, "h") for one in plans],
        "hours, machines side by side": [amount(one.hours, "h") for one in plans],
        "the table's files": [amount(one.store_bytes, "B") for one in plans],
        "parts, files before they are joined": [f"{one.parts:,}" for one in plans],
        "rows of a part": [f"{-(-one.images // one.parts):,}" for one in plans],
        "commits": [f"{one.commits:,}" for one in plans],
        "the last manifest": [amount(one.manifest_bytes, "B") for one in plans],
        "all manifests, none removed": [amount(one.commit_bytes, "B") for one in plans],
        "listing, one core": [amount(one.listing_hours, "h") for one in plans],
        "memory of the listing": [amount(one.coordinator_bytes, "B") for one in plans],
        "to go on after a kill: one core": [amount(one.resume_hours, "h") for one in plans],
        "to go on after a kill: memory": [amount(one.resume_bytes, "B") for one in plans],
        "an index (IVF-PQ), core hours": [amount(one.index_core_hours, "h") for one in plans],
        "an index, bytes": [amount(one.index_bytes, "B") for one in plans],
        "lost when all workers are killed at once": [amount(one.lost_core_hours, "h") + " of cores" for one in plans],
    }
    head = ["| images |" + "|".join(f" {one.images:,} " for one in plans) + "|", "|---|" + "---|" * len(plans)]
    return [*head, *(f"| {name} | " + " | ".join(values) + " |" for name, values in rows.items())]


# By benchmarks/cluster.py --small on an Intel Xeon (AVX-512), 2 cores shared with others, 2026-11-28:
# EfficientNet-Lite0 at 224 px in its faster format, JPEGs of 640 × 480.
MEASURED = Costs(
    row_s=0.0520,
    write_s=0.076 / 2048,
    row_bytes=6428,
    vector_bytes=5120,
    listing_s=61.9e-6,
    entry_bytes=328,
    known_s=7.5e-6,
    known_bytes=312,
    manifest_bytes=101,
    index_s=906e-6,
    index_bytes=96,
    worker_s=8.5,
    worker_bytes=949 * 2**20,
)
MACHINES, CORES = 100, 64
SIZES = (MILLION, 100 * MILLION, 1000 * MILLION)


def cost_table(costs: Costs) -> list[str]:
    """Return the table of what was measured, for a million images."""
    rows = {
        "from the file to the row": f"{costs.row_s * MILLION / 3600:.1f} core hours",
        "writing": f"{costs.write_s * MILLION:.0f} core seconds",
        "the table": f"{amount(costs.row_bytes * MILLION, 'B')}, of it {amount(costs.vector_bytes * MILLION, 'B')} vectors",
        "listing": f"{costs.listing_s * MILLION:.0f} s, {amount(costs.entry_bytes * MILLION, 'B')} of memory",
        "what is stored, read to go on": f"{costs.known_s * MILLION:.1f} s, {amount(costs.known_bytes * MILLION, 'B')} of memory",
        "an index, IVF-PQ": f"{costs.index_s * MILLION / 60:.1f} core minutes, {amount(costs.index_bytes * MILLION, 'B')}",
        "a fragment, in every later manifest": f"{costs.manifest_bytes} bytes",
        "a worker, until it begins": f"{costs.worker_s:.1f} core seconds, {amount(costs.worker_bytes, 'B')} of memory",
    }
    return [
        "| of a million images | measured |",
        "|---|---|",
        *(f"| {name} | {words} |" for name, words in rows.items()),
    ]


def page_table() -> list[str]:
    """Return the table of docs/scale.md: 100 machines of 64 cores."""
    return table([plan(size, MEASURED, machines=MACHINES, cores=CORES) for size in SIZES])


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--images", type=float, default=1e9)
    parser.add_argument("--machines", type=int, default=MACHINES)
    parser.add_argument("--cores", type=int, default=CORES)
    given = parser.parse_args()
    sizes = [*SIZES[:2], int(given.images)]
    print("\n".join(cost_table(MEASURED)), end="\n\n")
    print("\n".join(table([plan(size, MEASURED, machines=given.machines, cores=given.cores) for size in sizes])))


if __name__ == "__main__":
    main()
