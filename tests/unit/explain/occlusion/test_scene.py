import numpy as np
import pytest
import torch

from striate.explain.cover import positions, starts_of
from striate.explain.fills import fill_values
from striate.explain.occlusion.scene import Windows, by_phase, middle_second, scene_of


def scene(toys, starts, fill, window=(3, 2)):
    image = torch.randn(2, 7, 6, generator=torch.Generator().manual_seed(0))
    return scene_of(toys.small(shape=(2, 7, 6)), image, fill, np.array(starts), window)


@pytest.mark.parametrize("fill", ["noise", "blur", 3.0])
def test_windows_show_the_fill_and_are_cut_at_the_border(toys, fill):
    starts = [(0, 0), (2, 3), (6, 2), (3, 5), (5, 5)]
    seen = scene(toys, starts, fill)
    picture = fill_values(toys.small(shape=(2, 7, 6)), seen.image, fill).expand(2, 7, 6)
    for whole, (top, left) in zip(seen.images(np.arange(5)), starts, strict=True):
        expected = seen.image.clone()
        expected[:, top : top + 3, left : left + 2] = picture[:, top : top + 3, left : left + 2]
        assert torch.equal(whole, expected)


def test_boxes_lie_within_the_image(toys):
    covers, inside = scene(toys, [(0, 0), (6, 5)], 1.0).covers(np.arange(2))
    assert covers.shape == (2, 2, 3, 2)
    assert inside.tolist() == [[0, 0], [4, 4]]


def test_an_inpainted_window_goes_on_from_its_surroundings(toys):
    # A plane is biharmonic: what goes on from it is the plane.
    rows, columns = torch.meshgrid(torch.arange(20.0), torch.arange(24.0), indexing="ij")
    image = torch.stack([rows + 2 * columns, 5 - rows])
    net = toys.small(shape=(2, 20, 24))
    starts = np.array([(7, 9), (0, 0), (18, 20)])
    seen = scene_of(net, image, "inpainted", starts, (4, 5))
    whole = seen.images(np.arange(3))
    torch.testing.assert_close(whole[0], image, atol=1e-3, rtol=0)
    # At a corner less is known, and no value leaves the range of what is around.
    assert whole[1].min() >= image.min()
    outside = torch.ones(20, 24, dtype=torch.bool)
    outside[18:, 20:] = False
    assert torch.equal(whole[2][:, outside], image[:, outside])


def test_windows_of_a_coarse_grid_go_first_and_each_goes_once():
    starts = np.array([(y, x) for y in range(0, 64, 8) for x in range(0, 64, 16)])
    order = by_phase(starts)
    assert sorted(order.tolist()) == list(range(len(starts)))
    assert starts[order[:4]].tolist() == [[0, 0], [0, 32], [32, 0], [32, 32]]


def test_an_inpainted_window_cut_at_the_border_goes_on_from_what_is_beside_it(toys):
    from skimage.restoration import inpaint_biharmonic

    image = torch.randn(1, 12, 12, generator=torch.Generator().manual_seed(0))
    [whole] = scene_of(toys.small(shape=(1, 12, 12)), image, "inpainted", np.array([(10, 9)]), (4, 4)).images(
        np.arange(1)
    )

    mask = np.zeros((12, 12), np.bool_)
    mask[10:, 9:] = True
    # Only what is within one more window is looked at: rows and columns from 6 and 5.
    expected = inpaint_biharmonic(image[0, 6:, 5:].double().numpy(), mask[6:, 5:])
    np.testing.assert_allclose(whole[0, 6:, 5:], expected, atol=1e-5)


@pytest.mark.parametrize(
    ("side", "window", "step", "expected"),
    [
        # 96 … 112 ends at the middle of 224, and agrees with 0 on steps of 32.
        (224, 16, 8, 96),
        # Of 0, 3 … 21 only 12 agrees with 0 on steps of 4 or more and covers 14.
        (28, 7, 3, 12),
        (28, 28, 28, None),
    ],
)
def test_the_second_window_that_is_tried_stands_in_the_middle(side, window, step, expected):
    counts = positions((1, side, side), window, step)
    starts = starts_of(counts, (step, step))
    scene = Windows(image=torch.zeros(1, side, side), show=lambda _: None, starts=starts, window=(window, window))
    order = by_phase(starts)

    tried = middle_second(scene, order)

    assert sorted(tried.tolist()) == sorted(order.tolist())
    assert starts[tried[0]].tolist() == [0, 0]
    if expected is None:
        assert np.array_equal(tried, order)
    else:
        assert starts[tried[1]].tolist() == [expected, expected]
