"""Networks cut at one of their values: where, what it costs, and that what is left computes what it did before."""

import copy
from dataclasses import asdict, replace

import pytest
import torch
from torch import nn
from torch.nn import functional

from striate.errors import InputError
from striate.nets import Network, load_network
from striate.nets.cuts import END, CutNetwork, Ending, cut_at, cut_points
from striate.trace import trace

SIDE = 64
# By each network's source: what runs behind what, and which of its values everything goes through.
NAMES = {
    "torchvision:resnet18": ("maxpool", "layer1.0", "layer1", "layer2.0", "layer2", "layer3.0", "layer3", "layer4.0", END),
    "torchvision:densenet121": (
        "features.pool0", "features.transition1.relu", "features.transition1", "features.transition2.relu",
        "features.transition2", "features.transition3.relu", "features.transition3", END,
    ),
    "torchvision:vgg11": (
        "features.2", "features.5", "features.7", "features.10", "features.12", "features.15", "features.17", "avgpool",
        "classifier.2", END,
    ),
    "torchvision:mobilenet_v3_small": (
        "features.0", "features.1", "features.3", "features.4", "features.5", "features.6", "features.7", "features.9",
        "features.10", "features.11", "avgpool", END,
    ),
    "torchvision:squeezenet1_1": (
        "features.2", "features.3", "features.4.squeeze_activation", "features.5", "features.6", "features.8",
        "features.9.squeeze_activation", "features.9", "features.10", "features.11.squeeze_activation", "features.11", END,
    ),
    "timm:efficientnet_lite0": (
        "bn1", "blocks.0", "blocks.1", "blocks.2.0", "blocks.2", "blocks.3", "blocks.4.0", "blocks.4", "blocks.5.1",
        "blocks.5", "blocks", END,
    ),
    "timm:convnext_atto": (
        "stem", "stages.0.blocks.0", "stages.1.downsample", "stages.1.blocks.0", "stages.2.downsample.0",
        "stages.2.downsample", "stages.2.blocks.1", "stages.2.blocks.3", "stages.2.blocks.4", "stages.3.downsample",
        "stages.3.blocks.0", END,
    ),
    # A token is no place of the image.
    "timm:vit_tiny_patch16_224": ("patch_embed.proj", END),
    "timm:regnetx_002": (
        "stem", "s1", "s2", "s3.b1", "s3.b2", "s3", "s4.b1", "s4.b2", "s4.b3", "s4.b5", "s4.b6", END,
    ),
    # Its maps are batch, height, width, channels.
    "timm:swin_tiny_patch4_window7_224": (
        "patch_embed", "layers.0", "layers.1.downsample", "layers.1.blocks.0", "layers.1", "layers.2.downsample",
        "layers.2.blocks.1", "layers.2.blocks.3", "layers.2", "layers.3.downsample", "layers.3.blocks.0", END,
    ),
}  # fmt: skip
OPTIONS = {
    "vit_tiny_patch16_224": {"img_size": SIDE},
    "swin_tiny_patch4_window7_224": {"img_size": SIDE, "window_size": 2},
}


def made(reference):
    """A published network at 64 × 64, with running statistics that are not those of a beginner."""
    import timm
    import torchvision

    torch.manual_seed(0)
    zoo, _, name = reference.partition(":")
    module = (
        torchvision.models.get_model(name) if zoo == "torchvision" else timm.create_model(name, **OPTIONS.get(name, {}))
    )
    for part in module.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.running_mean.normal_(std=0.1)
            part.running_var.uniform_(0.5, 1.5)
    return module.eval()


def images(count=2, side=SIDE, channels=3):
    return torch.randn(count, channels, side, side, generator=torch.Generator().manual_seed(7))


def by_hook(module, point, inputs):
    """Return the value at a cut as torch's own hook on the whole network sees it."""
    seen = []

    def after(_module, _inputs, output):
        seen.append(output.clone())

    def before(_module, inputs):
        seen.append(inputs[0].clone())

    part = module.get_submodule(point.path)
    handle = part.register_forward_hook(after) if point.side == "after" else part.register_forward_pre_hook(before)
    try:
        module(inputs)
    finally:
        handle.remove()
    return seen[point.turn]


@pytest.fixture(scope="module", params=list(NAMES))
def published(request):
    module = made(request.param)
    recording = trace(module, (2, 3, SIDE, SIDE))
    points = cut_points(recording)
    return (
        request.param,
        module,
        points,
        [(at, cut_at(module, recording, at, 5)) for at in (points[len(points) // 2], points[-1])],
    )


@pytest.mark.slow
def test_published_networks_are_cut_where_their_source_says(published):
    name, _, points, _ = published

    assert tuple(point.name for point in points) == NAMES[name]
    assert [point.side for point in points] == ["after"] * (len(points) - 1) + ["before"]
    macs = [point.macs for point in points]
    assert macs == sorted(set(macs))


@pytest.mark.slow
def test_a_cut_costs_what_torch_counts_and_keeps_the_parameters_before_it(published):
    from torch.nn.attention import SDPBackend, sdpa_kernel
    from torch.utils.flop_counter import FlopCounterMode

    name, module, _, cuts = published
    # What hangs on the network itself stays although nothing before the cut uses it.
    loose = sum(p.numel() for p in module.parameters(recurse=False)) if name.startswith("timm:vit") else 0
    for point, cut in cuts:
        # Torch does not count its fused attention.
        with torch.no_grad(), sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
            cut.value(images(1))

        assert counter.get_total_flops() == 2 * point.macs
        held = sum(p.numel() for p in cut.body.parameters())
        assert held == point.parameters + (loose if point.side == "after" else 0)


@pytest.mark.slow
def test_in_both_modes_a_cut_networks_value_is_the_whole_networks_bit_for_bit(published):
    _, module, _, cuts = published
    for point, cut in cuts:
        whole = copy.deepcopy(module)
        cut.body.load_state_dict({key: module.state_dict()[key] for key in cut.body.state_dict()})
        for is_training in (False, True):
            cut.train(is_training)
            whole.train(is_training)
            torch.manual_seed(3)
            mine = cut.value(images())
            torch.manual_seed(3)
            theirs = by_hook(whole, point, images())

            assert torch.equal(mine, theirs)
            assert mine.shape[1:] == point.shape
            pooled = mine.mean(point.over) if point.over else mine
            assert pooled.flatten(1).shape == (len(mine), point.features)
        # Running statistics moved alike, counters too.
        state = whole.state_dict()
        differ = [key for key, value in cut.body.state_dict().items() if not torch.equal(value, state[key])]
        assert differ == []


@pytest.mark.slow
def test_gradients_flow_and_nothing_that_was_dropped_is_in_the_state(published):
    _, module, _, cuts = published
    before = {key: value.clone() for key, value in module.state_dict().items()}
    cut = cuts[0][1].train()
    cut(images()).square().sum().backward()
    first = next(p for p in cut.body.parameters() if p.ndim == 4)

    assert first.grad.abs().sum() > 0
    kept = {key.removeprefix("body.") for key in cut.state_dict() if key.startswith("body.")}
    assert kept < set(before)
    for dropped in cut.ending.dropped:
        assert not any(key == dropped or key.startswith(f"{dropped}.") for key in kept)
    assert sum(p.numel() for p in cut.parameters()) < sum(p.numel() for p in module.parameters())
    # The network that was given is as it was.
    assert all(torch.equal(value, before[key]) for key, value in module.state_dict().items())
    assert not module.training
    assert all(p.grad is None for p in module.parameters())


class Turns(nn.Module):
    """One ReLU, working in place, called three times; two outputs."""

    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Conv2d(1, 4, 3, padding=1), nn.Conv2d(4, 6, 3, padding=1)
        self.third = nn.Conv2d(6, 6, 3, padding=1)
        self.relu = nn.ReLU(inplace=True)
        self.norm = nn.BatchNorm2d(6)
        self.fc = nn.Linear(6, 3)
        self.other = nn.Linear(6, 9)

    def forward(self, x):
        x = self.relu(self.first(x))
        x = self.relu(self.norm(self.second(x)))
        x = self.relu(self.third(x)).mean((2, 3))
        return self.fc(x), self.other(x)


class Functional(nn.Module):
    """Its output layer is a function, and no module that another could stand for."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 3)
        self.weight = nn.Parameter(torch.randn(3, 4))

    def forward(self, x):
        return functional.linear(self.conv(x).mean((2, 3)), self.weight)


class Twice(nn.Module):
    """Its last layer is called twice."""

    def __init__(self):
        super().__init__()
        self.conv, self.fc = nn.Conv2d(1, 4, 3), nn.Linear(4, 4)

    def forward(self, x):
        return self.fc(self.fc(self.conv(x).mean((2, 3))).relu())


class Peeking(nn.Module):
    """It reads its last layer's type at the very beginning."""

    def __init__(self):
        super().__init__()
        self.conv, self.relu, self.more, self.fc = nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Conv2d(4, 4, 3), nn.Linear(4, 2)

    def forward(self, x):
        x = x.to(self.fc.weight.dtype)
        return self.fc(self.more(self.relu(self.conv(x))).mean((2, 3)))


class ByName(Peeking):
    """It gives its last layer the input by name."""

    def forward(self, x):
        return self.fc(input=self.more(self.relu(self.conv(x))).mean((2, 3)))


@pytest.fixture
def turns():
    torch.manual_seed(1)
    module = Turns().eval()
    return module, trace(module, (2, 1, 12, 12))


def test_a_module_called_several_times_is_stopped_at_its_turn(turns):
    module, recording = turns
    points = cut_points(recording)

    assert [(point.path, point.turn) for point in points] == [("relu", 0), ("relu", 1), ("fc", 0)]
    inputs = images(2, 12, 1)
    x = module.first(inputs).relu()
    expected = [x, module.norm(module.second(x)).relu()]
    for point, value in zip(points, expected, strict=False):
        # In place or not, behind the ReLU nothing ran that could have written into it.
        assert torch.equal(cut_at(module, recording, point, 2).value(inputs), value)


def test_a_pass_that_failed_does_not_confuse_the_next(turns):
    module, recording = turns
    cut = cut_at(module, recording, cut_points(recording)[1], 2)
    inputs = images(2, 12, 1)
    expected = cut(inputs)
    with pytest.raises(RuntimeError):
        cut(torch.zeros(2, 5, 12, 12))

    assert torch.equal(cut(inputs), expected)


def test_of_two_outputs_the_first_counts_and_the_others_layers_go(turns):
    module, recording = turns
    end = cut_points(recording)[-1]
    cut = cut_at(module, recording, end, 2)

    assert {key.partition(".")[0] for key in cut.body.state_dict()} == {"first", "second", "third", "norm"}
    assert torch.equal(cut.value(images(2, 12, 1)), by_hook(module, end, images(2, 12, 1)))


@pytest.mark.parametrize(
    ("module", "last"),
    [
        (Functional(), "linear"),
        (Twice(), "fc"),
        (nn.Sequential(nn.AvgPool2d(2), nn.Flatten()), "neither of them"),
    ],
    ids=["functional", "called twice", "no weights"],
)
def test_a_network_without_an_output_layer_of_its_own_is_refused_by_name(module, last):
    recording = trace(module.eval(), (2, 1, 8, 8))

    with pytest.raises(InputError, match=f"must end in a fully connected layer or convolution .*; got {last}"):
        cut_points(recording)


@pytest.mark.parametrize("module", [Peeking(), ByName()], ids=["type", "by name"])
def test_a_network_that_needs_what_was_dropped_is_refused_in_words(module):
    recording = trace(module.eval(), (2, 1, 8, 8))
    points = cut_points(recording)
    found = []
    for point in points:
        try:
            found.append(cut_at(module, recording, point, 2).value(images(2, 8, 1)).shape)
        except InputError as error:
            found.append(error.rule)

    assert "a network cut must run up to the cut alone" in found


def test_too_few_cuts_are_refused(turns):
    with pytest.raises(InputError, match="most must be at least 2; got 1"):
        cut_points(turns[1], most=1)


def test_of_many_cuts_the_outermost_stay_and_the_end_always():
    inner = [
        nn.Sequential(nn.Conv2d(4, 4, 3, padding=1), nn.ReLU(), nn.Conv2d(4, 4, 3, padding=1), nn.ReLU())
        for _ in range(3)
    ]
    module = nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.ReLU(), *inner, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2)
    )
    recording = trace(module.eval(), (2, 1, 10, 10))

    assert [point.name for point in cut_points(recording)] == ["1", "2.1", "2", "3.1", "3", "4.1", END]
    # "4" is the end itself. Three at the outer level fit, and one of three at the inner one, the middle.
    assert [point.name for point in cut_points(recording, most=5)] == ["1", "2", "3.1", "3", END]
    assert [point.name for point in cut_points(recording, most=2)] == ["2", END]


def test_new_layers_are_those_that_were_asked_for():
    module = made("torchvision:squeezenet1_1")
    recording = trace(module, (2, 3, SIDE, SIDE))
    point = cut_points(recording)[2]
    cut = cut_at(module, recording, point, 7, hidden=(20, 10))

    assert [type(layer).__name__ for layer in cut.head] == [
        "Linear", "ReLU", "Dropout", "Linear", "ReLU", "Dropout", "Linear",
    ]  # fmt: skip
    assert [tuple(p.shape) for p in cut.head.parameters()] == [
        (20, point.features), (20,), (10, 20), (10,), (7, 10), (7,),
    ]  # fmt: skip


@pytest.fixture(scope="module")
def lite():
    network = load_network("torchvision:squeezenet1_1")
    network = replace(network, preprocessing=replace(network.preprocessing, shape=(3, SIDE, SIDE)))
    recording = trace(network.module, (2, 3, SIDE, SIDE))
    return network, recording, cut_points(recording)


def test_a_cut_network_is_copied_saved_and_read_with_the_same_answers(lite, tmp_path):
    network, recording, points = lite
    cut = cut_at(network.module, recording, points[4], 3, hidden=(8,))
    expected = cut(images())

    assert torch.equal(copy.deepcopy(cut)(images()), expected)
    output = replace(network.output, names=("a", "b", "c"))
    kept = replace(network, module=cut, output=output, origin=replace(network.origin, ending=cut.ending))
    kept.save(tmp_path / "network")
    again = Network.read(tmp_path / "network")
    assert again.origin == kept.origin
    assert torch.equal(again.module(images()), expected)
    assert not any("classifier" in key for key in again.module.state_dict())


def test_an_ending_is_read_back_from_plain_values():
    import json

    ending = Ending(
        path="layer1.0.relu", turn=1, side="after", over=(2, 3), features=64, hidden=(8, 4), outputs=3, dropped=("fc",)
    )

    assert Ending.from_document(json.loads(json.dumps(asdict(ending)))) == ending


def test_a_cut_network_can_be_traced_and_cut_again(lite):
    network, recording, points = lite
    cut = cut_at(network.module, recording, points[6], 3)
    again = trace(cut, (2, 3, SIDE, SIDE))
    inner = cut_points(again)

    assert inner[-1].macs == points[6].macs
    # There is room for more cuts in what is left.
    assert {f"body.{point.path}" for point in points[:6]} < {point.path for point in inner}
    third = next(point for point in inner if point.path == f"body.{points[3].path}")
    twice = cut_at(cut, again, third, 5)
    assert torch.equal(twice.value(images()), cut_at(network.module, recording, points[3], 5).value(images()))
    new_head_only = cut_at(cut, again, inner[-1], 4)
    assert torch.equal(new_head_only.features(images()), cut.features(images()))
    # The first cut is as good as before.
    assert torch.equal(cut.value(images()), cut_at(network.module, recording, points[6], 3).value(images()))


@pytest.mark.slow
def test_a_network_cut_twice_is_saved_and_read(lite, tmp_path):
    network, recording, points = lite
    cut = cut_at(network.module, recording, points[6], 3)
    once = replace(network, module=cut, origin=network.origin.ended(cut.ending))
    again = trace(cut, (2, 3, SIDE, SIDE))
    twice = cut_at(cut, again, cut_points(again)[3], 5)
    kept = replace(
        once, module=twice, origin=once.origin.ended(twice.ending), output=replace(network.output, names=tuple("abcde"))
    )
    kept.save(tmp_path / "twice")

    assert torch.equal(Network.read(tmp_path / "twice").module(images()), twice(images()))


def test_a_pass_that_never_comes_to_the_cut_is_said():
    class Sometimes(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.relu, self.fc = nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Linear(2, 2)

        def forward(self, x):
            x = self.conv(x)
            x = self.relu(x) if len(x) > 1 else x.abs()
            return self.fc(x.mean((2, 3)))

    ending = Ending(path="relu", turn=0, side="after", over=(2, 3), features=2, hidden=(), outputs=2)
    cut = CutNetwork(Sometimes(), ending)
    assert cut(torch.zeros(2, 1, 6, 6)).shape == (2, 2)

    with pytest.raises(InputError, match=r"a pass must come to the cut; got a pass that went past it \(at relu\)"):
        cut(torch.zeros(1, 1, 6, 6))
