"""`similar_parts`: against loops over windows, on parts that are known to be shared, and what it leaves behind."""

import numpy as np
import pytest
import torch
from torch import nn

from striate.blueprint import Blueprint
from striate.errors import InputError, ShapeError, UnknownNameError
from striate.explain.similar_parts import share_on, similar_parts, strongest
from striate.features.extraction import plan_vectors
from striate.nets import load_network
from striate.records.vectors import VectorChoice

TEXT = "input 1x12x12; conv 3x3 6, relu; maxpool 2; conv 3x3 8, relu; globalavgpool; classes 4"


@pytest.fixture
def net():
    torch.manual_seed(0)
    return load_network(Blueprint.from_text(TEXT))


def planned(net, **choice):
    return plan_vectors(net, VectorChoice(memory_format="plain", **choice))


def two(seed=0, shape=(1, 12, 12)):
    draw = torch.Generator().manual_seed(seed)
    return torch.rand(shape, generator=draw), torch.rand(shape, generator=draw)


def features(net, picture):
    """What enters the fully connected layer, by the module itself."""
    held = []
    last = [part for part in net.module.modules() if isinstance(part, nn.Linear)][-1]
    hook = last.register_forward_pre_hook(lambda _, inputs: held.append(inputs[0]))
    with torch.no_grad():
        net.module.eval()(picture[None])
    hook.remove()
    return held[0][0].numpy().astype(np.float64)


def likeness(one, other, metric):
    if metric == "l2":
        return -float(np.linalg.norm(one - other))
    return float(one @ other / np.linalg.norm(one) / np.linalg.norm(other))


@pytest.mark.parametrize("metric", ["cosine", "l2"])
def test_every_window_is_what_a_loop_over_windows_finds(net, metric):
    plan = planned(net)
    one, other = two()

    on_one, on_other = similar_parts(
        net, plan, plan.layers[0], one, other, metric=metric, window_px=(5, 4), stride_px=(3, 4), fill=0.25
    )

    for found, covered, left in ((on_one, one, other), (on_other, other, one)):
        aim = features(net, left)
        assert found.clean == pytest.approx(likeness(features(net, covered), aim, metric), abs=1e-5)
        assert found.grid.shape == (4, 3)
        for row in range(4):
            for column in range(3):
                hidden = covered.clone()
                hidden[:, 3 * row : 3 * row + 5, 4 * column : 4 * column + 4] = 0.25
                wanted = likeness(features(net, hidden), aim, metric)
                assert found.grid[row, column] == pytest.approx(wanted, abs=1e-5)
        # The first pixel is covered by the first window alone; the next row of windows begins at 3.
        assert found.drop[0, 0] == pytest.approx(found.clean - found.grid[0, 0], abs=1e-6)
        assert found.drop[3, 0] == pytest.approx(found.clean - found.grid[:2, 0].mean(), abs=1e-6)


def test_mirrored_views_are_covered_at_the_same_part_of_the_picture(net):
    plan = planned(net, views="flips")
    one, other = two()

    on_one, _ = similar_parts(net, plan, plan.layers[0], one, other, window_px=6, stride_px=6, fill=0.0)

    hidden = one.clone()
    hidden[:, :6, :6] = 0.0
    own = (features(net, hidden) + features(net, hidden.flip(-1))) / 2
    aim = (features(net, other) + features(net, other.flip(-1))) / 2
    assert on_one.grid[0, 0] == pytest.approx(likeness(own, aim, "cosine"), abs=1e-5)


def test_the_share_is_that_of_the_strongest_tenth_of_the_windows():
    drop = np.array([[4.0, -3.0, 1.0], [0.0, 3.0, 2.0]])

    assert strongest(drop, 2).tolist() == [0, 4]
    assert share_on(drop, np.array([0, 4])) == 0.7
    assert share_on(np.zeros((2, 2)), np.array([0])) is None
    assert share_on(-np.ones((2, 2)), np.array([0])) is None


def test_a_picture_is_most_like_itself_and_covering_it_takes_something(net):
    plan = planned(net)
    one, _ = two()

    on_one, on_other = similar_parts(net, plan, plan.layers[0], one, one.clone(), fill=0.0)

    assert on_one.clean == 1.0
    assert (on_one.grid <= 1).all()
    assert on_one.share is not None
    assert np.array_equal(on_one.grid, on_other.grid)
    assert on_one.share_elsewhere is None
    assert on_one.others == 0


def test_windows_that_matter_everywhere_take_as_much_elsewhere(net):
    # The other pictures are the picture itself: their strongest windows are its own.
    plan = planned(net)
    one, other = two()

    on_one, _ = similar_parts(net, plan, plan.layers[0], one, other, others=[one, one])

    assert on_one.share_elsewhere == pytest.approx(on_one.share)
    assert on_one.others == 2


def test_swapped_pictures_give_swapped_results(net):
    plan = planned(net)
    (one, other), others = two(), [*two(1), *two(2)]

    there = similar_parts(net, plan, plan.layers[0], one, other, others=others, fill=0.0)
    back = similar_parts(net, plan, plan.layers[0], other, one, others=others, fill=0.0)

    for found, swapped in zip(there, reversed(back), strict=True):
        assert found.share_elsewhere == pytest.approx(swapped.share_elsewhere)
        np.testing.assert_allclose(found.grid, swapped.grid, atol=1e-6)
    assert there[0].share_elsewhere != pytest.approx(there[1].share_elsewhere)


def patched(net, draw, pairs):
    """Hits: how often the strongest window over either picture touches the patch that both were given."""
    from striate.data import load_data, prepare

    digits = load_data("digits")
    plan = planned(net, layers=("conv2",), pooling="average")
    stripes = np.indices((8, 8)).sum(0) // 2 % 2 * 255
    hits = 0
    for _ in range(pairs):
        seen, places = [], []
        for place in draw.choice(5000, 2, replace=False):
            image = digits.read(int(place)).clone()
            top, left = draw.integers(0, 21, 2)
            image[0, top : top + 8, left : left + 8] = torch.from_numpy(stripes).byte()
            seen.append(prepare(image, net.preprocessing))
            places.append((top, left))
        for found, (top, left) in zip(
            similar_parts(net, plan, plan.layers[0], *seen, window_px=8, stride_px=4), places, strict=True
        ):
            row, column = divmod(int((found.clean - found.grid).argmax()), found.grid.shape[1])
            hits += abs(4 * row - top) < 8 and abs(4 * column - left) < 8
    return hits


def test_a_patch_that_both_pictures_were_given_is_found(small_run):
    net = load_network(str(small_run))

    # Of 36 windows about a third touch the patch: 13 of 40 by chance, and 35 when this was written.
    assert patched(net, np.random.default_rng(0), 20) >= 30


def test_the_network_is_left_as_it_came(net):
    net.module.train()
    before = {name: value.clone() for name, value in net.module.state_dict().items()}
    plan = planned(net)
    state = torch.get_rng_state()

    similar_parts(net, plan, plan.layers[0], *two())

    assert net.module.training
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(value, before[name]) for name, value in net.module.state_dict().items())
    assert all(parameter.grad is None for parameter in net.module.parameters())


def test_what_cannot_be_compared_is_refused(net):
    plan = planned(net)
    one, other = two()

    with pytest.raises(ShapeError):
        similar_parts(net, plan, plan.layers[0], one, torch.rand(3, 12, 12))
    with pytest.raises(InputError, match="finite"):
        similar_parts(net, plan, plan.layers[0], one, other.fill_(torch.nan))
    with pytest.raises(InputError, match="fit into the image"):
        similar_parts(net, plan, plan.layers[0], one, one, window_px=13)
    with pytest.raises(UnknownNameError, match="fill"):
        similar_parts(net, plan, plan.layers[0], one, one, fill="white")
    crops = planned(net, views="crops")
    with pytest.raises(InputError, match="whole pictures"):
        similar_parts(net, crops, crops.layers[0], one, one)
