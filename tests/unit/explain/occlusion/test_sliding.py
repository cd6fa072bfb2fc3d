import numpy as np
import pytest
import torch
from torch import nn

from striate.errors import Cancelled, InputError, ShapeError
from striate.events import Events
from striate.explain import occlusion

SUMS = [[1.0, 2.0, 3.0, 4.0], [0.0, 0.0, 0.0, -1.0]]


@pytest.fixture
def sums(toys):
    """Two values: 1·a + 2·b + 3·c + 4·d, and −d, of an image of one row."""
    return toys.network(toys.Sum(SUMS), (1, 1, 4), ["weighted", "last"], "values")


def test_a_value_falls_by_what_the_window_covered(sums):
    [seen] = occlusion(sums, torch.ones(1, 1, 1, 4), window_px=(1, 1), stride_px=1, fill=0)
    assert seen.clean.tolist() == [10, -1]
    assert seen.maps.tolist() == [[[-1, -2, -3, -4]], [[0, 0, 0, 1]]]
    assert seen.grid[0].tolist() == [[9, -1], [8, -1], [7, -1], [6, 0]]


def test_a_pixel_under_two_windows_gets_their_mean_and_the_last_window_is_cut(sums):
    [seen] = occlusion(sums, torch.ones(1, 1, 1, 4), window_px=(1, 3), stride_px=(1, 2), fill=0)
    # Windows abc and cd: changes −6 and −7.
    assert seen.grid[0, :, 0].tolist() == [4, 3]
    assert seen.maps[0].tolist() == [[-6, -6, -6.5, -7]]


def test_the_figures_of_the_hand_computed_network(toys):
    net = toys.network(toys.OneConv(), (1, 4, 4), "abcd", "values")
    image = torch.arange(16.0).view(1, 1, 4, 4)
    [seen] = occlusion(net, image, window_px=4, stride_px=4, fill=0)
    # 3×3 sums 45, 54, 81, 90: after −50 and ReLU 0, 4, 31, 40; after −75: 0, 0, 6, 15.
    # Signs + + + + and + − − −: 75 + 0 − 21 = 54. Covered whole: 0.
    assert seen.clean.tolist() == [54, 54, 54, 54]
    assert (seen.maps == -54).all()


def test_values_are_on_their_own_scale(toys):
    net = toys.network(toys.Sum([[1.0, 1.0]]), (1, 1, 2), ["age"], "values", value_mean=(40.0,), value_std=(10.0,))
    [seen] = occlusion(net, torch.ones(1, 1, 1, 2), window_px=(1, 1), stride_px=1, fill=0)
    assert seen.clean.tolist() == [60]
    assert seen.maps.tolist() == [[[-10, -10]]]


def test_classes_are_probabilities_that_sum_to_one(toys):
    [seen] = occlusion(toys.small(), toys.images(1), window_px=4, stride_px=3)
    np.testing.assert_allclose(seen.grid.sum(-1), 1, atol=1e-6)
    np.testing.assert_allclose(seen.maps.sum(0), 0, atol=1e-6)


def test_labels_are_probabilities_each_on_its_own(toys):
    net = toys.network(toys.Sum([[0.0] * 4] * 3), (1, 2, 2), "abc", "labels")
    [seen] = occlusion(net, torch.ones(1, 1, 2, 2), window_px=2, stride_px=2)
    assert seen.clean.tolist() == [0.5, 0.5, 0.5]


@pytest.mark.parametrize("batch_size", [1, 5, 1000])
def test_the_batch_size_changes_nothing(toys, batch_size):
    net, images = toys.small(), toys.images(2)
    for one, other in zip(
        occlusion(net, images, window_px=5, stride_px=2, batch_size=batch_size),
        occlusion(net, images, window_px=5, stride_px=2),
        strict=True,
    ):
        np.testing.assert_allclose(one.grid, other.grid, atol=1e-6)


def test_images_are_numbered_by_their_place(toys):
    assert [seen.sample for seen in occlusion(toys.small(), toys.images(3), window_px=6, stride_px=6)] == [0, 1, 2]


def test_no_images_give_no_records(toys):
    assert occlusion(toys.small(), toys.images(0), window_px=6, stride_px=6) == ()


def test_a_line_is_an_image_of_one_row(toys):
    net = toys.network(nn.Sequential(nn.Conv1d(2, 3, 3), nn.Flatten(), nn.Linear(3 * 18, 4)), (2, 20), "abcd")
    [seen] = occlusion(net, torch.randn(1, 2, 20), window_px=5, stride_px=5)
    assert (seen.window_px, seen.grid.shape, seen.maps.shape) == ((1, 5), (1, 4, 4), (4, 1, 20))


def test_it_stops_when_asked_to_and_leaves_the_modes_alone(toys):
    class Impatient(Events):
        def is_cancelled(self):
            return True

    net = toys.small()
    net.module.train()
    with pytest.raises(Cancelled):
        occlusion(net, toys.images(1), window_px=4, stride_px=1, batch_size=1, events=Impatient())
    assert all(part.training for part in net.module.modules())


def test_what_has_been_looked_at_is_kept_if_asked_for(toys):
    class Impatient(Events):
        heard = 0

        def progress(self, progress):
            self.heard = progress.done

        def is_cancelled(self):
            return self.heard >= 10

    net, images = toys.small(), toys.images(2)
    how = {"window_px": 4, "stride_px": 2, "batch_size": 5}
    whole, _ = occlusion(net, images, **how)
    [seen] = occlusion(net, images, **how, is_partial=True, events=Impatient())
    looked = ~np.isnan(seen.grid).any(-1)
    assert looked.sum() == 10
    np.testing.assert_allclose(seen.grid[looked], whole.grid[looked], atol=1e-6)
    # The coarse grid of windows 8 pixels apart is among the first, and so are pixels far from each other.
    assert looked[::4, ::4].all()
    covered = np.zeros(seen.maps.shape[1:], dtype=bool)
    for row, column in np.argwhere(looked):
        covered[2 * row : 2 * row + 4, 2 * column : 2 * column + 4] = True
    assert np.array_equal(np.isnan(seen.maps).any(0), ~covered)


def test_the_class_that_wins_is_told_for_each_window(toys):
    net = toys.network(toys.Sum([[2.0, 0.0], [0.0, 1.0], [0.5, 0.5]]), (1, 1, 2), "abc")
    [seen] = occlusion(net, torch.ones(1, 1, 1, 2), window_px=(1, 1), stride_px=1, fill=0)
    # Scores 0, 1, 0.5 without the first pixel, and 2, 0, 0.5 without the second.
    assert seen.winners.tolist() == [[1, 0]]


def test_the_watcher_hears_of_every_window(toys):
    heard = []

    class Listener(Events):
        def progress(self, progress):
            heard.append((progress.done, progress.total))

    occlusion(toys.small(), toys.images(2), window_px=4, stride_px=4, batch_size=4, events=Listener())
    assert heard[0] == (0, 18)
    assert heard[-1] == (18, 18)


@pytest.mark.parametrize("images", [torch.zeros(1, 2, 12, 10), torch.zeros(12, 10), torch.zeros(1, 1, 2, 12, 10)])
def test_images_of_another_shape_are_refused(toys, images):
    with pytest.raises(ShapeError):
        occlusion(toys.small(), images, window_px=4, stride_px=4)


@pytest.mark.parametrize(
    "images", [torch.zeros(1, 1, 12, 10, dtype=torch.uint8), torch.full((1, 1, 12, 10), torch.nan)]
)
def test_images_that_are_not_finite_floats_are_refused(toys, images):
    with pytest.raises(InputError):
        occlusion(toys.small(), images, window_px=4, stride_px=4)


def test_a_network_that_answers_with_something_else_is_refused(toys):
    with pytest.raises(InputError, match="one tensor of scores"):
        occlusion(toys.network(nn.Identity(), (1, 4, 4), "ab"), torch.zeros(1, 1, 4, 4), window_px=2, stride_px=2)


def test_the_callers_images_are_not_written_to(toys):
    images = toys.images(1)
    before = images.clone()
    occlusion(toys.small(), images, window_px=4, stride_px=2, fill="grey")
    assert torch.equal(images, before)
