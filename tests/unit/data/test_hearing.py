"""Sounds as a network hears them: mixed, resampled, cut or padded, as a spectrogram."""

import numpy as np
import pytest
import torch
from scipy.signal import resample_poly

from striate.data import prepare, unprepare
from striate.data.hearing import heard, hearing_words, middle, resampled_middle
from striate.data.mel import log_mel
from striate.errors import ShapeError
from striate.records import Mel, Preprocessing

MEL = Mel(fft=128, window=128, hop=64, bands=8, low_hz=0.0, high_hz=4000.0)


def plain(*shape, **settings):
    return Preprocessing(
        shape=shape, mean=(0.5,) * shape[0], std=(0.25,) * shape[0], scale=(-1.0, 1.0), sample_rate_hz=8000, **settings
    )


def noise(*shape):
    return torch.from_numpy(np.random.default_rng(0).uniform(-1, 1, shape).astype(np.float32))


def test_the_middle_is_cut_out_and_silence_put_around():
    assert middle(torch.arange(6.0), 3).tolist() == [1.0, 2.0, 3.0]
    assert middle(torch.tensor([[1.0, 2.0, 3.0]]), 6).tolist() == [[0.0, 1.0, 2.0, 3.0, 0.0, 0.0]]
    assert middle(torch.arange(4.0), 4).tolist() == [0.0, 1.0, 2.0, 3.0]


@pytest.mark.parametrize(
    ("rate_hz", "to_hz"), [(8000, 16000), (16000, 8000), (44100, 16000), (8000, 11025), (48000, 8000), (22050, 44100)]
)
@pytest.mark.parametrize("length", [50, 2001, 10**6])
def test_the_middle_of_a_resampled_sound_is_that_of_all_of_it(rate_hz, to_hz, length):
    sound = noise(2, 30_000)
    shared = np.gcd(rate_hz, to_hz)
    whole = resample_poly(sound.double().numpy(), to_hz // shared, rate_hz // shared, axis=1)

    found = resampled_middle(sound, rate_hz, to_hz, length)

    begin = max(0, (whole.shape[1] - length) // 2)
    assert found.shape[1] == min(length, whole.shape[1])
    np.testing.assert_allclose(found.numpy(), whole[:, begin : begin + length], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("rate_hz", [8000, 16000, 44100])
def test_a_tone_keeps_its_frequency(rate_hz):
    tone = torch.sin(torch.arange(rate_hz) * 2 * torch.pi * 1000 / rate_hz)[None]

    found = prepare(tone, plain(1, 4000), sample_rate_hz=rate_hz)

    assert int(torch.fft.rfft(found[0] - found.mean()).abs().argmax()) == 500  # 4000 samples at 8 kHz: bins of 2 Hz


def test_what_is_above_half_the_new_rate_is_gone():
    tone = torch.sin(torch.arange(32000) * 2 * torch.pi * 5000 / 16000)[None]

    assert float(resampled_middle(tone, 16000, 8000, 1000).abs().max()) < 0.01


def test_several_channels_become_their_mean_and_one_is_repeated():
    stereo = noise(2, 100)

    assert torch.equal(heard(stereo, plain(1, 100), 8000), stereo.mean(0, keepdim=True))
    assert torch.equal(heard(stereo, plain(2, 100), 8000), stereo)
    assert torch.equal(heard(stereo[:1], plain(2, 100), 8000), stereo[:1].repeat(2, 1))
    assert torch.equal(heard(stereo, plain(3, 100), 8000), stereo.mean(0, keepdim=True).repeat(3, 1))


def test_channels_of_a_signal_that_is_no_sound_are_never_mixed():
    how = Preprocessing(shape=(1, 9), mean=(0.0,), std=(1.0,), scale=(0.0, 1.0))

    with pytest.raises(ShapeError, match="signals must have the input's 1 channel; got 2"):
        prepare(noise(2, 9), how)


def test_full_scale_becomes_0_and_1_and_silence_one_half():
    found = prepare(torch.tensor([[-1.0, 1.0]]), plain(1, 4), sample_rate_hz=8000)

    assert (found * 0.25 + 0.5).tolist() == [[0.5, 0.0, 1.0, 0.5]]


def test_a_network_of_spectrograms_reads_that_of_the_prepared_sound():
    how = plain(1, 8, 5, mel=MEL)
    sound = noise(1, 1000)
    begin = (1000 - 384) // 2  # five frames: 128 + 4 · 64 samples

    found = prepare(sound, how, sample_rate_hz=8000)

    # The scale −1 … 1 of `plain` is of decibels here.
    expected = ((log_mel(sound[:, begin : begin + 384], MEL, 8000) + 1) / 2 - 0.5) / 0.25
    torch.testing.assert_close(found, expected)


def test_a_spectrogram_is_the_same_in_every_channel_of_a_network_of_three():
    mono, stereo = noise(1, 700), noise(2, 700)

    once = prepare(mono, plain(1, 8, 5, mel=MEL), sample_rate_hz=8000)

    assert torch.equal(prepare(mono, plain(3, 8, 5, mel=MEL), sample_rate_hz=8000), once.repeat(3, 1, 1))
    mixed = prepare(stereo, plain(3, 8, 5, mel=MEL), sample_rate_hz=8000)
    assert torch.equal(mixed[0], prepare(stereo.mean(0, keepdim=True), plain(1, 8, 5, mel=MEL), sample_rate_hz=8000)[0])


def test_a_sound_shorter_than_one_window_is_padded_to_the_frames():
    assert prepare(noise(1, 3), plain(1, 8, 5, mel=MEL), sample_rate_hz=8000).shape == (1, 8, 5)


def test_unprepare_gives_signals_back():
    how = plain(2, 50)
    sound = noise(2, 50)

    torch.testing.assert_close(unprepare(prepare(sound, how, sample_rate_hz=8000), how), (sound + 1) / 2)


@pytest.mark.parametrize(
    ("how", "message"),
    [
        (plain(1, 9, 5, mel=MEL), "as many bands as the input is high"),
        (Preprocessing(shape=(1, 8, 5), mean=(0.0,), std=(1.0,), scale=(0.0, 1.0), mel=MEL), "must come with a sample rate"),
        (Preprocessing(shape=(1, 50), mean=(0.0,), std=(1.0,), scale=(0.0, 1.0), scaled_px=(60,)), "scaled_px must be"),
    ],
)  # fmt: skip
def test_impossible_preprocessing_is_refused(how, message):
    with pytest.raises(ShapeError, match=message):
        prepare(noise(1, 700), how)


def test_how_sounds_are_heard_is_said():
    assert hearing_words(plain(3, 8, 5, mel=MEL)) == (
        "Sounds are heard at 8000 Hz as 8 mel bands, 0 to 4000 Hz, in 5 frames of 16 ms every 8 ms: 0.048 s of each, its "
        "middle, the same in all 3 channels."
    )
    assert hearing_words(Preprocessing(shape=(1, 9), mean=(0.0,), std=(1.0,))) == ""
