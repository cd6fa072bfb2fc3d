import pytest
import torch
from torch import nn

from dense_networks import Residual, valid
from striate.errors import InputError
from striate.nets.dense import by_dilation, by_shift, dense

SIDE = 29  # the least that makes a map of 2×2


@pytest.mark.parametrize(
    ("way", "factor"), [(by_shift, 2), (by_shift, 4), (by_dilation, 2), (by_dilation, 4), (by_dilation, 8)]
)
def test_every_position_is_the_network_on_its_crop(way, factor):
    net = valid()
    fine = way(dense(net, (1, SIDE, SIDE)), factor)
    image = torch.randn(2, 1, 57, 66)
    step = 8 // factor
    with torch.no_grad():
        maps = fine.maps(image)
        for row, column in ((0, 0), (1, 3), (maps.shape[2] - 1, maps.shape[3] - 1)):
            top, left = row * step, column * step
            expected = net(image[:, :, top : top + SIDE, left : left + SIDE])
            torch.testing.assert_close(maps[:, :, row, column], expected, atol=1e-6, rtol=1e-5)
    assert fine.stride_px == (step, step)
    assert fine.crop((1, 3)) == ((step, step + SIDE), (3 * step, 3 * step + SIDE))
    # As many as there are places for a crop.
    assert maps.shape[2:] == fine.positions((57, 66)) == ((57 - SIDE) // step + 1, (66 - SIDE) // step + 1)


def test_every_fth_position_of_shifted_passes_is_bit_for_bit_the_coarse_map():
    coarse = dense(Residual().eval(), (1, 16, 16))
    image = torch.randn(1, 1, 40, 48)
    with torch.no_grad():
        fine, expected = by_shift(coarse, 4).maps(image), coarse.maps(image)

    assert torch.equal(fine[..., ::4, ::4], expected[..., : (fine.shape[2] + 3) // 4, : (fine.shape[3] + 3) // 4])


def test_dilation_is_shifted_passes_where_padding_does_not_reach():
    coarse = dense(Residual().eval(), (1, 16, 16))
    image = torch.randn(1, 1, 64, 80)
    with torch.no_grad():
        dilated, shifted = by_dilation(coarse, 4).maps(image), by_shift(coarse, 4).maps(image)
    rows, columns = (min(pair) for pair in zip(dilated.shape[2:], shifted.shape[2:], strict=True))
    dilated, shifted = dilated[..., :rows, :columns], shifted[..., :rows, :columns]
    # A shifted pass begins up to 3 pixels inside the image, and a unit sees 7 to the left of it.
    inner = (..., slice(10, rows - 10), slice(10, columns - 10))

    torch.testing.assert_close(dilated[inner], shifted[inner], atol=1e-6, rtol=1e-5)
    assert dilated[inner].shape[2] > 10
    assert not torch.allclose(dilated, shifted, atol=1e-4)


def test_a_global_maximum_is_spread_too():
    net = valid(head=[nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Linear(6, 3)])
    coarse, image = dense(net, (1, SIDE, SIDE)), torch.randn(1, 1, 60, 50)
    with torch.no_grad():
        torch.testing.assert_close(by_dilation(coarse, 2).maps(image), by_shift(coarse, 2).maps(image))


def test_the_weights_are_shared_and_the_coarse_network_stays_as_it_is():
    coarse = dense(valid(), (1, SIDE, SIDE))
    image = torch.randn(1, 1, 50, 50)
    before = coarse.maps(image)
    fine = by_dilation(coarse, 2)

    assert {id(p) for p in fine.parameters()} == {id(p) for p in coarse.parameters()}
    assert torch.equal(coarse.maps(image), before)
    assert coarse.stride_px == (8, 8)


def test_what_cannot_be_spread_is_refused():
    def pooled(*layers):
        return dense(nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2)).eval(), (1, 32, 32))

    average = pooled(nn.Conv2d(1, 4, 3, stride=2), nn.AvgPool2d(2), nn.AvgPool2d(2))
    with pytest.raises(InputError, match=r"avgpool, by 2×2.*at 2"):
        by_dilation(average, 4)
    assert by_dilation(average, 2).stride_px == (4, 4)
    padded = pooled(nn.Conv2d(1, 4, 3, stride=2), nn.ZeroPad2d(1), nn.Conv2d(4, 4, 3, stride=2))
    with pytest.raises(InputError, match=r"pad.*at 1"):
        by_dilation(padded, 4)
    with pytest.raises(InputError, match="divide the stride"):
        by_shift(average, 3)
    with pytest.raises(InputError, match="once only"):
        by_shift(by_dilation(average, 2), 2)


def test_the_networks_own_answer_is_that_of_its_own_strides():
    net = Residual().eval()
    coarse, image = dense(net, (1, 16, 16)), torch.randn(2, 1, 16, 16)
    with torch.no_grad():
        for wide in (coarse, by_dilation(coarse, 4), by_shift(coarse, 2)):
            torch.testing.assert_close(wide.own(image), net(image))
