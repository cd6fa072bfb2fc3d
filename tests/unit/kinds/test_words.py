"""What words refuse, and how their arguments are written."""

import pytest

from striate.blueprint import Blueprint
from striate.errors import StriateError


@pytest.mark.parametrize(
    ("layers", "said"),
    [
        ("conv 3 4 padding full", "padding of conv must be like 3 or 3x3 or same; got 'full'"),
        ("upsample 2 mode cubic", "mode of upsample must be nearest or linear; got 'cubic'"),
        ("upsample 0", "factor must be at least 1; got 0x0"),
        ("convtranspose 3 4 output_padding 1", "output_padding must be below the stride or the dilation"),
        ("convtranspose 3 4 padding 9", "padding must leave something of the map; got -10×-10 places"),
        ("convtranspose 3 4 groups 3", "groups must divide both the channels read and the width"),
        ("convtranspose 3 0", "width must be at least 1; got 0"),
        ("fc 5; depthwise 3", "a convolution must read a map; got 5"),
        ("fc 5; convtranspose 3 4", "a transposed convolution must read a map; got 5"),
        ("fc 5; lrn 3", "local response normalisation must read a map; got 5"),
        ("fc 5; channelnorm", "channel normalisation must read a map; got 5"),
        ("fc 5; flatten", "flatten must read a map; got 5"),
        ("fc 5, dropout 0.5 maps on", "dropout of maps must read a map; got 5"),
        ("fc 5; globalsumpool", "global pooling must read a map; got 5"),
        ("batchnorm eps 0", "eps must be above 0; got 0.0"),
        ("layernorm axes 4", "axes must be at least 1 and at most those there are beside the batch; got 4"),
        ("lrn 0", "size must be at least 1 channel; got 0"),
        ("lppool 2 p 0", "p must be above 0; got 0.0"),
        ("lppool 2", "lppool takes kernel, p, .stride., .ceil.; got 'no p'"),
        ("celu 0", "alpha of celu must not be 0; got 0.0"),
        ("softplus 0", "beta must be above 0; got 0.0"),
        ("hardtanh 2 1", "low must be below high; got low 2, high 1"),
        ("droppath 1", "droppath share must be at least 0 and below 1; got 1.0"),
        ("pixelshuffle 3", "factor² must divide the channels; got factor 3, channels 8"),
        ("channelshuffle 3", "groups must divide the channels; got groups 3, channels 8"),
        ("globalavgpool; coords", "coordinates must read a map of 2 places or more along each axis; got 1×1"),
    ],
)
def test_a_bad_argument_is_refused_with_its_rule(layers, said):
    with pytest.raises(StriateError, match=said):
        Blueprint.from_text(f"input 8x6x6; {layers}; classes 2").graph()


def test_a_volume_is_no_image_to_shuffle():
    with pytest.raises(StriateError, match="pixelshuffle must read an image's map; got 8×4×4×4"):
        Blueprint.from_text("input 8x4x4x4; pixelshuffle 2; classes 2").graph()


def test_numbers_are_written_so_that_they_read_back_to_the_same():
    text = "input 4x6x6; droppath 0.029411764705882353, hardtanh -0.5 12345678.25; batchnorm eps 0.00001; classes 2"
    plan = Blueprint.from_text(text)

    assert [dict(layer.arguments) for layer in Blueprint.from_text(plan.to_text()).layers()] == [
        {"share": 0.029411764705882353},
        {"low": -0.5, "high": 12345678.25},
        {"eps": 1e-5},
    ]


def test_a_map_before_fc_is_flattened_unless_it_is_not_wanted():
    shapes = [op.shape for op in Blueprint.from_text("input 4x6x5; fc 3 flatten off; fc 2; classes 2").graph()]

    assert shapes == [(1, 4, 6, 3), (1, 72), (1, 2), (1, 2)]


def test_depthwise_is_a_convolution_of_as_many_groups():
    one, other = ("depthwise 3 stride 2 bias off", "conv 3 8 stride 2 groups 8 bias off")

    assert (
        Blueprint.from_text(f"input 8x6x6; {one}; classes 2").graph().canonical()
        == Blueprint.from_text(f"input 8x6x6; {other}; classes 2").graph().canonical()
    )
