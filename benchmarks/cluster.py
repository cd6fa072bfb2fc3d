"""What a million images cost on this machine, part by part: the figures from which docs/scale.md is computed.

Seconds are the processor's (one core's, by the thread or the process), so that others on the machine disturb them little; those
of writing and of the index count all threads.

Run: make bench, or python benchmarks/cluster.py [--small]
"""

import argparse
import json
import tempfile
import time
import tracemalloc
from pathlib import Path
from statistics import median

import numpy as np
import torch
from extraction import LARGE, SMALL, write_photographs
from lite import lite
from machine import heading

from striate.data import list_data
from striate.features.extraction import Lane, plan_vectors
from striate.features.extraction.known import Numbers, known_rows, with_ids
from striate.features.extraction.loading import load_file
from striate.features.extraction.running import Runner
from striate.features.store import VectorStore
from striate.nets import Network

MILLION = 1_000_000


def reading(network: Network, folder: Path, label: str) -> None:
    """Print what reading, the network, and everything from file to row take."""
    spec = plan_vectors(network)
    listing = list_data(folder)
    runner = Runner(network, spec)
    lane = Lane(network, spec, listing.output)
    batch = torch.randn(spec.batch_size, *network.input_shape)
    torch.set_num_threads(1)
    runner.run(batch)
    lane.rows(listing.entries[: spec.batch_size])
    blocks = [listing.entries[at : at + spec.batch_size] for at in range(0, len(listing), spec.batch_size)]
    decode, network_s, whole = [], [], []
    for block in blocks:
        began = time.thread_time()
        for entry in block:
            load_file(entry, spec)
        decode.append((time.thread_time() - began) / len(block))
        began = time.thread_time()
        runner.run(batch)
        network_s.append((time.thread_time() - began) / spec.batch_size)
        if len(block) == spec.batch_size:
            began = time.thread_time()
            lane.rows(block)
            whole.append((time.thread_time() - began) / len(block))
    print(
        f"{label}: decode {1000 * median(decode):.1f} ms, network {1000 * median(network_s):.1f} ms, "
        f"file to row {1000 * median(whole):.1f} ms of one core an image (median of {len(blocks)} blocks)",
        flush=True,
    )


def writing(network: Network, folder: Path, part: int, parts: int) -> None:
    """Print what an append takes, the bytes of a row, and how both grow with the number of versions."""
    import pyarrow as pa

    spec = plan_vectors(network)
    listing = list_data(folder)
    few = Lane(network, spec, listing.output).rows(listing.entries[: spec.batch_size])
    draw = np.random.default_rng(0)
    size = spec.layers[0].size
    with tempfile.TemporaryDirectory() as place:
        store = VectorStore.create(f"{place}/v", spec)
        processor, wall = [], []
        for number in range(parts):
            chosen = few.take(pa.array(draw.integers(0, len(few), part)))
            vectors = pa.FixedSizeListArray.from_arrays(pa.array(draw.random(part * size, np.float32)), size)
            names = pa.array([f"{number}/{row:06}" for row in range(part)])
            # As large as they are, and no two alike, so that they cannot be packed away.
            lengths = [len(one) for one in chosen["thumbnail"].to_pylist()]
            drawn = {
                "vector": vectors,
                "place": names,
                "path": names,
                "thumbnail": pa.array([draw.bytes(length) for length in lengths]),
                "content": (keys := pa.array([draw.bytes(8).hex() for _ in range(part)])),
                "id": keys,
            }
            for name, column in drawn.items():
                chosen = chosen.set_column(chosen.schema.get_field_index(name), few.schema.field(name), column)
            began, began_wall = time.process_time(), time.perf_counter()
            store.append(chosen.cast(few.schema))
            processor.append(time.process_time() - began)
            wall.append(time.perf_counter() - began_wall)
        held = sum(path.stat().st_size for path in Path(place).rglob("data/*.lance")) / (part * parts)
        manifests = sorted(path.stat().st_size for path in Path(place).rglob("*.manifest"))
        pictures = np.mean([len(one) for one in few["thumbnail"].to_pylist()])
        print(
            f"append of {part} rows of {size}: {median(processor):.3f} s of processors, {median(wall):.3f} s; the first "
            f"and last tenth {median(wall[: parts // 10 or 1]):.3f} and {median(wall[-(parts // 10 or 1) :]):.3f} s\n"
            f"a row: {held:.0f} bytes on the disk, of them {4 * size} of the vector and {pictures:.0f} of the thumbnail; "
            f"a fragment: {(manifests[-1] - manifests[0]) / parts:.0f} bytes in every later manifest",
            flush=True,
        )
        began = time.process_time()
        known_rows(store)
        taken = time.process_time() - began
        tracemalloc.start()
        known = known_rows(store)
        peak_bytes = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        print(
            f"to go on: {taken / len(known.rows) * MILLION:.1f} s and "
            f"{peak_bytes / len(known.rows):.0f} bytes of memory a row at the peak for a million known rows",
            flush=True,
        )
        began = time.process_time()
        with_ids(few.take(pa.array(np.zeros(part, int))), Numbers())
        print(f"numbering: {(time.process_time() - began) / part * MILLION:.1f} s a million", flush=True)


def listing_files(count: int) -> None:
    """Print what listing a folder of files takes; none is opened."""
    with tempfile.TemporaryDirectory() as place:
        for number in range(100):
            (Path(place) / f"c{number:02}").mkdir()
            for file in range(count // 100):
                (Path(place) / f"c{number:02}" / f"{file:06}.jpg").touch()
        began = time.process_time()
        list_data(place)
        taken = time.process_time() - began
        tracemalloc.start()
        found = list_data(place)
        held = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
    print(
        f"listing: {taken / len(found) * MILLION:.1f} s of one core a million, "
        f"{held / len(found):.0f} bytes of memory an entry",
        flush=True,
    )


def indexing(count: int, size: int) -> None:
    """Print what building an index of many vectors takes, all processors together."""
    import lancedb
    import pyarrow as pa
    from lancedb.index import IvfPq

    draw = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as place:
        centres = draw.normal(0, 1, (200, size)).astype(np.float32)
        values = centres[draw.integers(0, 200, count)] + draw.normal(0, 0.7, (count, size)).astype(np.float32)
        column = pa.FixedSizeListArray.from_arrays(pa.array(values.reshape(-1)), size)
        table = lancedb.connect(place).create_table("t", pa.table({"vector": column}))
        began = time.process_time()
        table.create_index("vector", config=IvfPq(distance_type="cosine"))
        taken = time.process_time() - began
        held = sum(path.stat().st_size for path in Path(place).rglob("_indices/**/*") if path.is_file())
    print(
        f"index (IVF_PQ) of {count} × {size}: {taken:.1f} s of processors, {taken / count * MILLION:.0f} s a million; "
        f"{held / count:.0f} bytes a row",
        flush=True,
    )


def beginning() -> None:
    """Print what it takes until a new process can compute."""
    import subprocess
    import sys

    code = (
        "import json, resource; from striate.features.extraction.processes import compute; from lite import lite; "
        "from striate.features.extraction import Lane, plan_vectors; net = lite(); Lane(net, plan_vectors(net), None); "
        "use = resource.getrusage(resource.RUSAGE_SELF); print(json.dumps([use.ru_utime + use.ru_stime, use.ru_maxrss]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=Path(__file__).parent
    )
    seconds, kilobytes = json.loads(done.stdout.strip().splitlines()[-1])
    print(f"a worker: {seconds:.1f} s of a core until it can begin, {kilobytes / 1024:.0f} MB", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--small", action="store_true")
    given = parser.parse_args()
    copies = 1 if given.small else 3
    print(heading("The cost of a million images: EfficientNet-Lite0 at 224 px"))
    network = lite()
    beginning()
    with tempfile.TemporaryDirectory() as folder:
        large, small = Path(folder, "large"), Path(folder, "small")
        write_photographs(large, LARGE, copies)
        write_photographs(small, SMALL, 2 * copies)
        reading(network, large, "12 megapixels")
        reading(network, small, "640 × 480")
        writing(network, small, 2048, 10 if given.small else 60)
    listing_files(10_000 if given.small else 50_000)
    indexing(20_000 if given.small else 100_000, 1280)


if __name__ == "__main__":
    main()
