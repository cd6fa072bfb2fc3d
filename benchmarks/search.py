"""A search in a store on the disk: exact, through an index, and what a user would take instead, on the same queries.

Run: python benchmarks/search.py [FOLDER] [ROWS …]. The store of a million rows takes 2 GB, its index as much again, and making
both a quarter of an hour; what is in the folder is used again. The index is built in a process of its own, whose largest memory
the system tells; the cache of the searches by which it is measured is in that, and is not in what building took. Queries are
pictures of digits that no row of the store is of. Instead of our search a user would take the product with an array in memory
(NumPy, torch), or LanceDB's own search without an index.
"""

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch
from machine import heading
from search_store import queries, write_store

from striate.features.neighbours import build_index, search, vector_query
from striate.features.neighbours.indexes import usable_index
from striate.features.neighbours.recall import K
from striate.features.neighbours.searching import exact_nearest
from striate.features.store import VectorStore
from striate.nets import load_network
from striate.records.neighbours import IndexKind
from striate.records.plain import to_plain

FEW = 3
SIZES = (5_000, 20_000, 60_000, 200_000, 1_000_000)


def built(address: Path, kind: IndexKind) -> dict[str, Any]:
    """Return an index's record, and the largest memory of the process that built it."""
    command = [sys.executable, __file__, "--build", str(address), kind]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def build(address: str, kind: IndexKind) -> None:
    """Build, in this process, and print what became of it."""
    store = VectorStore.open(address)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    index = build_index(store, kind=kind)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps(to_plain(index) | {"before_mb": before / 1024, "most_mb": peak / 1024}))


def milliseconds(work: Callable[[np.ndarray], object], asked: np.ndarray) -> float:
    """Return the median milliseconds of a call with each query; one call goes before."""
    work(asked[0])
    spent = []
    for vector in asked:
        began = time.perf_counter()
        work(vector)
        spent.append(time.perf_counter() - began)
    return 1000 * median(spent)


def lance_flat(store: VectorStore, vector: np.ndarray) -> object:
    """Search as LanceDB does without an index."""
    asked = store.table.search(vector, vector_column_name="vector").distance_type("cosine").bypass_vector_index()
    return asked.limit(K).select(["id", "_distance"]).to_arrow()


def found_share(store: VectorStore, asked: np.ndarray) -> tuple[float, float]:
    """Return the mean recall of the nearest 10 over the queries, and the smallest."""
    exact = exact_nearest(store, store.layer(), asked, "cosine", K)
    shares = []
    for vector, true in zip(asked, exact, strict=True):
        near = search(store, vector_query(vector, store), count=K, way="index").neighbours
        shares.append(len({one.image.id for one in near} & {name for name, _ in true}) / K)
    return float(np.mean(shares)), min(shares)


def measure(address: Path, asked: np.ndarray, kind: IndexKind, *, in_memory: bool) -> None:
    """Print a store's figures."""
    store = VectorStore.open(address)
    known = usable_index(store, store.layer(), "cosine")
    figures = built(address, kind) if known is None or known.kind != kind else to_plain(known)
    store.refresh()
    print(
        f"{figures['rows']:>9,} rows, {kind}: {figures['partitions']} partitions, {figures['probes']} probes, "
        f"refine {figures['refine']}; built in {figures['build_s']:.0f} s (told {figures['told_s']:.0f}), memory grew by "
        f"{figures['peak_bytes'] / 2**20:.0f} MiB (told {figures['told_bytes'] / 2**20:.0f}), largest process "
        f"{figures.get('most_mb', float('nan')):.0f} MiB; recall on rows {figures['recall']:.4f} {figures['interval']}"
    )
    mean, least = found_share(store, asked)
    ways = {
        "through the index": milliseconds(lambda v: search(store, vector_query(v, store), count=K, way="index"), asked),
        "exact": milliseconds(lambda v: search(store, vector_query(v, store), count=K, way="exact"), asked[:FEW]),
        "LanceDB without an index": milliseconds(lambda v: lance_flat(store, v), asked[:FEW]),
    }
    if in_memory:
        held = store.vectors(columns=("id",)).values
        lengths = np.linalg.norm(held, axis=1)
        tensor, long = torch.from_numpy(held), torch.from_numpy(lengths)
        ways["NumPy, all vectors in memory"] = milliseconds(
            lambda v: np.argpartition(-(held @ v) / lengths, K)[:K], asked[:FEW]
        )
        ways["torch, all vectors in memory"] = milliseconds(
            lambda v: (tensor @ torch.from_numpy(v) / long).topk(K), asked[:FEW]
        )
    print(f"          recall on {len(asked)} pictures of no row: {mean:.4f}, smallest {least:.1f}")
    for name, spent in ways.items():
        print(f"          {name:<32} {spent:9.1f} ms")


def main() -> None:
    """Print the table."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path("search-benchmark")
    sizes = [int(size) for size in sys.argv[2:]] or list(SIZES)
    print(heading("A search among real feature vectors of 512 numbers, cosine, nearest 10, median over the queries"))
    for size in sizes:
        store = write_store(folder / f"store-{size}", size, folder / "net")
        asked = queries(load_network(str(folder / "net")))
        measure(Path(store.address), asked, "ivf-flat", in_memory=size == max(sizes))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--build"]:
        build(sys.argv[2], sys.argv[3])  # type: ignore[arg-type]
    else:
        main()
