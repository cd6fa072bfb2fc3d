"""Sounds: what is read, and what is set aside with which reason. The WAVs are written field by field."""

import io
import struct
from pathlib import Path

import numpy as np
import pytest
import torch

from striate.data import sounds
from striate.data.sounds import SoundError, decode_sound

soundfile = pytest.importorskip("soundfile")
RNG = np.random.default_rng(0)
# Spoken channel names at 48 kHz, where ALSA's programs are installed.
SPOKEN = sorted(Path("/usr/share/sounds/alsa").glob("*.wav"))


def wav(stored, rate_hz=8000, *, channels=1, bits=16, kind=1, said=None, size=None):
    """Return a WAV of the bytes given; `said` is the size its header states."""
    form = struct.pack("<HHIIHH", kind, channels, rate_hz, rate_hz * channels * bits // 8, channels * bits // 8, bits)
    sizes = struct.pack("<I", len(stored) if said is None else said)
    parts = b"WAVEfmt " + struct.pack("<I", len(form)) + form + b"data" + sizes + stored
    return b"RIFF" + struct.pack("<I", len(parts) if size is None else size) + parts


def encoded(samples, rate_hz, kind, subtype=None):
    stream = io.BytesIO()
    soundfile.write(stream, samples, rate_hz, format=kind, subtype=subtype)
    return stream.getvalue()


def test_16_bits_become_fractions_of_full_scale():
    values, rate_hz = decode_sound(wav(struct.pack("<4h", 0, 16384, -32768, 32767), 11025))

    assert rate_hz == 11025
    assert values.dtype == torch.float32
    assert values.tolist() == [[0.0, 0.5, -1.0, 32767 / 32768]]


def test_8_bits_are_around_128_and_24_bits_keep_them_all():
    values, _ = decode_sound(wav(bytes([128, 192, 0]), bits=8))
    fine, _ = decode_sound(
        wav((1).to_bytes(3, "little", signed=True) + (-(2**23)).to_bytes(3, "little", signed=True), bits=24)
    )

    assert values.tolist() == [[0.0, 0.5, -1.0]]
    assert fine.tolist() == [[2.0**-23, -1.0]]


def test_stereo_keeps_its_channels():
    values, _ = decode_sound(wav(struct.pack("<6h", 0, 8192, 16384, -8192, 0, 0), channels=2))

    assert values.tolist() == [[0.0, 0.5, 0.0], [0.25, -0.25, 0.0]]


def test_floats_stay_as_they_are_also_above_full_scale():
    values, _ = decode_sound(wav(struct.pack("<2f", 1.75, -0.125), bits=32, kind=3))

    assert values.tolist() == [[1.75, -0.125]]


def test_other_chunks_before_the_sound_are_passed_over():
    whole = wav(struct.pack("<2h", 16384, 0))
    odd = whole[:12] + b"LIST" + struct.pack("<I", 5) + b"abcde\0" + whole[12:]

    assert decode_sound(odd)[0].tolist() == [[0.5, 0.0]]


def test_flac_is_the_same_as_wav_and_ogg_nearly():
    samples = 0.4 * np.sin(np.arange(4000) * 0.2)
    flac, _ = decode_sound(encoded(samples, 16000, "FLAC"))
    ogg, rate_hz = decode_sound(encoded(samples, 16000, "OGG"))

    assert torch.equal(flac, torch.from_numpy((np.rint(samples * 32768) / 32768).astype(np.float32))[None])
    assert rate_hz == 16000
    assert ogg.shape == (1, 4000)
    assert float((ogg[0] - torch.from_numpy(samples)).abs().max()) < 0.05


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (wav(b""), "without a sample"),
        (wav(b"\0\0" * 9, said=4000), "truncated: the header says 4,000 bytes of sound, 18 are there"),
        (wav(b"\0\0" * 900)[:1000], "truncated: the header says 1,800 bytes of sound, 956 are there"),
        (wav(b"\0\0" * 9, 1_000_000), "a sample rate of 1,000,000 Hz; 1,000 … 768,000 are read"),
        (wav(b"\0\0" * 9, 10), "a sample rate of 10 Hz"),
        (wav(struct.pack("<3f", 0, np.nan, 0), bits=32, kind=3), "holds samples that are not finite"),
        (wav(struct.pack("<3f", 0, np.inf, 0), bits=32, kind=3), "holds samples that are not finite"),
        (b"RIFF" + bytes(40), "broken or truncated"),
        (b"not a sound at all", "broken or truncated"),
        (encoded(np.zeros(99), 8000, "AIFF"), "not a sound of a known kind"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_says_why(data, reason):
    with pytest.raises(SoundError) as caught:
        decode_sound(data)

    assert reason in caught.value.reason


@pytest.mark.parametrize(
    ("said", "reason"),
    [(4100, "broken or truncated"), (10**6, "broken or truncated"), (0, "does not say how long it is")],
)
def test_a_flac_that_says_another_length_is_not_read(said, reason):
    data = bytearray(encoded(np.zeros(4000), 8000, "FLAC"))
    assert int.from_bytes(data[22:26], "big") == 4000  # the last four bytes of the number of samples
    data[22:26] = said.to_bytes(4, "big")

    with pytest.raises(SoundError) as caught:
        decode_sound(bytes(data))

    assert reason in caught.value.reason


def test_fewer_samples_than_the_header_says_are_not_taken_for_all(monkeypatch):
    read = soundfile.SoundFile.read
    monkeypatch.setattr(
        soundfile.SoundFile, "read", lambda file, frames, **settings: read(file, frames - 1, **settings)
    )

    with pytest.raises(SoundError, match="the header says 9 samples, 8 are there"):
        decode_sound(wav(b"\0\0" * 9))


def test_a_sound_of_unknown_length_is_read_to_its_end():
    values, _ = decode_sound(wav(struct.pack("<3h", 1, 2, 3), said=0xFFFFFFFF))

    assert (values * 32768).tolist() == [[1.0, 2.0, 3.0]]


def test_the_header_is_bounded_before_anything_is_decoded(monkeypatch):
    monkeypatch.setattr(sounds, "MAX_PIXELS", 100)
    monkeypatch.setattr(soundfile.SoundFile, "read", lambda *_, **__: pytest.fail("it was decoded"))

    with pytest.raises(SoundError, match=r"larger than 100 values \(51 samples of 2 channels\)"):
        decode_sound(wav(b"\0\0" * 102, channels=2))


@pytest.mark.parametrize(("kind", "subtype"), [("WAV", None), ("FLAC", None), ("OGG", "VORBIS")])
def test_no_truncated_file_is_taken_for_a_whole_one(kind, subtype):
    data = encoded(RNG.normal(size=3000) * 0.1, 8000, kind, subtype)

    for length in sorted({0, 1, 11, 43, 44, *range(50, len(data), len(data) // 40), len(data) - 1}):
        with pytest.raises(SoundError):
            decode_sound(data[:length])


def test_flipped_bytes_raise_nothing_else():
    for kind in ("WAV", "FLAC", "OGG"):
        data = bytearray(encoded(RNG.normal(size=500) * 0.1, 8000, kind))
        for at in RNG.integers(0, len(data), 60):
            broken = data.copy()
            broken[at] ^= 0xFF
            try:
                values, _ = decode_sound(bytes(broken))
            except SoundError:
                continue
            assert bool(values.isfinite().all())


@pytest.mark.skipif(not SPOKEN, reason="no recorded sounds on this machine")
@pytest.mark.parametrize("path", SPOKEN, ids=lambda path: path.stem)
def test_real_recordings_are_read_as_their_bytes_say(path):
    data = path.read_bytes()
    begin = data.index(b"data") + 8
    expected = np.frombuffer(data[begin : begin + struct.unpack("<I", data[begin - 4 : begin])[0]], "<i2") / 32768

    values, rate_hz = decode_sound(data)

    assert rate_hz == 48000
    assert np.array_equal(values[0].numpy(), expected.astype(np.float32))
