from __future__ import annotations

import pytest
import torch

from striate.observe.survey.glance import POSITIONS, glance, positions


@pytest.mark.parametrize("sizes", [(12, 12), (7, 7), (56, 56), (5,), (1000,), (4, 6, 5), (1, 1), (3, 1)])
def test_every_position_is_read_as_often_as_others_and_neighbours_are_neighbours(sizes):
    count = int(torch.tensor(sizes).prod())
    read = min(POSITIONS, count)
    images = 40 * count // read
    here, there = positions(sizes, range(images))
    assert here.shape == (images, read)
    assert ((here.diff(dim=1) - count / read).abs() <= 1).all()
    # 40 times each, but for what does not come out even.
    times = torch.bincount(here.flatten(), minlength=count)
    assert (times - 40).abs().max() <= 5
    if max(sizes) == 1:
        assert there is None
        return
    index = [torch.stack(torch.unravel_index(part, sizes)) for part in (here, there)]
    assert ((index[0] - index[1]).abs().sum(0) == 1).all()


def test_a_vector_has_one_position_and_no_neighbour():
    here, there = positions((), (0, 5))
    assert (here.tolist(), there) == ([[0], [0]], None)


def test_what_is_kept_is_what_the_whole_map_says():
    value = torch.randn(4, 6, 5, 7, generator=torch.Generator().manual_seed(0))
    value[:, 2] = value[:, 2].abs() + 0.1
    value[0, 3] = value[0, 3].abs() + 0.1
    for layout in (torch.contiguous_format, torch.channels_last):
        seen = glance(value.contiguous(memory_format=layout), torch.arange(4), None, has_statistics=True)
        flat = value.flatten(2)
        torch.testing.assert_close(seen.peaks, flat.amax(2), rtol=0, atol=0)
        torch.testing.assert_close(seen.places, flat.argmax(2), rtol=0, atol=0)
        torch.testing.assert_close(seen.means, flat.mean(2))
        here, there = positions((5, 7), range(4))
        for image in range(4):
            torch.testing.assert_close(seen.read[image], flat[image][:, here[image]].T, rtol=0, atol=0)
            torch.testing.assert_close(seen.beside[image], flat[image][:, there[image]].T, rtol=0, atol=0)
        # A unit that is off in one image of a block is not looked at further: only whether all are on matters.
        assert seen.on.all(0).tolist() == [False, False, True, False, False, False]


def test_places_are_asked_for_only_above_the_bar():
    value = torch.tensor([[[1.0, 3.0], [5.0, 2.0]]])
    seen = glance(value, torch.zeros(1, dtype=torch.int64), torch.tensor([4.0, 5.0]), has_statistics=False)
    assert seen.places.tolist() == [[-1, 0]]
    assert seen.means is None
