"""NIfTI volumes beside nibabel's own reading, and what is set aside with which reason."""

import gzip
from pathlib import Path

import numpy as np
import pytest
import torch

from striate.data import volumes
from striate.data.volumes import VolumeError, decode_volume

nibabel = pytest.importorskip("nibabel")
EXAMPLES = Path(nibabel.__file__).parent / "tests" / "data"
RNG = np.random.default_rng(0)
VALUES = RNG.integers(-1000, 1000, (3, 4, 5)).astype(np.int16)


def stored(values=VALUES, affine=None, kind=None, **header):
    image = (kind or nibabel.Nifti1Image)(values, np.eye(4) if affine is None else affine)
    for name, value in header.items():
        getattr(image.header, name)(*value)
    return image.to_bytes()


@pytest.mark.parametrize("kind", ["Nifti1Image", "Nifti2Image"])
@pytest.mark.parametrize("compress", [bytes, gzip.compress])
def test_the_last_stored_axis_comes_first(kind, compress):
    found = decode_volume(compress(stored(kind=getattr(nibabel, kind))))

    assert found.dtype == torch.float32
    assert np.array_equal(found[0].numpy(), VALUES.transpose(2, 1, 0))


@pytest.mark.parametrize("order", ["<", ">"])
def test_both_orders_of_bytes_are_read(order):
    image = nibabel.Nifti1Image(VALUES, np.eye(4), nibabel.Nifti1Header(endianness=order))

    assert np.array_equal(decode_volume(image.to_bytes())[0].numpy(), VALUES.transpose(2, 1, 0))


def test_slope_and_intercept_are_applied():
    data = bytearray(stored())
    data[112:120] = np.array([2.0, -7.0], "<f4").tobytes()  # scl_slope and scl_inter of NIfTI-1

    assert np.array_equal(decode_volume(bytes(data))[0].numpy(), 2.0 * VALUES.transpose(2, 1, 0) - 7)


def test_a_patient_who_lay_the_other_way_is_turned():
    # The first axis runs from right to left, the second from feet to head, the third from front to back.
    affine = np.array([[-1.0, 0, 0, 9], [0, 0, -1, 9], [0, 1, 0, 0], [0, 0, 0, 1]])

    found = decode_volume(stored(affine=affine))

    # Wanted: feet to head, back to front, left to right.
    assert np.array_equal(found[0].numpy(), VALUES[::-1, :, ::-1].transpose(1, 2, 0))


@pytest.mark.parametrize("name", ["anatomical.nii", "standard.nii.gz", "reoriented_anat_moved.nii"])
def test_real_volumes_are_what_nibabel_reads(name):
    path = EXAMPLES / name
    if not path.exists():
        pytest.skip("nibabel was installed without its test data")
    expected = nibabel.as_closest_canonical(nibabel.load(path)).get_fdata(dtype=np.float32).transpose(2, 1, 0)

    assert np.array_equal(decode_volume(path.read_bytes())[0].numpy(), expected)


def test_a_fourth_axis_of_length_1_is_no_axis():
    assert decode_volume(stored(VALUES[..., None])).shape == (1, 5, 4, 3)


def shrunk(data, side=30_000):
    """Return the volume with a header that asks for side³ voxels."""
    broken = bytearray(data)
    broken[42:48] = np.array([side] * 3, "<i2").tobytes()
    return bytes(broken)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (stored(RNG.normal(size=(2, 2, 2, 3))), "has a fourth axis (2×2×2×3); one volume is needed"),
        (stored(np.zeros((3, 4), np.int16)), "has 2 axes, not 3"),
        (stored(np.full((2, 2, 2), np.nan, np.float32)), "holds values that are not finite"),
        (stored(np.zeros((2, 2, 2), np.complex64)), "holds complex64, not numbers"),
        (stored(np.zeros((2, 2, 2), [("R", "u1"), ("G", "u1"), ("B", "u1")])), "holds colours, not numbers"),
        (shrunk(stored()), "larger than 64,000,000 voxels"),
        (shrunk(stored(), 0), "without voxels"),
        (gzip.compress(shrunk(stored())), "larger than 64,000,000 voxels"),
        (stored()[:-1], "truncated: the header says 472 bytes, 471 are there"),
        (gzip.compress(stored())[:-30], "truncated"),
        (gzip.compress(stored()[:-1]), "truncated: the header says 472 bytes, 471 are there"),
        (gzip.compress(stored() + bytes(9)), "longer than its header says (472 bytes)"),
        (b"\x1f\x8bnothing", "broken or truncated"),
        (b"nothing", "not a NIfTI volume"),
        (b"", "not a NIfTI volume"),
        (b"\x5c\x01\0\0", "broken or truncated"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_says_why(data, reason):
    with pytest.raises(VolumeError) as caught:
        decode_volume(data)

    assert reason in caught.value.reason


def test_a_bomb_is_decompressed_no_further_than_its_header_says(monkeypatch):
    asked = []
    unpacked = volumes._unpacked
    monkeypatch.setattr(volumes, "_unpacked", lambda data, most: (asked.append(most), unpacked(data, most))[1])
    bomb = gzip.compress(stored() + bytes(50_000_000))

    with pytest.raises(VolumeError, match="longer than its header says"):
        decode_volume(bomb)

    assert len(bomb) < 60_000
    assert asked == [540, 472]


def test_flipped_bytes_of_the_header_raise_nothing_else():
    data = bytearray(stored())
    for at in range(348):
        broken = data.copy()
        broken[at] ^= 0xFF
        try:
            found = decode_volume(bytes(broken))
        except VolumeError:
            continue
        assert bool(found.isfinite().all())
