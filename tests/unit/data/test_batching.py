"""Batches, shifts and orders."""

import hashlib
import itertools
import random
import threading

import numpy as np
import pytest
import torch

from striate.data import (
    ReadAs,
    batches,
    load_data,
    measure_preprocessing,
    pixels,
    prepare,
    reading,
    shuffled,
)  # fmt: skip
from striate.data.batching import _offset, _shifted
from striate.errors import DataError, InputError
from striate.records import Preprocessing

PLAIN = Preprocessing(shape=(1, 28, 28), mean=(0.0,), std=(1.0,))


def test_samples_come_in_the_order_given():
    data = load_data("digits")
    order = (4000, 3, 777, 3, 2500)
    got = list(batches(data, order, PLAIN, batch_size=2))
    assert [len(batch) for batch in got] == [2, 2, 1]
    assert torch.cat([batch.indices for batch in got]).tolist() == list(order)
    assert torch.cat([batch.targets for batch in got]).tolist() == [data.samples[index].target for index in order]
    expected = torch.stack([data.read(index) for index in order]) / 255
    assert torch.cat([batch.images for batch in got]).tolist() == expected.tolist()


def test_types_are_as_promised():
    (batch,) = batches(load_data("digits"), (0, 1), PLAIN, batch_size=9)
    assert (batch.indices.dtype, batch.images.dtype, batch.targets.dtype) == (
        torch.int64,
        torch.float32,
        torch.int64,
    )
    (batch,) = batches(load_data("digits:ink"), (0, 1), PLAIN, batch_size=9)
    assert (batch.targets.dtype, batch.targets.shape) == (torch.float32, (2, 1))


def test_a_batch_is_the_same_as_its_images_prepared_one_by_one(pets, write):
    write("pets/cats/other.png", seed=77, size=(9, 5), mode="L")
    data = load_data(pets)
    for shape in [(3, 4, 6), (1, 5, 5)]:
        how = measure_preprocessing(data, tuple(range(8)), shape)
        (batch,) = batches(data, tuple(range(8)), how, batch_size=8)
        assert batch.images.tolist() == [prepare(data.read(index), how).tolist() for index in range(8)]


def test_images_from_the_disk_give_the_same_batches(pets, monkeypatch):
    kept = load_data(pets)
    monkeypatch.setattr(reading, "MEMORY_BYTES", 0)
    again = load_data(pets)
    how = measure_preprocessing(kept, tuple(range(7)))
    for one, other in zip(*(batches(data, (6, 0, 3, 1), how, batch_size=3) for data in (kept, again)), strict=True):
        assert one.images.tolist() == other.images.tolist()
        assert one.targets.tolist() == other.targets.tolist()


@pytest.mark.parametrize("down", [-3, -1, 0, 2])
@pytest.mark.parametrize("right", [-2, 0, 1, 3])
def test_a_shift_repeats_the_edge(down, right):
    image = torch.from_numpy(np.random.default_rng(0).random((2, 4, 5)))
    out = _shifted(torch.stack([image, image]), [(0, 0), (down, right)])[1]
    for channel in range(2):
        for row in range(4):
            for column in range(5):
                source = image[channel, min(max(row - down, 0), 3), min(max(column - right, 0), 4)]
                assert out[channel, row, column] == source


def test_every_offset_is_drawn_about_equally_often():
    # 25 offsets, 5,000 drawings: 200 expected, standard deviation 14
    drawn = [_offset(0, 0, str(number), 2, 2) for number in range(5000)]
    assert {offset for pair in drawn for offset in pair} == {-2, -1, 0, 1, 2}
    for pair in {(down, right) for down in range(-2, 3) for right in range(-2, 3)}:
        assert 200 - 4.5 * 14 < drawn.count(pair) < 200 + 4.5 * 14


def test_a_shift_belongs_to_seed_epoch_and_sample_and_to_nothing_else():
    data = load_data("digits")

    def images(indices, seed=5, epoch=2, batch_size=8):
        got = batches(data, indices, PLAIN, batch_size=batch_size, shift_px=3, seed=seed, epoch=epoch)
        return {int(index): image for batch in got for index, image in zip(batch.indices, batch.images, strict=True)}

    chosen = tuple(range(0, 5000, 100))
    first = images(chosen)
    torch.manual_seed(99)
    random.seed(99)
    again = images(chosen[::-1], batch_size=3)
    assert all(torch.equal(first[index], again[index]) for index in chosen)
    for other in (images(chosen, seed=6), images(chosen, epoch=3)):
        assert sum(not torch.equal(first[index], other[index]) for index in chosen) > 40


def test_no_shift_leaves_the_random_state_and_the_images_alone():
    before = torch.random.get_rng_state()
    list(batches(load_data("digits"), (0, 1), PLAIN, batch_size=2, shift_px=2, seed=0))
    assert torch.equal(torch.random.get_rng_state(), before)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"batch_size": 0}, InputError, "batch_size must be at least 1; got 0"),
        ({"shift_px": -1, "seed": 0}, InputError, "shift_px must be 0 … 27; got -1"),
        ({"shift_px": 28, "seed": 0}, InputError, "shift_px must be 0 … 27; got 28"),
        ({"shift_px": 1}, InputError, "shift_px must come with a seed"),
        ({"indices": (5000,)}, DataError, "a sample's index must be 0 … 4999; got 5000"),
    ],
)
def test_wrong_arguments_are_refused_before_the_first_batch(options, error, message):
    options = {"indices": (0,), "batch_size": 1, **options}
    with pytest.raises(error, match=message):
        batches(load_data("digits"), options.pop("indices"), PLAIN, **options)


def test_no_indices_give_no_batches():
    assert list(batches(load_data("digits"), (), PLAIN, batch_size=4)) == []


def test_shuffling_keeps_every_index_and_changes_with_seed_and_epoch():
    orders = {shuffled(tuple(range(100)), seed=seed, epoch=epoch) for seed in range(3) for epoch in range(3)}
    assert len(orders) == 9
    assert all(sorted(order) == list(range(100)) for order in orders)


def test_shuffling_does_not_depend_on_the_order_before():
    indices = (5, 9, 2, 700, 2)
    assert shuffled(indices, seed=1, epoch=4) == shuffled(indices[::-1], seed=1, epoch=4)


def test_shuffling_a_part_keeps_the_order_of_the_whole():
    whole = shuffled(tuple(range(100)), seed=1, epoch=4)
    part = shuffled(tuple(range(0, 100, 3)), seed=1, epoch=4)
    assert [index for index in whole if index % 3 == 0] == list(part)


def test_each_index_is_first_about_equally_often():
    # 2,000 epochs, 5 indices: 400 expected, standard deviation 18
    first = [shuffled((0, 1, 2, 3, 4), seed=0, epoch=epoch)[0] for epoch in range(2000)]
    assert all(400 - 4.5 * 18 < first.count(index) < 400 + 4.5 * 18 for index in range(5))


def test_offsets_are_those_that_runs_were_begun_with():
    # Eight bytes of the digest for each axis: a training goes on with the shifts it had.
    digest = hashlib.sha256(b"shift 5 2 9f86d081884c7d65").digest()
    down, right, third = (int.from_bytes(digest[at : at + 8], "little") % 7 - 3 for at in (0, 8, 16))

    assert _offset(5, 2, "9f86d081884c7d65", 3, 2) == (down, right)
    assert _offset(5, 2, "9f86d081884c7d65", 3, 1) == (down,)
    assert _offset(5, 2, "9f86d081884c7d65", 3, 3) == (down, right, third)


@pytest.mark.parametrize("sides", [(9,), (5, 6), (4, 5, 6)])
def test_a_shift_moves_along_every_axis_of_space(sides):
    inputs = torch.rand(3, 2, *sides)
    offsets = [tuple(int(step) for step in torch.randint(-2, 3, (len(sides),))) for _ in range(3)]

    moved = _shifted(inputs, offsets)

    for row, offset in enumerate(offsets):
        for place in itertools.product(*map(range, sides)):
            source = tuple(
                min(max(at - step, 0), side - 1) for at, step, side in zip(place, offset, sides, strict=True)
            )
            assert torch.equal(moved[(row, slice(None), *place)], inputs[(row, slice(None), *source)])


def test_signals_and_volumes_are_shifted_alike_whatever_the_batch():
    rng = np.random.default_rng(0)
    for axes, shape in ((1, (2, 20)), (3, (1, 6, 7, 8))):
        data = load_data((rng.normal(size=(8, *shape)), [0, 1] * 4), read_as=ReadAs(axes=axes))
        how = measure_preprocessing(data, tuple(range(8)))
        one, eight = (
            torch.cat(
                [batch.images for batch in batches(data, tuple(range(8)), how, batch_size=size, shift_px=3, seed=1)]
            )
            for size in (1, 8)
        )
        still = torch.cat([batch.images for batch in batches(data, tuple(range(8)), how, batch_size=8)])
        assert torch.equal(one, eight)
        assert not torch.equal(one, still)
    with pytest.raises(InputError, match="shift_px must be 0 … 5; got 6"):
        batches(data, (0,), how, batch_size=1, shift_px=6, seed=0)


def test_parts_of_two_processes_are_together_the_batches_of_one():
    data = load_data("digits")
    order = shuffled(tuple(range(0, 5000, 297)), seed=1, epoch=0)  # 17: batches of 5, 5, 5 and 2
    shifted = {"batch_size": 5, "shift_px": 2, "seed": 3, "epoch": 1}
    whole = list(batches(data, order, PLAIN, **shifted))
    parts = [list(batches(data, order, PLAIN, **shifted, rank=rank, world_size=2)) for rank in range(2)]

    assert [[len(batch) for batch in part] for part in parts] == [[3, 3, 3, 2], [2, 2, 2, 0]]
    for batch, *halves in zip(whole, *parts, strict=True):
        assert torch.cat([half.indices for half in halves]).tolist() == batch.indices.tolist()
        assert torch.cat([half.images for half in halves]).tolist() == batch.images.tolist()
        assert torch.cat([half.targets for half in halves]).tolist() == batch.targets.tolist()
        assert all(half.whole_targets.tolist() == batch.targets.tolist() for half in halves)


def test_files_of_the_next_batch_are_read_while_this_one_is_worked_on(pets, monkeypatch):
    monkeypatch.setattr(reading, "MEMORY_BYTES", 0)
    data = load_data(pets)
    how = measure_preprocessing(data, (0, 1), (3, 4, 6))
    read, is_ahead = [], threading.Event()
    of_file = pixels.read_bytes

    def told(path):
        read.append(path)
        if len(read) == 4:
            is_ahead.set()
        return of_file(path)

    monkeypatch.setattr(pixels, "read_bytes", told)
    going = batches(data, (0, 1, 2, 3, 4, 5), how, batch_size=2)
    next(going)

    assert is_ahead.wait(10)
    assert sorted(read) == sorted(data.pixels.paths[:4])
    going.close()
