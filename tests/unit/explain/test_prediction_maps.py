import dataclasses

import numpy as np
import pytest
import torch
from torch import nn

from dense_networks import Residual, valid
from striate.data.picture import picture_of
from striate.errors import Cancelled, InputError, ShapeError, UnknownNameError
from striate.events import Events
from striate.explain import prediction_maps, segmentation
from striate.nets import Network, Origin
from striate.records import Preprocessing
from striate.records.output import Output


def network(module, shape, names, kind="classes", **values):
    how = Preprocessing(shape=shape, mean=(0.5,) * shape[0], std=(0.25,) * shape[0], **values)
    return Network(
        module=module.eval(),
        preprocessing=how,
        output=Output(kind=kind, names=tuple(names)),
        origin=Origin(kind="module", text=""),
    )


def brightness():
    """Two scores a pixel: its input, 4·value/255 − 2, and 0."""
    net = nn.Sequential(nn.Conv2d(1, 1, 1, bias=False), nn.Flatten(), nn.Linear(1, 2, bias=False))
    with torch.no_grad():
        net[0].weight.fill_(1)
        net[2].weight.copy_(torch.tensor([[1.0], [0.0]]))
    return net


PIXELS = torch.tensor([[[0, 51, 102], [153, 204, 255]]], dtype=torch.uint8)
SCORES = np.array([[-2.0, -1.2, -0.4], [0.4, 1.2, 2.0]])


def test_scores_by_hand():
    found = prediction_maps(network(brightness(), (1, 1, 1), ["light", "dark"]), picture_of(PIXELS), as_scores=True)

    np.testing.assert_allclose(found.maps[0], SCORES, atol=1e-6)
    assert found.winner.tolist() == [[1, 1, 1], [0, 0, 0]]
    np.testing.assert_allclose(found.winner_value, SCORES.clip(0), atol=1e-6)
    assert (found.label.name, found.label.position, found.label.centre_px) == ("light", (1, 2), (1.0, 2.0))
    assert found.label.value == pytest.approx(2)
    assert (found.unit, found.way, found.shares()) == ("score", "whole", {0: 0.5, 1: 0.5})
    assert segmentation(found).tolist() == found.winner.tolist()


def test_what_scores_mean_depends_on_the_output():
    def maps(kind, **values):
        return prediction_maps(network(brightness(), (1, 1, 1), "ab", kind, **values), picture_of(PIXELS))

    softmax = np.exp(SCORES) / (np.exp(SCORES) + 1)
    np.testing.assert_allclose(maps("classes").maps, [softmax, 1 - softmax], atol=1e-6)
    np.testing.assert_allclose(maps("labels").maps, [1 / (1 + np.exp(-SCORES)), np.full((2, 3), 0.5)], atol=1e-6)
    values = maps("values", value_mean=(10.0, 1.0), value_std=(5.0, 1.0))
    np.testing.assert_allclose(values.maps, [SCORES * 5 + 10, np.ones((2, 3))], atol=1e-5)
    assert [maps("labels").unit, values.unit] == ["probability", "value"]


def test_the_scaled_answer_is_the_networks_own_on_the_prepared_image():
    net = network(Residual(), (1, 16, 16), "abc")
    image = torch.randint(256, (1, 48, 32), dtype=torch.uint8)
    found = prediction_maps(net, picture_of(image))
    from striate.data import prepare

    with torch.no_grad():
        expected = net.module(prepare(image, net.preprocessing)[None]).softmax(1)[0]

    np.testing.assert_allclose(found.scaled, expected, atol=1e-6)


def test_tiles_crops_and_the_whole_agree_where_they_must():
    net = network(valid(), (1, 29, 29), "abc")
    picture = picture_of(torch.randint(256, (1, 61, 93), dtype=torch.uint8))
    whole = prediction_maps(net, picture, tile_px=0)
    for found in (prediction_maps(net, picture, tile_px=16), prediction_maps(net, picture, exact=True)):
        np.testing.assert_allclose(found.maps, whole.maps, atol=1e-6)
        assert [s.position for s in found.strongest] == [s.position for s in whole.strongest]
        assert (found.winner == whole.winner).all()
    assert (whole.deviation.largest < 1e-6, whole.deviation.agreement) == (True, 1.0)
    assert (found.way, found.deviation) == ("crops", None)
    # Strongest by brute force.
    for entry in whole.strongest:
        assert whole.maps[entry.output][entry.position] == whole.maps[entry.output].max() == np.float32(entry.value)


def test_finer_maps_hold_the_coarse_ones():
    net = network(valid(), (1, 29, 29), "abc")
    picture = picture_of(torch.randint(256, (1, 61, 61), dtype=torch.uint8))
    coarse = prediction_maps(net, picture)
    for by in ("shift", "dilation"):
        fine = prediction_maps(net, picture, finer=4, by=by)

        assert fine.stride_px == (2.0, 2.0)
        np.testing.assert_allclose(fine.maps[:, ::4, ::4], coarse.maps, atol=1e-6)
        assert fine.way == f"whole, 4 times finer by {by}"


def test_only_the_classes_named_are_kept_and_all_are_searched():
    net = network(valid(), (1, 29, 29), "abc")
    picture = picture_of(torch.randint(256, (1, 61, 61), dtype=torch.uint8))
    everything, some = prediction_maps(net, picture), prediction_maps(net, picture, classes=[2, 0])

    assert (some.kept, some.maps.shape[0]) == ((2, 0), 2)
    assert (some.maps[0] == everything.maps[2]).all()
    assert some.strongest == everything.strongest
    with pytest.raises(UnknownNameError, match="output"):
        prediction_maps(net, picture, classes=[3])


def test_names_must_be_as_many_as_the_outputs_unless_they_are_only_counted():
    picture = picture_of(PIXELS)
    with pytest.raises(InputError, match="each of its 2 outputs; got 3"):
        prediction_maps(network(brightness(), (1, 1, 1), ["a", "b", "c"]), picture)
    assert prediction_maps(network(brightness(), (1, 1, 1), "01234"), picture).names == ("0", "1")


def test_grey_and_colour_become_what_the_network_reads():
    colour = network(nn.Sequential(nn.Conv2d(3, 2, 2), nn.Flatten(), nn.Linear(2, 2)), (3, 2, 2), "ab")
    grey = torch.randint(256, (1, 5, 5), dtype=torch.uint8)

    one = prediction_maps(colour, picture_of(grey))
    three = prediction_maps(colour, picture_of(grey.repeat(3, 1, 1)))
    np.testing.assert_array_equal(one.maps, three.maps)


def test_small_images_lines_and_stopping():
    net = network(valid(), (1, 29, 29), "abc")
    with pytest.raises(ShapeError, match="at least as large"):
        prediction_maps(net, picture_of(torch.zeros(1, 28, 60, dtype=torch.uint8)))
    line = network(nn.Sequential(nn.Conv1d(1, 2, 3), nn.Flatten(), nn.Linear(2, 2)), (1, 3), "ab")
    with pytest.raises(InputError, match="of images"):
        prediction_maps(line, picture_of(PIXELS))

    class Stop(Events):
        def is_cancelled(self):
            return True

    with pytest.raises(Cancelled):
        prediction_maps(net, picture_of(torch.zeros(1, 90, 90, dtype=torch.uint8)), tile_px=16, events=Stop())


def test_memory_is_told_beforehand_and_bounded():
    class Listener(Events):
        def __init__(self):
            self.lines = []

        def log(self, message):
            self.lines.append(message)

    heard = Listener()
    net = network(valid(), (1, 29, 29), "abc")
    prediction_maps(net, picture_of(torch.zeros(1, 90, 90, dtype=torch.uint8)), tile_px=16, events=heard)
    assert any("of memory" in line for line in heard.lines)

    from striate.explain.map_sum import MapSum

    with pytest.raises(InputError, match="Name the classes"):
        MapSum.over(tuple(map(str, range(1000))), (1000, 1000), None)


def test_the_network_stays_as_it_was():
    net = network(Residual(), (1, 16, 16), "abc")
    net.module.train()
    before = {key: value.clone() for key, value in net.module.state_dict().items()}
    random = torch.random.get_rng_state()
    found = prediction_maps(net, picture_of(torch.zeros(1, 40, 40, dtype=torch.uint8)))

    assert dataclasses.is_dataclass(found)
    assert all(part.training for part in net.module.modules())
    assert all(torch.equal(value, before[key]) for key, value in net.module.state_dict().items())
    assert torch.equal(torch.random.get_rng_state(), random)
