"""Some channels of a layer, in the order asked for: the values of the network's own call, on the layer's scale."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors import deserialize
from torch import nn

from striate.blueprint import Blueprint
from striate.errors import InputError
from striate.nets import from_blueprint
from striate.studio.looks.look import Given, Looks
from striate.studio.looks.pictures import channels, wall
from striate.studio.subject import subject_of


@pytest.fixture(scope="module")
def looked():
    network = from_blueprint(Blueprint.from_text("input 1x8x8; conv 3x3 5, relu; classes 4"))
    image = torch.rand(1, 1, 8, 8, generator=torch.Generator().manual_seed(3))
    look = Looks(subject_of(network, None)).take(Given(inputs=image, words=""))
    conv = next(module for module in network.module.modules() if isinstance(module, nn.Conv2d))
    with torch.no_grad():
        return look, conv(image).relu()[0].numpy()


def _arrays(data):
    return {
        name: np.frombuffer(found["data"], _KINDS[found["dtype"]]).reshape(found["shape"])
        for name, found in deserialize(data)
    }


_KINDS = {"I32": np.int32, "I8": np.int8, "F32": np.float32}


def test_channels_come_in_the_order_asked_for_on_the_layers_scale(looked):
    look, maps = looked
    found = _arrays(channels(look, 0, [4, 1], side=28))

    np.testing.assert_allclose(found["values"] * (maps.max() / 127), maps[[4, 1]], atol=maps.max() / 254 * 1.001)
    np.testing.assert_allclose(found["peaks"], maps[[4, 1]].max((1, 2)), rtol=1e-6)
    assert [maps[channel][tuple(at)] for channel, at in zip([4, 1], found["places"], strict=True)] == found[
        "peaks"
    ].tolist()
    assert found["layer"].tolist() == [maps.min(), np.float32((maps > 0).mean())]


def test_a_channel_that_is_not_there_is_refused(looked):
    with pytest.raises(InputError, match=r"a channel's number must be 0 … 4"):
        channels(looked[0], 0, [1, 5], side=28)


def test_a_map_is_shrunk_to_the_side_asked_for(looked):
    look, maps = looked
    found = _arrays(channels(look, 0, [2], side=4))

    np.testing.assert_allclose(
        found["values"][0] * (maps.max() / 127), maps[2].reshape(4, 2, 4, 2).max((1, 3)), atol=maps.max() / 254 * 1.001
    )


def test_a_value_that_is_no_number_is_drawn_as_on_the_wall(looked):
    look, _ = looked
    value = look.values[0].clone()
    value[2, 0, 0] = torch.nan
    broken = replace(look, values=(value, *look.values[1:]))

    assert np.array_equal(_arrays(channels(broken, 0, range(5)))["values"], _arrays(wall(broken, 0))["values"])
