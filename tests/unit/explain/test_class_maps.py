import numpy as np
import pytest
import torch
from torch import nn

from striate.errors import InputError, UnknownNameError
from striate.explain import cam, grad_cam, guided_backprop


def test_grad_cam_of_the_hand_computed_network(toys):
    net = toys.network(toys.OneConv(), (1, 4, 4), "abcd")
    image = torch.arange(16.0).view(1, 1, 4, 4)
    for layer, expected in (("conv1", [[11.25, 13.5], [20.25, 22.5]]), ("relu1", [[0, 4], [28, 32.5]])):
        [seen] = grad_cam(net, image, torch.tensor([0]), layer=layer)
        np.testing.assert_allclose(seen.maps[0, 0], expected, rtol=1e-6)


def test_layers_are_named_by_op_or_module_and_a_wrong_name_is_answered_with_the_nearest(averaged, toys):
    net, images = averaged(), toys.images(1, (1, 8, 9))
    assert grad_cam(net, images)[0].layer == "relu2"
    assert grad_cam(net, images, layer="conv1")[0].maps.shape == (1, 1, 6, 7)
    with pytest.raises(UnknownNameError, match="Did you mean relu2"):
        grad_cam(net, images, layer="relu22")
    with pytest.raises(InputError, match=r"map of 2 axes.*conv1"):
        grad_cam(net, images, layer="fc")


def test_a_layer_before_others_that_go_past_it_keeps_their_part_of_the_score(toys):
    class Around(nn.Module):
        def __init__(self):
            super().__init__()
            self.one, self.two, self.fc = nn.Conv2d(1, 2, 1), nn.Conv2d(1, 2, 1), nn.Linear(2 * 9, 2)

        def forward(self, x):
            return self.fc(self.one(x).flatten(1) * self.two(x).flatten(1))

    with torch.random.fork_rng():
        torch.manual_seed(0)
        net = toys.network(Around(), (1, 3, 3), "ab")
    image = toys.images(1, (1, 3, 3))
    value = net.module.one(image).detach().requires_grad_()
    net.module.fc(value.flatten(1) * net.module.two(image).flatten(1))[0, 1].backward()
    expected = (value.grad.mean((2, 3), keepdim=True) * value).sum(1).detach().numpy()
    np.testing.assert_allclose(grad_cam(net, image, torch.tensor([1]), layer="one")[0].maps[0], expected, rtol=1e-5)


def test_channels_last_maps_are_read_as_maps(toys):
    class Turned(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.fc = nn.Conv2d(1, 5, 2), nn.Linear(5, 2)
            self.act = nn.GELU()

        def forward(self, x):
            return self.fc(self.act(self.conv(x).permute(0, 2, 3, 1)).mean((1, 2)))

    net, images = toys.network(Turned(), (1, 4, 6), "ab"), toys.images(1, (1, 4, 6))
    [seen] = cam(net, images, torch.tensor([[0, 1]]))
    values = net.module.act(net.module.conv(images))
    expected = torch.einsum("kc,chw->khw", net.module.fc.weight, values[0]).detach().numpy()
    np.testing.assert_allclose(seen.maps[:, 0], expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    "head",
    [
        nn.Sequential(nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(16, 2)),
        nn.Sequential(nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Linear(4, 2)),
        nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2)),
        nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2), nn.Tanh()),
        nn.Sequential(nn.Flatten(), nn.Linear(4 * 16, 2)),
    ],
    ids=["four places", "largest", "two layers", "bent", "flat"],
)
def test_cam_is_refused_where_more_than_a_mean_and_one_layer_follows(head, toys):
    net = toys.network(nn.Sequential(nn.Conv2d(1, 4, 3), head), (1, 6, 6), "ab")
    with pytest.raises(InputError, match="grad_cam"):
        cam(net, toys.images(1, (1, 6, 6)), layer="0")
    assert grad_cam(net, toys.images(1, (1, 6, 6)), layer="0")[0].backward_passes == 1


def test_networks_whose_calls_depend_on_the_image_have_class_maps_of_what_a_module_returns(toys):
    net, images = toys.network(toys.Wilful(), (1, 6, 6), "ab"), toys.images(2, (1, 6, 6))
    found = grad_cam(net, images, torch.tensor([0, 1]))
    assert [record.layer for record in found] == ["conv", "conv"]
    value = net.module.conv(images)
    value.retain_grad()
    net.module.fc(value.relu().mean((2, 3)))[[0, 1], [0, 1]].sum().backward()
    expected = (value.grad.mean((2, 3), keepdim=True) * value).sum(1, keepdim=True).detach().numpy()
    np.testing.assert_allclose(np.stack([record.maps[0] for record in found]), expected, rtol=1e-4, atol=1e-6)


class Counted(nn.Module):
    """Its calls depend on how many images there are; or it does one only."""

    def __init__(self, way):
        super().__init__()
        self.conv, self.fc, self.way = nn.Conv2d(1, 2, 3), nn.Linear(2 * 16, 2), way

    def forward(self, x):
        maps = self.conv(x).relu()
        if self.way == "one by one":
            return torch.cat([self.fc(one.reshape(1, -1)) for one in maps])
        return self.fc(maps.reshape(1, -1))


@pytest.mark.parametrize("way", ["one by one", "one only"])
@pytest.mark.parametrize("method", [grad_cam, guided_backprop])
def test_networks_whose_calls_depend_on_the_number_of_images_are_run_one_by_one(way, method, toys):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        net, plain = (toys.network(Counted(one), (1, 6, 6), "ab") for one in (way, "one only"))
    plain.module.load_state_dict(net.module.state_dict())
    images, units = toys.images(3, (1, 6, 6)), torch.tensor([0, 1, 1])
    found = method(net, images, units)
    for row in range(3):
        [expected] = method(plain, images[row : row + 1], units[row : row + 1])
        np.testing.assert_allclose(found[row].maps, expected.maps, rtol=1e-5, atol=1e-7)


def test_a_head_with_a_hook_is_not_taken_for_its_weights(averaged, toys):
    net, images = averaged(), toys.images(1, (1, 8, 9))
    plain = grad_cam(net, images, torch.tensor([0]))[0].maps
    handle = net.module.fc.register_forward_hook(lambda _, __, out: -10 * out)
    try:
        hooked = grad_cam(net, images, torch.tensor([0]))[0].maps
        with pytest.raises(InputError):
            cam(net, images)
    finally:
        handle.remove()
    np.testing.assert_allclose(hooked, -10 * plain, rtol=1e-4, atol=1e-6)
