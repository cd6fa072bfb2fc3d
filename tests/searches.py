"""A search among real digits, its figures chosen by hand, for tests of what is shown of one."""

import io

import numpy as np

from striate.records.neighbours import Neighbour, Search, SearchIndex, SimilarityMap, SimilarParts, StoredImage


def search_of(digits):
    """Return a search for a nought: five noughts and a one are nearest."""
    rows = (20, 40, 500, 60, 80, 100)
    near = tuple(
        Neighbour(image=_image(digits, row, f"n{place + 1}", "1" if row == 500 else "0"), distance=0.01 * (place + 1))
        for place, row in enumerate(rows)
    )
    return Search(
        address="runs/a/vectors",
        version=3,
        network="runs/a",
        layer="relu3",
        size=32,
        metric="cosine",
        query=_image(digits, 0, "q", "0"),
        where="",
        asked=6,
        searched=4999,
        copies=(Neighbour(image=_image(digits, 0, "q.2", "0"), distance=0.0, is_copy=True),),
        copy_count=1,
        neighbours=near,
        has_index=False,
        index=None,
        unindexed=0,
        seconds=0.02,
    )


def parts_of(found, digits):
    """Return which parts are said to make the first neighbour alike: the upper left of the query, nothing of the neighbour."""
    drop = np.zeros((28, 28), np.float32)
    drop[4:12, 4:12] = 0.4
    grid = np.full((4, 4), 0.99, np.float32)
    on_query = SimilarityMap(
        window_px=(7, 7),
        stride_px=(7, 7),
        clean=0.99,
        grid=grid - 0.1,
        drop=drop,
        few=2,
        share=0.62,
        share_elsewhere=0.2,
        others=4,
    )
    on_neighbour = SimilarityMap(
        window_px=(7, 7),
        stride_px=(7, 7),
        clean=0.99,
        grid=grid,
        drop=np.zeros((28, 28), np.float32),
        few=2,
        share=None,
    )
    return SimilarParts(
        query=found.query,
        neighbour=found.neighbours[0].image,
        metric="cosine",
        layer="relu3",
        fill="background",
        query_image=digits.read(0)[0].numpy(),
        neighbour_image=digits.read(20)[0].numpy(),
        on_query=on_query,
        on_neighbour=on_neighbour,
    )


def _image(digits, row, name, label):
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(digits.read(row)[0].numpy()).save(buffer, "PNG")
    return StoredImage(
        id=name,
        content=name.split(".")[0],
        place=f"digits/{row}",
        path="",
        label=label,
        split="train",
        prediction=label,
        thumbnail=buffer.getvalue(),
    )


def index_of(found):
    """Return an index that was measured when the store had 4,000 rows."""
    return SearchIndex(
        layer=found.layer, metric="cosine", kind="ivf-flat", rows=4000, version=2, partitions=63, probes=5, refine=1,
        wished=0.99, recall=0.993, interval=(0.99, 0.996), k=10, queries=100, told_s=1.0, build_s=1.0, told_bytes=1,
        peak_bytes=1, search_s=0.001, exact_s=0.01,
    )  # fmt: skip
