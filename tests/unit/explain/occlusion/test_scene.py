import numpy as np
import torch

from striate.explain.occlusion.scene import Scene, by_phase


def scene(starts, window=(3, 2), fill=None):
    image = torch.randn(2, 7, 6, generator=torch.Generator().manual_seed(0))
    fill = torch.tensor([[[5.0]], [[6.0]]]) if fill is None else fill
    return Scene(image=image, fill=fill, starts=np.array(starts), window=window)


def test_boxes_put_into_the_image_are_the_whole_images():
    seen = scene([(0, 0), (2, 3), (6, 2), (3, 5), (5, 5)], fill=torch.arange(84.0).view(2, 7, 6))
    numbers = np.arange(5)
    covers, starts = seen.covers(numbers)
    assert covers.shape == (5, 2, 3, 2)
    for whole, cover, (top, left) in zip(seen.images(numbers), covers, starts.tolist(), strict=True):
        put = seen.image.clone()
        put[:, top : top + 3, left : left + 2] = cover
        assert torch.equal(put, whole)


def test_a_fill_of_one_value_a_channel_stands_everywhere_in_the_window():
    covers, _ = scene([(1, 1)]).covers(np.array([0]))
    assert covers[0, 0].eq(5).all()
    assert covers[0, 1].eq(6).all()


def test_windows_of_a_coarse_grid_go_first_and_each_goes_once():
    starts = np.array([(y, x) for y in range(0, 64, 8) for x in range(0, 64, 16)])
    order = by_phase(starts)
    assert sorted(order.tolist()) == list(range(len(starts)))
    assert starts[order[:4]].tolist() == [[0, 0], [0, 32], [32, 0], [32, 32]]
