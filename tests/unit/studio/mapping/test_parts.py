"""Files of at most so many bytes, which are the arrays again when they are laid end to end."""

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load

from striate.report.arrays import ArrayStore
from striate.studio.mapping.parts import in_parts


# 30 pictures of 16 bytes, 3 numbers of 4, 20 points of 4. In 64 each: 7 files of 4 pictures, one of 2 with the numbers and 5 points, one
# of 15. In 100 each: 5 files of 6 pictures, and one of the numbers and all points.
@pytest.mark.parametrize(("most", "files"), [(64, 9), (100, 6), (1000, 1), (10**6, 1)])
def test_arrays_are_whole_again(most, files, tmp_path):
    store = ArrayStore()
    store.images("pictures", np.arange(30 * 4 * 4, dtype=np.uint8).reshape(30, 4, 4))
    store.numbers("few", np.arange(3))
    store.places("points", np.linspace(-1, 1, 40).reshape(20, 2))
    parts = in_parts(store, most_bytes=most)
    pieces, scales = {}, set()
    for part in parts:
        path = tmp_path / "part"
        path.write_bytes(part)
        with safe_open(path, "numpy") as file:
            scales |= {
                (name in load(part), dict(file.metadata())["scale.points"]) for name in ("points",) if file.metadata()
            }
        found = load(part)
        assert sum(array.nbytes for array in found.values()) <= most
        for name, array in found.items():
            pieces.setdefault(name, []).append(array)

    for name, array in store.arrays.items():
        np.testing.assert_array_equal(np.concatenate(pieces[name]), array)
    assert scales == {(True, repr(1 / 32767))}
    assert len(parts) == files
