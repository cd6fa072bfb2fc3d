"""The log-mel spectrogram beside the same formula in numpy, frame by frame and band by band."""

import math

import numpy as np
import pytest
import torch

from striate.data.mel import log_mel, mel_filters, mel_for
from striate.errors import InputError
from striate.records import Mel, Sound

SPEECH = Mel(fft=512, window=400, hop=160, bands=40, low_hz=20.0, high_hz=7600.0)


def slaney_mel(hz):
    # Auditory Toolbox: 13 straight filters 200/3 Hz apart up to 1 kHz, then steps by a factor of 1.0711703.
    return hz * 3 / 200 if hz < 1000 else 15 + math.log(hz / 1000) / math.log(6.4) * 27


def slaney_hz(mel):
    return mel * 200 / 3 if mel < 15 else 1000 * 6.4 ** ((mel - 15) / 27)


def by_hand(sound, mel, rate_hz):
    low, high = slaney_mel(mel.low_hz), slaney_mel(mel.high_hz)
    corners = [slaney_hz(low + (high - low) * k / (mel.bands + 1)) for k in range(mel.bands + 2)]
    filters = np.zeros((mel.bands, mel.fft // 2 + 1))
    for band in range(mel.bands):
        left, middle, right = corners[band : band + 3]
        for bin_ in range(mel.fft // 2 + 1):
            hz = bin_ * rate_hz / mel.fft
            if left < hz <= middle:
                filters[band, bin_] = (hz - left) / (middle - left)
            elif middle < hz < right:
                filters[band, bin_] = (right - hz) / (right - middle)
        filters[band] *= 2 / (right - left)
    window = np.zeros(mel.fft)
    begin = (mel.fft - mel.window) // 2
    window[begin : begin + mel.window] = [0.5 - 0.5 * math.cos(2 * math.pi * n / mel.window) for n in range(mel.window)]
    frames = 1 + (len(sound) - mel.fft) // mel.hop
    found = np.zeros((mel.bands, frames))
    for frame in range(frames):
        part = sound[frame * mel.hop : frame * mel.hop + mel.fft] * window
        found[:, frame] = filters @ np.abs(np.fft.rfft(part)) ** 2
    return filters, 10 * np.log10(np.maximum(found, mel.floor))


@pytest.mark.parametrize(
    ("mel", "rate_hz"),
    [
        (SPEECH, 16000),
        (Mel(fft=256, window=256, hop=100, bands=12, low_hz=0.0, high_hz=4000.0), 8000),
        (Mel(fft=1024, window=801, hop=333, bands=64, low_hz=50.0, high_hz=22050.0, floor=1e-3), 44100),
    ],
)
def test_it_is_the_formula(mel, rate_hz):
    rng = np.random.default_rng(0)
    sound = np.stack([rng.normal(size=3000) * np.linspace(0, 1, 3000), np.sin(np.arange(3000) * 0.3)])
    expected = [by_hand(channel, mel, rate_hz) for channel in sound]

    found = log_mel(torch.from_numpy(sound), mel, rate_hz)

    np.testing.assert_allclose(mel_filters(mel, rate_hz).numpy(), expected[0][0], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(found.numpy(), np.stack([spectrum for _, spectrum in expected]), rtol=1e-9, atol=1e-6)


def test_float32_is_near_enough_to_it():
    sound = torch.from_numpy(np.random.default_rng(0).normal(size=(1, 4000)))

    gap = log_mel(sound.float(), SPEECH, 16000) - log_mel(sound, SPEECH, 16000)

    assert float(gap.abs().max()) < 1e-3


def test_silence_is_the_floor_and_ten_times_the_amplitude_is_20_decibels():
    sound = 0.05 * torch.from_numpy(np.random.default_rng(0).normal(size=(1, 2000)))

    assert bool((log_mel(torch.zeros(1, 800), SPEECH, 16000) == -100).all())
    torch.testing.assert_close(log_mel(10 * sound, SPEECH, 16000), log_mel(sound, SPEECH, 16000) + 20)


@pytest.mark.parametrize("frames", [1, 2, 57])
def test_so_many_samples_are_so_many_frames(frames):
    length = SPEECH.length(frames)

    assert log_mel(torch.zeros(1, length), SPEECH, 16000).shape == (1, 40, frames)
    assert length == 512 or log_mel(torch.zeros(1, length - 1), SPEECH, 16000).shape[2] == frames - 1


@pytest.mark.parametrize(
    ("mel", "message"),
    [
        (Mel(fft=512, window=400, hop=160, bands=40, low_hz=0.0, high_hz=8001.0), "at most half the sample rate"),
        (Mel(fft=512, window=400, hop=160, bands=40, low_hz=900.0, high_hz=800.0), "rise from 0 Hz"),
        (Mel(fft=512, window=400, hop=160, bands=200, low_hz=0.0, high_hz=8000.0), "bands too narrow for 512 samples"),
        (Mel(fft=512, window=600, hop=160, bands=40, low_hz=0.0, high_hz=8000.0), "1 to fft samples"),
        (Mel(fft=512, window=400, hop=0, bands=40, low_hz=0.0, high_hz=8000.0), "at least 1"),
    ],
)
def test_impossible_bands_are_refused(mel, message):
    with pytest.raises(InputError, match=message):
        log_mel(torch.zeros(1, 1000), mel, 16000)


def test_what_is_left_open_is_chosen_to_span_the_median_sound():
    # 25 ms of 16 kHz are 400 samples; a transform of 512 has a frequency in each of 64 bands.
    spanning = mel_for((1, 64, 101), 16000, Sound(), median_length=16000)
    long = mel_for((1, 64, 101), 16000, Sound(), median_length=10**6)
    short = mel_for((1, 64, 101), 16000, Sound(), median_length=10)

    assert (spanning.fft, spanning.window, spanning.hop) == (512, 400, 154)
    assert spanning.length(101) <= 16000 < spanning.length(102) + 100
    assert (long.hop, short.hop) == (200, 50)
    assert spanning.high_hz == 8000


def test_what_is_asked_for_is_kept_and_the_transform_grows_until_no_band_is_empty():
    asked = Sound(window_ms=10.0, hop_ms=4.0, low_hz=100.0, high_hz=3000.0)

    found = mel_for((1, 64, 10), 8000, asked, median_length=8000)

    assert (found.window, found.hop, found.low_hz, found.high_hz) == (80, 32, 100.0, 3000.0)
    assert found.fft == 256
    with pytest.raises(InputError, match="bands too narrow"):
        mel_filters(Mel(fft=128, window=80, hop=32, bands=64, low_hz=100.0, high_hz=3000.0), 8000)
    with pytest.raises(InputError, match="bands too narrow"):
        mel_for((1, 4000, 10), 8000, asked, median_length=8000)
