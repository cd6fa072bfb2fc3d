import pytest
import torch
from torch import nn
from torch.nn import functional

from striate.errors import InputError, ShapeError
from striate.nets import from_blueprint
from striate.nets.dense import dense


def crops_of(net, wide, images, rows, columns):
    """The network's own answers on the crop of each position."""
    sides = wide.conversion.input_shape[1:]
    (down, right), (tall, broad) = wide.stride_px, sides
    return torch.stack([
        torch.stack([net(images[:, :, r * down : r * down + tall, c * right : c * right + broad]) for c in range(columns)], -1)
        for r in range(rows)
    ], -2)  # fmt: skip


def agrees(net, shape, size, *, tolerance=1e-6):
    """Whether all positions of the maps of two images are the network's answers on their crops."""
    torch.manual_seed(1)
    net = net.eval()
    wide = dense(net, shape)
    images = torch.randn(2, shape[0], *size, dtype=next(net.parameters()).dtype)
    with torch.no_grad():
        maps = wide.maps(images)
        expected = crops_of(net, wide, images, *maps.shape[2:])
    assert maps.shape[2:] == wide.positions(size)
    assert expected.abs().max() > 0.01
    assert (maps - expected).abs().max() <= tolerance * expected.abs().max()
    return wide


def body():
    torch.manual_seed(0)
    return [nn.Conv2d(2, 5, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(5, 6, 2), nn.Tanh()]


class Mixed(nn.Module):
    """A body, and a head that is a function."""

    def __init__(self, head, features=6 * 3 * 4):
        super().__init__()
        self.body = nn.Sequential(*body())
        self.head = head
        self.fc, self.other, self.norm = nn.Linear(features, 4), nn.Linear(features, 4), nn.LayerNorm(features)
        self.three = nn.Linear(3, 4)

    def forward(self, x):
        return self.head(self, self.body(x))

    def twice(self, features):
        return self.fc(features) + self.other(features).sigmoid()


# Bodies give 6×3×4 of 10×12.
HEADS = {
    "flatten": lambda n, x: n.fc(x.flatten(1)),
    "view": lambda n, x: n.fc(x.view(x.size(0), -1)),
    "channels last, then flattened": lambda n, x: n.fc(x.permute(0, 2, 3, 1).flatten(1)),
    "transposed": lambda n, x: n.fc(x.transpose(2, 3).reshape(len(x), -1)),
    "layer norm of all of it": lambda n, x: n.fc(n.norm(x.flatten(1))),
}
POOLED = {
    "mean": lambda n, x: n.fc(x.mean((2, 3))),
    "mean of tokens": lambda n, x: n.fc(x.flatten(2).mean(-1)),
    "mean, channels last": lambda n, x: n.fc(x.permute(0, 2, 3, 1).mean((1, 2))),
    "maximum": lambda n, x: n.fc(x.amax((2, 3))),
    "sum": lambda n, x: n.fc(x.sum((-1, -2))),
    "global pooling": lambda n, x: n.fc(functional.adaptive_avg_pool2d(x, 1)[:, :, 0, 0]),
    "global maximum": lambda n, x: n.fc(functional.adaptive_max_pool2d(x, 1).flatten(1)),
    "a window as large as the map": lambda n, x: n.fc(functional.avg_pool2d(x, x.shape[2:]).flatten(1)),
    "two layers on the same features": lambda n, x: n.twice(x.mean((2, 3))),
    "branches behind the pooling": lambda n, x: sum(f(x.mean((2, 3))) for f in (n.fc, n.other)),
    "normalised features": lambda n, x: n.fc(n.norm(x.mean((2, 3)))),
    "unit length": lambda n, x: n.fc(functional.normalize(x.mean((2, 3)))),
    "softmax": lambda n, x: n.fc(x.mean((2, 3))).softmax(1),
    "some channels of tokens": lambda n, x: n.three(x.flatten(2)[:, :3].mean(-1)),
    "every second channel of tokens": lambda n, x: n.three(x.flatten(2)[:, ::2].amax(-1)),
    "squeezed, the batch of one as well": lambda n, x: n.fc(functional.adaptive_avg_pool2d(x, 1).squeeze()),
    "some of the scores, backwards": lambda n, x: n.fc(x.mean((2, 3))).flip(1)[:, :3],
    "features before an empty axis": lambda n, x: n.fc(x.mean((2, 3), keepdim=True).permute(0, 2, 3, 1)).flatten(1),
}


@pytest.mark.parametrize("name", [name for name in HEADS if "norm" not in name])
def test_a_layer_on_a_flattened_map_is_a_convolution_as_large_as_the_map(name):
    wide = agrees(Mixed(HEADS[name]), (2, 10, 12), (19, 17))

    assert wide.conversion.window == (3, 4)
    assert [tuple(layer.kernel_size) for layer in wide.head.modules() if isinstance(layer, nn.Conv2d)] == [(3, 4)]
    assert wide.conversion.is_exact


@pytest.mark.parametrize("name", [name for name in POOLED if name != "branches behind the pooling"])
def test_pooling_of_the_whole_map_becomes_a_window(name):
    wide = agrees(Mixed(POOLED[name], 6), (2, 10, 12), (14, 21))

    assert wide.conversion.window == (3, 4)


@pytest.mark.parametrize("pooled", [(3, 4), (1, 2), (5, 3), (7, 7)])
def test_average_pooling_to_a_stated_size_goes_into_the_layer_behind_it(pooled):
    net = nn.Sequential(
        *body(), nn.AdaptiveAvgPool2d(pooled), nn.Flatten(), nn.Dropout(), nn.Linear(6 * pooled[0] * pooled[1], 3)
    )

    agrees(net, (2, 10, 12), (15, 17))


def test_a_map_that_is_pooled_twice_is_refused():
    with pytest.raises(InputError, match="pool, flatten or average"):
        dense(Mixed(POOLED["branches behind the pooling"], 6).eval(), (2, 10, 12))


def test_many_layers_of_all_kinds_behind_the_map():
    net = nn.Sequential(
        *body(), nn.Flatten(), nn.Linear(72, 9), nn.ReLU(inplace=True), nn.Dropout(), nn.Linear(9, 8), nn.BatchNorm1d(8),
        nn.GELU(approximate="tanh"), nn.LayerNorm(8), nn.LeakyReLU(0.3), nn.Linear(8, 3, bias=False), nn.Sigmoid(),
    )  # fmt: skip
    nn.init.uniform_(net[10].running_var, 0.5, 2)
    nn.init.normal_(net[10].running_mean)
    wide = agrees(net, (2, 10, 12), (17, 15))

    assert wide.conversion.outputs == 3
    assert [step.op for step in wide.conversion.head][:2] == ["5", "6"]


def test_double_precision_holds_to_its_own_rounding():
    wide = agrees(Mixed(HEADS["flatten"]).double(), (2, 10, 12), (19, 17), tolerance=1e-12)

    assert wide.conversion.native_deviation <= 1e-12


def test_one_and_three_axes_of_space():
    line = nn.Sequential(nn.Conv1d(1, 4, 3, stride=2), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 4, 2))
    block = nn.Sequential(nn.Conv3d(1, 4, 2), nn.AdaptiveAvgPool3d(1), nn.Flatten(), nn.Linear(4, 2))
    with torch.no_grad():
        signal, volume = torch.randn(1, 1, 15), torch.randn(1, 1, 4, 5, 6)
        one, three = dense(line, (1, 9)), dense(block, (1, 3, 3, 3))

        torch.testing.assert_close(one.maps(signal)[..., 2], line(signal[..., 4:13]))
        torch.testing.assert_close(three.maps(volume)[..., 1, 2, 3], block(volume[..., 1:4, 2:5, 3:6]))
    assert (one.stride_px, three.conversion.window) == ((2,), (2, 2, 2))


def test_maps_computed_by_hand():
    net = nn.Sequential(nn.Conv2d(1, 1, (1, 2), bias=False), nn.ReLU(), nn.Flatten(), nn.Linear(2, 1))
    with torch.no_grad():
        net[0].weight.copy_(torch.tensor([[[[1.0, -1.0]]]]))
        net[3].weight.copy_(torch.tensor([[1.0, 10.0]]))
        net[3].bias.fill_(0.5)
    wide = dense(net, (1, 1, 3))
    # Differences 4, −3, 2, 1 of 6 2 5 3 2; after ReLU 4 0 2 1; each with ten times its neighbour.
    maps = wide.maps(torch.tensor([[[[6.0, 2.0, 5.0, 3.0, 2.0]]]]))

    assert maps.tolist() == [[[[4.5, 20.5, 12.5]]]]
    assert (wide.stride_px, wide.conversion.field_px, wide.centre_px((0, 2))) == ((1, 1), (1, 3), (0.0, 3.0))
    assert wide.crop((0, 2)) == ((0, 1), (2, 5))


def test_padding_is_told_and_positions_it_does_not_reach_are_those_of_the_map():
    torch.manual_seed(0)
    net = nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(), nn.Conv2d(4, 4, 3, padding=1), nn.Flatten(), nn.Linear(4 * 64, 3)
    )
    wide = dense(net, (1, 8, 8))
    image = torch.randn(1, 1, 20, 20)
    with torch.no_grad():
        maps = wide.maps(image)
        # Whoever cuts the map itself knows what each position must say.
        inner = net[:3](image)[:, :, 3:11, 5:13]

        torch.testing.assert_close(maps[:, :, 3, 5], net[3:](inner))
    assert (wide.conversion.padded_at, wide.conversion.is_exact, wide.conversion.is_local) == ("0", False, True)
    assert (wide.conversion.field_px, wide.conversion.padding_px) == ((12, 12), (2, 2))


def test_a_gate_over_the_whole_map_is_named():
    class Gated(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.gate, self.fc = nn.Conv2d(1, 4, 3), nn.Conv2d(4, 4, 1), nn.Linear(4, 2)

        def forward(self, x):
            x = self.conv(x)
            x = x * self.gate(x.mean((2, 3), keepdim=True)).sigmoid()
            return self.fc(x.mean((2, 3)))

    found = dense(Gated(), (1, 6, 6)).conversion

    assert (found.global_at, found.is_local, found.is_exact) == ("mean", False, False)


def test_places_that_take_turns_have_no_common_field():
    class Enlarged(nn.Module):
        def __init__(self):
            super().__init__()
            self.down, self.skip, self.fc = nn.Conv2d(1, 2, 2, stride=4), nn.Conv2d(1, 2, 2, stride=2), nn.Linear(2, 2)

        def forward(self, x):
            x = self.skip(x) + functional.interpolate(self.down(x), scale_factor=2)
            return self.fc(x.mean((2, 3)))

    with pytest.raises(InputError, match="other sizes"):
        dense(Enlarged(), (1, 16, 16))  # one pixel pair more does not fit its halves


def test_a_blueprints_network_knows_its_own_size():
    from striate.blueprint import Blueprint

    network = from_blueprint(
        Blueprint.from_text("input 1x28x28; conv 3x3 4, batchnorm, relu; maxpool 2; fc 16, relu; classes 10")
    )
    wide = dense(network)

    assert wide.conversion.input_shape == (1, 28, 28)
    assert wide.maps(torch.zeros(1, 1, 40, 32)).shape == (1, 10, 7, 3)


class Strange(nn.Module):
    def __init__(self, head):
        super().__init__()
        self.conv, self.fc, self.small, self.head = (
            nn.Conv2d(2, 6, 3),
            nn.Linear(6 * 8 * 8, 4),
            nn.Linear(6 * 32, 4),
            head,
        )
        self.tokens, self.one = nn.Linear(6, 4), nn.Linear(1, 4)
        self.more = nn.Linear(4, 4)

    def forward(self, x):
        return self.head(self, self.conv(x))


REFUSED = {
    "images mixed by a view": (lambda n, x: n.small(x.view(-1, 6 * 32)), "keep the images apart|one row of"),
    "rows of channels": (lambda n, x: n.small(x.reshape(len(x), 2, -1)).mean(1), "one row of features"),
    "tokens": (lambda n, x: n.tokens(x.flatten(2).transpose(1, 2)).mean(1), "one row of features"),
    "two outputs": (lambda n, x: (n.fc(x.flatten(1)), x.mean((2, 3))), "one output"),
    "a map": (lambda n, x: x.sigmoid(), "scores, not in a map"),
    "a map of scores behind the head": (lambda n, x: n.fc(x.flatten(1))[:, :, None, None].expand(-1, -1, 3, 3) * 1, "row of scores|one position more"),
    "branches before the pooling": (lambda n, x: n.tokens(x.mean((2, 3)) + x.amax((2, 3))), "pool, flatten or average"),
    "the largest of the smallest": (lambda n, x: n.tokens(x.amin(3).amax(2)), "pool, flatten or average"),
    "a softmax over places": (lambda n, x: n.fc(x.flatten(2).softmax(-1).flatten(1)), "pool, flatten or average"),
    "a size written into it": (lambda n, x: n.fc(functional.interpolate(x, (8, 8)).flatten(1)), "one position more|other sizes"),
    "a control flow that depends on data": (lambda n, x: n.fc(x.flatten(1)) if x.sum() > 0 else n.fc(x.flatten(1)) + 1, "same calls"),
    "images compared with each other": (lambda n, x: n.fc(x.flatten(1)).softmax(0), "same scores"),
    "an empty axis beside the values": (lambda n, x: n.one(x.flatten(1)[:, :, None]).mean(1), "one row of features"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_made_dense_is_refused_with_the_reason(name):
    head, reason = REFUSED[name]
    with pytest.raises(InputError, match=reason):
        dense(Strange(head).eval(), (2, 10, 10))


class Padded(nn.Module):
    """A padded convolution, something done to its map, and a layer on all of it: positions are not those of crops."""

    def __init__(self, body=lambda net, x: x, head=lambda net, x: net.fc(x.flatten(1))):
        super().__init__()
        torch.manual_seed(0)
        self.conv, self.fc, self.small = (
            nn.Conv2d(2, 6, 3, padding=1),
            nn.Linear(6 * 64, 4),
            nn.Parameter(torch.randn(6, 4, 4)),
        )
        self.norm, self.scores_norm = (
            nn.BatchNorm2d(6, track_running_stats=False),
            nn.BatchNorm1d(4, track_running_stats=False),
        )
        self.body, self.head = body, head

    def forward(self, x):
        return self.head(self, self.body(self, self.conv(x)))


# With padding no crop of a larger image gives the same, so that the network's own size alone can tell.
NOT_ALONE = {
    "statistics of the batch in the trunk": (Padded(lambda n, x: n.norm(x)), "same scores"),
    "statistics of the batch in the head": (Padded(head=lambda n, x: n.scores_norm(n.fc(x.flatten(1)))), "one image by itself"),
    "less the mean of the images": (Padded(lambda n, x: x - x.mean(0, keepdim=True)), "same scores"),
    "a softmax over the images": (Padded(head=lambda n, x: n.fc(x.flatten(1)).softmax(0)), "same scores"),
    "times the number of images": (Padded(head=lambda n, x: n.fc(x.flatten(1)) * len(x)), "same scores|any number of images"),
    "dropout that never stops": (Padded(head=lambda n, x: n.fc(functional.dropout(x.flatten(1)))), "same scores"),
}  # fmt: skip


@pytest.mark.parametrize("name", NOT_ALONE)
def test_answers_that_depend_on_other_images_or_on_chance_are_refused(name):
    net, reason = NOT_ALONE[name]
    with pytest.raises(InputError, match=reason):
        dense(net.eval(), (2, 8, 8))


def test_a_map_that_is_turned_around_is_refused():
    with pytest.raises(InputError, match="keep their order"):
        dense(Padded(lambda n, x: x.flip(3)), (2, 8, 8))
    # Turned features are none of its business.
    assert dense(Padded(lambda n, x: x.flip(1)), (2, 8, 8)).conversion.global_at == ""


def coordinates(x):
    return torch.linspace(-1, 1, x.shape[3]).expand(len(x), 1, *x.shape[2:])


BORDERS = {
    "rolled": lambda n, x: x.roll(1, 3),
    "circular padding": lambda n, x: functional.avg_pool2d(functional.pad(x, (1, 1, 1, 1), mode="circular"), 3, 1),
    "coordinates": lambda n, x: torch.cat([x[:, 1:], coordinates(x)], 1),
    "an embedding of places": lambda n, x: x + functional.interpolate(n.small[None], size=x.shape[2:]),
}


@pytest.mark.parametrize("name", BORDERS)
def test_what_depends_on_where_the_borders_are_is_not_local(name):
    torch.manual_seed(0)
    found = dense(Padded(BORDERS[name]), (2, 8, 8)).conversion

    assert (found.global_at != "", found.is_local, found.is_exact) == (True, False, False)


@pytest.mark.parametrize("pool", [functional.max_pool2d, functional.avg_pool2d])
def test_a_window_that_hangs_over_the_border_counts_as_padding(pool):
    class Hanging(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.fc = nn.Conv2d(1, 3, 3), nn.Linear(3 * 9, 2)

        def forward(self, x):
            return self.fc(pool(self.conv(x), 2, ceil_mode=True).flatten(1))

    torch.manual_seed(0)
    net = Hanging()
    wide, image = dense(net, (1, 7, 7)), torch.randn(1, 1, 15, 15)
    with torch.no_grad():
        # The last window of a crop of 5 places reads one; on the image it reads two: the last crop alone is as it was.
        torch.testing.assert_close(wide.maps(image)[:, :, 4, 4], net(image[:, :, 8:, 8:]))
    assert (wide.conversion.padded_at.split("_")[0], wide.conversion.is_exact) == (
        pool.__name__.replace("_pool2d", "pool"),
        False,
    )


def test_a_network_that_does_other_things_to_large_images_is_refused_at_their_size():
    class Switched(Padded):
        def forward(self, x):
            return super().forward(functional.avg_pool2d(x, 2) if x.shape[3] >= 20 else x)

    wide = dense(Switched(), (2, 8, 8))

    assert wide.positions((19, 19)) == (12, 12)
    for use in (lambda: wide.positions((20, 20)), lambda: wide.maps(torch.zeros(1, 2, 20, 20))):
        with pytest.raises(InputError, match=r"at every size.*3×3 positions at 20×20"):
            use()


def test_hooks_two_inputs_and_a_missing_size_are_refused():
    net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Flatten(), nn.Linear(2, 2))
    with pytest.raises(InputError, match="input must be stated"):
        dense(net)
    with pytest.raises(InputError, match="channels and one to three axes"):
        dense(net, (1, 1, 1, 3, 3))
    net[0].register_forward_hook(lambda module, args, output: output + 1)
    with pytest.raises(InputError, match="hooks"):
        dense(net, (1, 3, 3))


def test_images_that_do_not_fit_are_refused():
    wide = dense(Mixed(HEADS["flatten"]), (2, 10, 12))
    for shape in ((1, 1, 20, 20), (1, 4, 20, 20), (2, 20, 20)):
        with pytest.raises(ShapeError, match="2 channels"):
            wide.maps(torch.zeros(shape))
    with pytest.raises(ShapeError, match="at least as large"):
        wide.maps(torch.zeros(1, 2, 9, 20))


def test_the_original_stays_as_it_was_also_after_a_refusal():
    torch.manual_seed(0)
    for net in (Mixed(HEADS["flatten"]), Mixed(lambda n, x: n.fc(x.flatten(1)).softmax(0))):
        net.train()
        net.body[4].eval()
        modes = [part.training for part in net.modules()]
        before = {key: value.clone() for key, value in net.state_dict().items()}
        random = torch.random.get_rng_state()
        try:
            wide = dense(net, (2, 10, 12))
        except InputError:
            pass
        else:
            for parameter in wide.parameters():
                torch.nn.init.zeros_(parameter)

        assert torch.equal(torch.random.get_rng_state(), random)
        assert [part.training for part in net.modules()] == modes
        assert all(torch.equal(value, before[key]) for key, value in net.state_dict().items())
        assert all(parameter.grad is None for parameter in net.parameters())


def test_it_can_be_trained_on():
    wide = dense(Mixed(HEADS["flatten"]), (2, 10, 12))
    wide.maps(torch.randn(1, 2, 14, 16)).sum().backward()

    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in wide.head.parameters())
    assert wide.network.body[0].weight.grad.abs().sum() > 0
    assert wide.network.fc.weight.numel() == 0


def test_it_may_move_to_another_type_afterwards():
    wide = dense(Mixed(HEADS["flatten"]), (2, 10, 12)).double()

    assert wide.maps(torch.randn(1, 2, 14, 16).double()).dtype == torch.float64
