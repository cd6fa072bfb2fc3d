from functools import partial

import numpy as np
import pytest
import torch

from striate.errors import Cancelled, InputError, ShapeError
from striate.events import Events, Task
from striate.explain import Prior, class_images, fine_detail
from striate.explain.answers import scores
from striate.explain.growing.ascent import Ascent, _price, climb
from striate.explain.growing.canvas import Waves
from striate.explain.growing.prior import BARE, USUAL
from striate.explain.growing.views import random_views, seen
from striate.nets import load_network


def ascent(net, prior, steps=1, **how):
    task = Task("x", total=steps, unit="step")
    return Ascent(network=net, shape=net.input_shape, prior=prior, steps=steps, seed=0, task=task, **how)


def test_every_image_reaches_its_class(small_run):
    grown = class_images(load_network(small_run), steps=100)
    assert grown.names == tuple("0123456789")
    assert grown.images.shape == grown.plain.shape == (10, 1, 28, 28)
    assert (grown.probability > 0.9).all()
    assert (grown.plain_probability > 0.9).all()


def test_the_prior_makes_images_smoother(small_run):
    grown = class_images(load_network(small_run), steps=60)
    assert (grown.detail < 0.22).all()  # the 95 % quantile of real digits
    assert grown.detail.mean() < 0.6 * grown.plain_detail.mean()


def test_images_stay_within_the_stored_range(toys):
    grown = class_images(toys.small(), steps=30)
    for images in (grown.images, grown.plain):
        assert images.min() >= 0
        assert images.max() <= 1


def test_the_probability_is_that_of_the_image_returned(toys):
    net = toys.small()
    grown = class_images(net, steps=5)
    net.module.eval()
    with torch.no_grad():
        again = net.module((torch.tensor(grown.images) - 0.5) / 0.25).softmax(1).diagonal()
    np.testing.assert_allclose(grown.probability, again, atol=1e-5)


def test_targets_choose_outputs_in_their_order(toys):
    net = toys.small()
    some, everything = class_images(net, targets=[2, 0], steps=5), class_images(net, steps=5)
    assert some.names == ("2", "0")
    np.testing.assert_allclose(some.images, everything.images[[2, 0]], atol=1e-5)


def test_how_many_are_grown_together_changes_nothing(toys, monkeypatch):
    net = toys.small()
    expected = class_images(net, steps=5)
    monkeypatch.setattr("striate.explain.growing.ascent.fitting", lambda image: 4)  # one image at once
    np.testing.assert_allclose(class_images(net, steps=5).images, expected.images, atol=1e-4)


@pytest.mark.parametrize(("views", "most"), [(0, 64), (1, 64), (8, 256)])
def test_a_backward_pass_takes_few_images_at_once(toys, views, most):
    net = toys.network(toys.Sum(torch.ones(300, 4)), (1, 2, 2), map(str, range(300)))
    counts = []

    def read(inputs):
        counts.append(len(inputs))
        return scores(net, inputs)

    climb(ascent(net, Prior(views=views, total_variation=0.0, contrast=0.0)), read, torch.eye(300))

    assert max(counts) == most


def test_values_are_driven_up_and_down(toys):
    net = toys.small(outputs=1, kind="values", value_mean=(40.0,), value_std=(10.0,))
    grown = class_images(net, steps=40)
    assert grown.names == ("0, high", "0, low")
    high, low = grown.probability
    assert high > 40 > low


def test_the_same_seed_gives_the_same_images_and_another_others(toys):
    net = toys.small()
    first, again, other = (class_images(net, steps=3, seed=seed).images for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_the_detail_of_real_images_is_that_on_the_stored_scale(toys):
    net = toys.small(shape=(3, 20, 20), mean=(0.5, 0.4, 0.3), std=(0.1, 0.2, 0.4))
    stored = torch.rand((40, 3, 20, 20), generator=torch.Generator().manual_seed(0))
    mean, std = (torch.tensor(row).view(1, 3, 1, 1) for row in ((0.5, 0.4, 0.3), (0.1, 0.2, 0.4)))
    grown = class_images(net, targets=[0], real=(stored - mean) / std, steps=1)
    expected = np.quantile(fine_detail(stored).numpy(), [0.05, 0.95])
    np.testing.assert_allclose(grown.data_detail, expected, atol=1e-5)


def test_without_real_images_any_detail_is_usual(toys):
    assert class_images(toys.small(), steps=1).data_detail == (0.0, 1.0)


def test_no_targets_give_no_images(toys):
    grown = class_images(toys.small(), targets=[], steps=3)
    assert grown.images.shape == (0, 1, 12, 10)
    assert grown.probability.shape == grown.detail.shape == (0,)


@pytest.mark.parametrize("wrong", [{"targets": [3]}, {"targets": [-1]}, {"steps": -1}])
def test_what_cannot_be_grown_is_refused(toys, wrong):
    with pytest.raises(InputError):
        class_images(toys.small(), **wrong)


def test_real_images_of_another_shape_are_refused(toys):
    with pytest.raises(ShapeError):
        class_images(toys.small(), steps=1, real=torch.zeros(1, 1, 4, 4))


def test_lines_have_no_class_images(toys):
    with pytest.raises(InputError):
        class_images(toys.network(torch.nn.Flatten(), (1, 4), "abcd"))


def test_it_stops_when_asked_to(toys):
    class Impatient(Events):
        def is_cancelled(self):
            return True

    with pytest.raises(Cancelled):
        class_images(toys.small(), events=Impatient())


def test_the_watcher_hears_of_every_step(toys):
    heard = []

    class Listener(Events):
        def progress(self, progress):
            heard.append((progress.done, progress.total))

    class_images(toys.small(), steps=4, events=Listener())
    assert heard[-1] == (36, 36)  # four steps for three images: with prior, without, and for weights drawn anew


def test_waves_begin_at_the_mean_of_the_data_with_little_noise():
    start = Waves(2, (2, 32, 24), (0.1, 0.6), torch.Generator().manual_seed(0)).images()
    np.testing.assert_allclose(start.mean((0, 2, 3)), [0.1, 0.6], atol=0.01)
    assert torch.equal(start[0], start[1])


def test_a_step_in_every_wave_is_mostly_slow():
    waves = Waves(8, (1, 64, 64), (0.5,), torch.Generator().manual_seed(0))
    generator = torch.Generator().manual_seed(1)
    waves.values = torch.stack([torch.randn(waves.values.shape[1:], generator=generator) for _ in range(8)]) / 10
    assert fine_detail(waves.images()).mean() < 0.3  # white noise would be 0.8


def test_a_view_that_moves_nothing_shows_the_image():
    images = torch.rand((2, 1, 9, 7), generator=torch.Generator().manual_seed(0))
    same = torch.tensor([[[1.0, 0, 0], [0, 1, 0]]])
    torch.testing.assert_close(seen(images, same), images)


def test_views_show_all_images_under_the_first_then_under_the_next():
    images = torch.stack([torch.full((1, 4, 4), value) for value in (0.0, 1.0, 2.0)])
    views = random_views(torch.Generator().manual_seed(0), 2)
    assert seen(images, views)[:, 0, 2, 2].round(decimals=4).tolist() == [0, 1, 2, 0, 1, 2]


def test_views_stay_within_their_bounds():
    views = random_views(torch.Generator().manual_seed(0), 5000)
    scale = views[:, :, :2].det().sqrt()
    angle = torch.atan2(views[:, 1, 0], views[:, 0, 0]).rad2deg()
    assert 0.8 <= scale.min() < 0.81
    assert 1.19 < scale.max() <= 1.2001
    assert 19 < angle.abs().max() <= 20.001
    assert 0.14 < views[:, :, 2].abs().max() <= 2 / 14 + 1e-6


def test_a_linear_score_without_prior_ends_at_the_edges_of_the_range(toys):
    weights = torch.tensor([[1.0, -1.0, 2.0, -2.0]])
    net = toys.network(toys.Sum(weights), (1, 2, 2), "a")
    grown = climb(ascent(net, BARE, steps=30), partial(scores, net), torch.eye(1))
    assert grown.flatten().tolist() == [1, 0, 1, 0]


def test_the_price_is_that_of_total_variation_and_of_what_lies_beyond_the_usual_range(toys):
    mean, std = torch.full((1, 1, 1, 1), 0.4), torch.full((1, 1, 1, 1), 0.25)
    usual = torch.full((1, 1, 4, 4), 0.65)
    paid = partial(_price, mean=mean, std=std, ascent=ascent(toys.small(), USUAL))
    assert paid(usual).item() == 0
    bright = torch.ones(1, 1, 4, 4)  # 0.6 from the mean, 0.35 beyond the usual
    assert paid(bright).item() == pytest.approx(20 * 0.35)
    stripes = torch.tensor([0.2, 0.6, 0.2, 0.6]).expand(1, 1, 4, 4)  # 12 of 24 neighbours differ by 0.4
    assert paid(stripes).item() == pytest.approx(13 * 12 * 0.4 / 16)
