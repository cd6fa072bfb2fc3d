"""Stored pixels to inputs and back."""

import numpy as np
import pytest
import torch
from PIL import Image  # noqa: TID253 - tests write real files
from torch.nn import functional

from striate.data import prepare, unprepare
from striate.errors import InputError, ShapeError
from striate.records import Preprocessing


def plain(*shape):
    return Preprocessing(shape=shape, mean=(0.0,) * shape[0], std=(1.0,) * shape[0])


def noise(*shape):
    return torch.from_numpy(np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8))


def test_an_image_that_fits_is_only_scaled_and_normalised():
    image = torch.tensor([[[0, 51], [102, 255]]], dtype=torch.uint8)
    how = Preprocessing(shape=(1, 2, 2), mean=(0.2,), std=(0.5,))
    torch.testing.assert_close(prepare(image, how), torch.tensor([[[-0.4, 0.0], [0.4, 1.6]]]))


def test_each_channel_has_its_own_mean_and_std():
    image = torch.full((3, 1, 1), 255, dtype=torch.uint8)
    how = Preprocessing(shape=(3, 1, 1), mean=(0.0, 0.5, 1.0), std=(1.0, 0.25, 9.0))
    assert prepare(image, how).flatten().tolist() == [1.0, 2.0, 0.0]


def test_grey_is_repeated_for_three_channels():
    out = prepare(noise(1, 2, 2), plain(3, 2, 2))
    assert out.shape == (3, 2, 2)
    assert out[0].tolist() == out[1].tolist() == out[2].tolist()


def test_colour_becomes_luma_for_one_channel():
    image = torch.tensor([255, 0, 0, 255, 0, 255], dtype=torch.uint8).reshape(3, 1, 2)  # (255, 0, 0), (0, 255, 255)
    torch.testing.assert_close(prepare(image, plain(1, 1, 2)), torch.tensor([[[0.299, 0.701]]]))


@pytest.mark.parametrize(("stored", "wanted"), [((20, 20), (8, 8)), ((7, 7), (16, 16)), ((24, 12), (8, 4))])
def test_scaling_is_pillows_antialiased_bilinear(stored, wanted):
    image = noise(3, *stored)
    oracle = Image.fromarray(image.permute(1, 2, 0).numpy()).resize(wanted[::-1], Image.Resampling.BILINEAR)
    expected = torch.from_numpy(np.array(oracle)).permute(2, 0, 1) / 255
    # Pillow rounds after each of its two passes: at most one and a half grey levels
    torch.testing.assert_close(prepare(image, plain(3, *wanted)), expected, atol=1.5 / 255, rtol=0)


def test_the_shorter_side_is_fitted_and_the_centre_kept():
    # columns of one value each: 12 wide, 4 high, to 4 × 4: columns 4 … 7 remain
    image = torch.arange(0, 120, 10, dtype=torch.uint8).expand(1, 4, 12).contiguous()
    out = prepare(image, plain(1, 4, 4)) * 255
    torch.testing.assert_close(out[0, 0], torch.tensor([40.0, 50.0, 60.0, 70.0]))


def test_a_wide_input_keeps_the_middle_rows():
    image = torch.arange(0, 120, 10, dtype=torch.uint8)[:, None].expand(1, 12, 4).contiguous()
    out = prepare(image, plain(1, 2, 4)) * 255
    torch.testing.assert_close(out[0, :, 0], torch.tensor([50.0, 60.0]))


@pytest.mark.parametrize("shape", [(1, 1, 60_000), (1, 60_000, 1), (3, 2, 30_000)])
def test_a_very_long_strip_does_not_ask_for_much_memory(shape):
    out = prepare(noise(*shape), plain(3, 224, 224))  # as a whole, one of 1 × 60,000 would take 36 GB
    assert out.shape == (3, 224, 224)


def test_a_long_strip_is_scaled_as_if_it_were_whole():
    image = noise(1, 8, 400)
    whole = torch.nn.functional.interpolate(image[None] / 255, size=(4, 200), mode="bilinear", antialias=True)
    torch.testing.assert_close(prepare(image, plain(1, 4, 4)), whole[0, :, :, 98:102])


@pytest.mark.parametrize("shape", [(1, 5, 7), (3, 2, 9), (1, 1, 1)])
def test_every_size_becomes_the_inputs(shape):
    for stored in [(1, 1), (3, 50), (50, 3), (6, 8), (200, 1)]:
        assert prepare(noise(3, *stored), plain(*shape)).shape == shape


def test_unprepare_undoes_the_normalisation():
    image = noise(3, 5, 5)
    how = Preprocessing(shape=(3, 5, 5), mean=(0.1, 0.2, 0.3), std=(0.4, 0.5, 0.6))
    torch.testing.assert_close(unprepare(prepare(image, how), how), image / 255)
    torch.testing.assert_close(unprepare(prepare(image, how)[None], how), image[None] / 255)


@pytest.mark.parametrize(
    "image", [torch.zeros(1, 2, 2), torch.zeros(2, 2, dtype=torch.uint8), torch.zeros(4, 2, 2, dtype=torch.uint8), torch.zeros(1, 0, 2, dtype=torch.uint8)]
)  # fmt: skip
def test_what_is_no_image_is_refused(image):
    with pytest.raises(InputError):
        prepare(image, plain(1, 2, 2))


@pytest.mark.parametrize(
    ("how", "message"),
    [
        (Preprocessing(shape=(1, 9), mean=(0.0,), std=(1.0,)), "a sample must be a signal"),
        (Preprocessing(shape=(1, 9, 9, 9), mean=(0.0,), std=(1.0,)), "a sample must be a volume"),
        (
            Preprocessing(shape=(2, 9, 9), mean=(0.0,) * 2, std=(1.0,) * 2),
            "channels must be the input's",
        ),
        (
            Preprocessing(shape=(1, 0, 9), mean=(0.0,), std=(1.0,)),
            "an input must have shape",
        ),
        (
            Preprocessing(shape=(3, 9, 9), mean=(0.0,), std=(1.0,)),
            "one number per channel, 3; got .1, 1.",
        ),
        (Preprocessing(shape=(1, 9, 9), mean=(0.0,), std=(0.0,)), "std must be above 0; got 0.0"),
    ],
)
def test_impossible_preprocessing_is_refused(how, message):
    with pytest.raises(InputError, match=message):
        prepare(noise(1, 9, 9), how)


def test_other_channels_are_refused_on_the_way_back():
    with pytest.raises(ShapeError, match="inputs must have shape"):
        unprepare(torch.zeros(1, 2, 2), plain(3, 2, 2))


def test_volumes_are_scaled_as_torch_does_it_and_cut_to_the_middle():
    volume = noise(1, 4, 5, 6)
    how = plain(1, 8, 9, 12)

    found = prepare(volume, how)

    # Scaled by 2: (8, 10, 12), of which the height loses a row at its end.
    whole = functional.interpolate(volume[None].float() / 255, size=(8, 10, 12), mode="trilinear", align_corners=False)
    torch.testing.assert_close(found, whole[0, :, :, :9])


def test_smaller_volumes_are_antialiased_along_every_axis():
    how = plain(1, 3, 3, 3)
    for axis in (1, 2, 3):
        # Slices of 0 and 255 in turn along one axis: without antialiasing every third of them would be taken.
        volume = torch.zeros(1, 9, 9, 9, dtype=torch.uint8)
        volume.transpose(1, axis)[:, ::2] = 255

        found = prepare(volume, how).transpose(1, axis)

        assert float((found - 0.5).abs().max()) < 0.1
        assert float(found.std(unbiased=False, dim=(2, 3)).max()) < 1e-6


def test_a_volume_of_equal_slices_is_scaled_as_an_image():
    image = noise(2, 12, 10)

    found = prepare(
        image[:, None].repeat(1, 12, 1, 1), Preprocessing(shape=(2, 6, 6, 5), mean=(0.1, 0.2), std=(1.0, 1.0))
    )

    flat = prepare(image, Preprocessing(shape=(2, 6, 5), mean=(0.1, 0.2), std=(1.0, 1.0)))
    torch.testing.assert_close(found, flat[:, None].repeat(1, 6, 1, 1))


@pytest.mark.parametrize("channels", [2, 4, 7])
def test_images_of_any_channels_are_prepared_channel_by_channel(channels):
    image = noise(channels, 9, 7)
    how = Preprocessing(shape=(channels, 5, 5), mean=(0.25,) * channels, std=(0.5,) * channels)

    found = prepare(image, how)

    for channel in range(channels):
        one = prepare(image[channel : channel + 1], Preprocessing(shape=(1, 5, 5), mean=(0.25,), std=(0.5,)))
        torch.testing.assert_close(found[channel : channel + 1], one)
    with pytest.raises(ShapeError, match=f"got {channels} for 3"):
        prepare(image, plain(3, 5, 5))


def test_other_numbers_are_put_on_their_scale_and_not_cut():
    how = Preprocessing(shape=(1, 1, 3), mean=(0.5,), std=(0.25,), scale=(-1000.0, 1000.0))

    found = prepare(torch.tensor([[[-1000.0, 0.0, 3000.0]]]), how)

    assert found.tolist() == [[[-2.0, 0.0, 6.0]]]
    assert unprepare(found, how).tolist() == [[[0.0, 0.5, 1.0]]]
