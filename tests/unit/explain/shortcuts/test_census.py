"""Networks whose shortcut is known by construction: what is exchanged decides, or does not."""

import dataclasses

import numpy as np
import pytest
import torch

from striate.data import load_data
from striate.errors import InputError
from striate.explain import shortcut_census
from striate.explain.shortcuts.census import affordable
from striate.explain.shortcuts.crowd import Asked, gathered
from striate.explain.shortcuts.exchanging import exchange
from striate.explain.shortcuts.regions import places
from striate.lint import lint
from striate.records import Evidence, Output

MARK, CENTRE = slice(0, 2), slice(7, 9)


def names(found):
    return {finding.name for finding in lint(Evidence(shortcuts=found), select=["SHC"]).findings}


def test_a_network_that_reads_the_mark_follows_it_in_every_image(planted):
    data = planted.marked()
    found = shortcut_census(planted.network(planted.Reads(MARK, MARK)), data, range(36))
    exchange = found.exchange

    assert (found.images, found.right, exchange.images) == (36, 36, 36)
    assert exchange.decisive.others.share == exchange.telling.others.share == 1.0
    assert exchange.decisive.own.share == exchange.telling.own.share == 0.0
    assert exchange.decisive.box[:2] == (0, 0)
    assert [patch.turned.share for patch in exchange.patches] == [1.0, 1.0, 1.0]
    assert [patch.elsewhere.share for patch in exchange.patches] == [0.0, 0.0, 0.0]
    assert all(patch.box[:2] == (0, 0) for patch in exchange.patches)
    assert {"one-place-decides", "patch-decides-class", "pixels-give-class-away"} <= names(found)


def test_telling_pixels_are_the_mark_and_the_centre(planted):
    mask = shortcut_census(
        planted.network(planted.Reads(MARK, MARK)), planted.marked(), range(36)
    ).exchange.telling.mask
    expected = np.zeros((16, 16), bool)
    expected[:2, :2] = expected[7:9, 7:9] = True

    assert (mask == expected).all()


def test_passes_that_others_took_are_not_counted(planted):
    network = planted.network(planted.Reads(MARK, MARK))
    rng, counted = np.random.default_rng(0), []
    asked = Asked(network)
    with torch.no_grad():
        crowd = gathered(asked, network, planted.marked(), range(36))
        for _ in range(2):
            before = asked.passes
            found = exchange(
                asked, crowd, crowd.only(np.arange(0, 36, 2)), crowd.only(np.arange(1, 36, 2)), places(16, 16), 40, rng
            )
            counted.append((found.passes, asked.passes - before))

    assert before > 36
    assert all(told == taken > 0 for told, taken in counted)


def test_a_network_that_reads_the_object_follows_no_other_place(planted):
    data = planted.marked()
    without = data.pixels.read
    images = np.stack([without(index)[0].numpy() for index in range(36)])
    images[:, :2, :2] = 0
    images[:, 7:9, 7:9] = np.clip(images[:, 7:9, 7:9] + np.random.default_rng(0).integers(-25, 26, (36, 2, 2)), 0, 255)
    clean = load_data((images, np.repeat([0, 1, 2], 12)))
    found = shortcut_census(planted.network(planted.Reads(CENTRE, CENTRE)), clean, range(36))

    assert found.right == 36
    assert found.exchange.decisive.others.share == 0.0
    assert max(patch.turned.share for patch in found.exchange.patches) == 0.0
    assert names(found) & {"one-place-decides", "patch-decides-class"} == set()
    # The middle of the picture, where the object is, takes most; it is drawn, not held against the network.
    top, left, bottom, right = found.exchange.boxes[int(found.exchange.fall.argmax())]
    assert top < 9
    assert bottom > 7
    assert left < 9
    assert right > 7


def test_a_network_that_reads_the_ground_gives_objects_its_class(planted):
    module = planted.Reads(slice(0, 1), slice(0, 1))
    module.forward = lambda x: -200 * (x[:, :, 0, 0].mean(1)[:, None] * 255 / 150 - torch.tensor([0.2, 0.5, 0.8])) ** 2
    found = shortcut_census(planted.network(module, channels=3), planted.grounded(), range(36)).background

    assert (found.known_share, found.is_given) == (1.0, False)
    assert found.alone.share == found.moved.share == 1.0
    assert found.kept.share == found.own.share == 0.0
    assert found.chance == pytest.approx(1 / 3)
    assert found.permuted < 0.6
    assert found.pair.right.share == 1.0


def test_a_network_that_measures_the_object_keeps_its_class_on_any_ground(planted):
    class Size(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.scale = torch.nn.Parameter(torch.tensor(1.0))

        def forward(self, x):
            side = (x[:, 0] > 0.9).sum((1, 2)).float().sqrt()
            return -self.scale * (side[:, None] - torch.tensor([4.0, 6.0, 8.0])) ** 2

    found = shortcut_census(planted.network(Size(), channels=3), planted.grounded(), range(36))

    assert found.right == 36
    assert found.background.kept.share == 1.0
    assert found.background.moved.share == found.background.own.share == 0.0
    # Without the object all look alike to it: as many right as one answer for all.
    assert found.background.alone.share == pytest.approx(1 / 3)
    assert "background-decides" not in names(found)


def test_given_objects_say_where_the_effect_lies(planted):
    data = planted.marked()
    on, off = np.zeros((16, 16), bool), np.zeros((16, 16), bool)
    on[:3, :3] = off[10:, 10:] = True
    network = planted.network(planted.Reads(MARK, MARK))
    marks = shortcut_census(network, data, range(36), masks=dict.fromkeys(range(36), on)).on_object
    beside = shortcut_census(network, data, range(36), masks=dict.fromkeys(range(36), off)).on_object

    assert len(marks.samples) == len(beside.samples) > 8
    assert marks.shares.min() > 0.9
    assert beside.shares.max() == 0.0
    assert marks.areas[0] == pytest.approx(9 / 256)
    found = lint(Evidence(shortcuts=shortcut_census(network, data, range(36), masks=dict.fromkeys(range(36), off))))
    assert "effect-off-object" in {finding.name for finding in found.findings}


def test_a_mask_of_another_size_is_refused_by_the_name_of_its_image(planted):
    with pytest.raises(InputError, match=r"16×16; got 4×4.*arrays/5"):
        shortcut_census(
            planted.network(planted.Reads(MARK, MARK)), planted.marked(), range(36), masks={5: np.ones((4, 4), bool)}
        )


@pytest.mark.parametrize("kind", ["labels", "values"])
def test_other_answers_than_classes_are_refused(planted, kind):
    network = planted.network(planted.Reads(MARK, MARK))
    other = dataclasses.replace(network, output=Output(kind=kind, names=("a", "b", "c")))

    with pytest.raises(InputError, match=f"got {kind}"):
        shortcut_census(other, planted.marked(), range(36))


def test_too_few_images_of_a_class_and_too_few_passes_leave_the_exchange_out(planted):
    network = planted.network(planted.Reads(MARK, MARK))
    data = planted.marked()

    assert shortcut_census(network, data, [0, 1, 2, 12, 13, 14, 24]).exchange is None
    assert shortcut_census(network, data, range(36), most_passes=500).exchange is None


def test_no_more_passes_than_were_allowed(planted):
    network = planted.network(planted.Reads(MARK, MARK))
    for most in (2_000, 4_000):
        spent = shortcut_census(network, planted.marked(), range(36), most_passes=most).exchange.passes

        assert 0 < spent <= most


def test_a_plan_gets_coarser_before_it_is_given_up():
    fine, coarse = affordable((28, 28), 10, 100, 12_000), affordable((28, 28), 10, 100, 3_500)

    assert len(coarse[0]) < len(fine[0])
    assert affordable((28, 28), 10, 100, 1_700) is None


def test_the_network_leaves_as_it_came_when_it_raises_halfway(planted):
    module = planted.Reads(MARK, MARK)
    calls, forward = [], module.forward

    def raising(x):
        calls.append(1)
        if len(calls) == 20:
            raise ZeroDivisionError
        return forward(x)

    module.forward = raising
    module.train()
    with pytest.raises(ZeroDivisionError):
        shortcut_census(planted.network(module), planted.marked(), range(36))

    assert module.training
    assert module.scale.grad is None
    assert torch.is_grad_enabled()


def test_what_a_patch_turned_is_told_with_the_image_it_came_from(planted):
    data, network = planted.marked(), planted.network(planted.Reads(MARK, MARK))
    target = [data.samples[index].target for index in range(36)]
    patches = shortcut_census(network, data, range(36)).exchange.patches
    for patch in patches:
        top, left, bottom, right = patch.box
        for sample, donor in patch.turned_samples:
            image, other = (data.read(index)[0].float()[None] / 255 for index in (sample, donor))
            image[0, top:bottom, left:right] = other[0, top:bottom, left:right]

            assert (target[sample] != patch.target, target[donor]) == (True, patch.target)
            assert network.module(image[None]).argmax() == patch.target

    assert len({donor for patch in patches for _, donor in patch.turned_samples}) > len(patches)
