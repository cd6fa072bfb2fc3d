"""Folders, manifests and arrays of sounds, signals and volumes: one sort of sample, stable ids, and what is told."""

import hashlib
import shutil

import numpy as np
import pytest
import torch

from striate.data import ReadAs, batches, load_data, measure_preprocessing, prepare, read_input, reading
from striate.data.files import decode_file
from striate.data.grey import grey_rows
from striate.errors import DataError, InputError, MissingExtraError, ShapeError
from striate.records import Preprocessing, Sound

RNG = np.random.default_rng(0)


@pytest.fixture
def sounds(tone, tmp_path):
    """Two classes of three tones; one in stereo, one at another rate, one of another length."""
    for number in range(3):
        tone(f"sounds/low/{number}.wav", hz=200 + 10 * number)
        tone(f"sounds/high/{number}.wav", hz=2000 + 10 * number)
    both = np.stack([np.linspace(-1, 1, 4000), np.zeros(4000)], 1)
    tone("sounds/low/0.wav", samples=both)
    tone("sounds/high/1.wav", hz=2010, rate_hz=16000)
    tone("sounds/high/2.wav", hz=2020, seconds=0.25)
    return tmp_path / "sounds"


def scans(folder, suffix=".npy"):
    for name in ("a", "b"):
        (folder / name).mkdir(parents=True)
        for number in range(3):
            values = RNG.integers(-1000, 1000, (4, 5, 6)).astype(np.int16)
            np.save(folder / name / f"{number}{suffix}", values)
    return folder


def test_a_folder_of_sounds_is_a_data_set_with_their_rates(sounds):
    data = load_data(sounds)

    assert data.output.names == ("high", "low")
    assert [sample.sample_rate_hz for sample in data.samples] == [8000, 16000, 8000, 8000, 8000, 8000]
    assert (data.axes, data.shape, data.sample_rate_hz, data.scale) == (1, (1, 4000), 8000, (-1.0, 1.0))
    assert data.read(3).shape == (2, 4000)
    for sample in data.samples:
        assert sample.content == hashlib.sha256((sounds / sample.place).read_bytes()).hexdigest()[:16]


def test_what_is_uneven_about_sounds_is_told(sounds, memory):
    watcher = memory()

    load_data(sounds, events=watcher)

    assert watcher.lines == [
        "sounds of 0.25 to 0.5 s, half of them above 0.5 s; a network hears the middle of long ones, and silence around short ones",
        "sounds at 8000 Hz (5), 16000 Hz (1); each is resampled to the rate of the network",
        "sounds with 1 channel (5), 2 channels (1); a network of one channel hears their mean",
    ]


def test_even_sounds_need_no_words(tone, tmp_path, memory):
    for number in range(2):
        tone(f"even/{number}/a.wav", hz=300 + number)
    watcher = memory()

    load_data(tmp_path / "even", events=watcher)

    assert watcher.lines == []


def test_broken_sounds_are_set_aside_by_name_with_the_reason(sounds):
    whole = (sounds / "low/1.wav").read_bytes()
    (sounds / "low/cut.wav").write_bytes(whole[:-100])
    (sounds / "low/empty.wav").write_bytes(b"")
    (sounds / "low/words.flac").write_text("no sound")
    (sounds / "low/notes.txt").write_text("by hand")

    data = load_data(sounds)

    assert len(data) == 6
    assert {row.place: row.reason.partition(":")[0] for row in data.set_aside} == {
        "low/notes.txt": "not a sample by its name (.txt)",
        "low/cut.wav": "truncated",
        "low/empty.wav": "empty file (0 bytes)",
        "low/words.flac": "broken or truncated (Format not recognised.)",
    }


def test_of_two_sorts_the_rarer_is_set_aside(sounds, write):
    write("sounds/low/cover.png")

    data = load_data(sounds)

    assert len(data) == 6
    assert [(row.place, row.reason) for row in data.set_aside] == [
        ("low/cover.png", "an image among others that are a sound")
    ]


def test_as_many_of_one_sort_as_of_another_are_refused(tone, write, tmp_path):
    for number in range(3):
        tone(f"mixed/a/{number}.wav")
        write(f"mixed/b/{number}.png", seed=number)

    with pytest.raises(DataError, match="samples must be all of one sort; got 3 times a sound and 3 times an image"):
        load_data(tmp_path / "mixed")


def test_a_class_that_is_of_another_sort_throughout_is_refused(sounds, write):
    write("sounds/drawn/1.png")

    with pytest.raises(DataError, match="an image among others that are a sound.*class 'drawn'"):
        load_data(sounds)


def test_a_manifest_may_name_sounds_and_labels_that_do_not_match_are_told(sounds, tmp_path):
    rows = [
        "path,value,group",
        "sounds/low/0.wav,1.5,a",
        "sounds/low/1.wav,x,a",
        "sounds/low/9.wav,2,b",
        "sounds/high/0.wav,2,b",
    ]
    (tmp_path / "list.csv").write_text("\n".join(rows))

    data = load_data(tmp_path / "list.csv")

    assert [(sample.target, sample.group, sample.sample_rate_hz) for sample in data.samples] == [
        ((1.5,), "a", 8000), ((2.0,), "b", 8000),
    ]  # fmt: skip
    assert [row.reason for row in data.set_aside] == [
        "value must be a finite number; got 'x'",
        "the file does not exist",
    ]


def test_sounds_beyond_the_memory_are_decoded_again(sounds, monkeypatch):
    inside = load_data(sounds)
    monkeypatch.setattr(reading, "MEMORY_BYTES", 40_000)
    outside = load_data(sounds)

    assert type(outside.pixels).__name__ == "OnDemand"
    assert all(torch.equal(inside.read(index), outside.read(index)) for index in range(6))
    assert outside.fingerprint == inside.fingerprint
    (sounds / "low/2.wav").write_bytes((sounds / "low/1.wav").read_bytes())
    with pytest.raises(DataError, match="must stay as it was"):
        outside.read(5)


def test_arrays_in_files_are_what_is_said_of_their_axes(tmp_path):
    folder = scans(tmp_path / "scans")

    as_volumes, as_images = load_data(folder, read_as=ReadAs(axes=3)), load_data(folder)

    assert (as_volumes.shape, as_images.shape) == ((1, 4, 5, 6), (4, 5, 6))
    stored = np.load(folder / "a/0.npy")
    assert np.array_equal(as_volumes.read(0)[0].numpy(), stored)
    assert as_volumes.fingerprint == as_images.fingerprint


def test_arrays_with_other_axes_or_channels_are_set_aside(tmp_path):
    folder = scans(tmp_path / "scans")
    np.save(folder / "a/flat.npy", np.zeros((2, 3)))
    np.save(folder / "a/more.npy", np.zeros((2, 4, 5, 6)))
    np.save(folder / "a/bytes.npy", np.zeros((4, 5, 6), np.uint8))

    data = load_data(folder, read_as=ReadAs(axes=3))

    assert {row.place: row.reason for row in data.set_aside} == {
        "a/flat.npy": "has 2 axes (2×3), not 3 or 4",
        "a/more.npy": "2 channels among others of 1",
        "a/bytes.npy": "a volume among others that are a volume of numbers",
    }


def test_nifti_volumes_are_read_from_folders(tmp_path):
    nibabel = pytest.importorskip("nibabel")
    values = RNG.integers(0, 100, (2, 3, 4)).astype(np.int16)
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    nibabel.save(nibabel.Nifti1Image(values, np.eye(4)), tmp_path / "a/x.nii.gz")
    nibabel.save(nibabel.Nifti1Image(values + 1, np.eye(4)), tmp_path / "b/y.nii")

    data = load_data(tmp_path)

    assert (data.shape, data.axes, data.scale) == ((1, 4, 3, 2), 3, ())
    assert np.array_equal(data.read(1)[0].numpy(), values.transpose(2, 1, 0) + 1)


@pytest.mark.parametrize(
    ("shape", "axes", "expected"),
    [((4, 9), 0, (1, 9)), ((4, 2, 9), 1, (2, 9)), ((4, 9, 8), 0, (1, 9, 8)), ((4, 7, 9, 8), 0, (7, 9, 8)),
     ((4, 5, 9, 8), 3, (1, 5, 9, 8)), ((4, 2, 5, 9, 8), 0, (2, 5, 9, 8)), ((4, 5, 9, 3), 2, (5, 9, 3))],
)  # fmt: skip
def test_arrays_in_memory_may_have_any_axes_and_channels(shape, axes, expected):
    values = RNG.normal(size=shape)

    data = load_data((values, [0, 1, 0, 1]), read_as=ReadAs(axes=axes))

    assert data.shape == expected
    assert np.array_equal(data.read(2).numpy(), values[2].astype(np.float32).reshape(expected))


def test_arrays_with_a_number_that_is_not_finite_are_set_aside():
    values = np.ones((4, 9))
    values[1, 3], values[2, 0] = np.nan, 1e300

    data = load_data((values, [0, 1, 1, 1]))

    assert [sample.place for sample in data.samples] == ["arrays/0", "arrays/3"]
    assert {row.reason for row in data.set_aside} == {"holds numbers that are not finite"}


@pytest.mark.parametrize(
    "settings", [{"axes": 4}, {"scale": (1.0, 1.0)}, {"scale": (2.0,)}, {"scale": (0.0, float("nan"))}]
)
def test_impossible_meanings_are_refused(settings):
    with pytest.raises(InputError):
        ReadAs(**settings)
    with pytest.raises(InputError, match="window_ms must be at least 0"):
        ReadAs(sound=Sound(window_ms=-1.0))


def test_meanings_survive_being_written():
    said = ReadAs(axes=1, scale=(-3.0, 5.0), sound=Sound(sample_rate_hz=4000, hop_ms=7.5))

    assert ReadAs.from_document(said.document()) == said
    assert ReadAs().document() == {}


def test_the_scale_is_measured_on_the_samples_named_and_on_no_others():
    values = np.zeros((4, 1, 2, 2), np.float32)
    values[0], values[1] = -3.0, 5.0
    values[2:] = 100.0
    data = load_data((values, [0, 1, 0, 1]))

    how = measure_preprocessing(data, (0, 1))

    # Half of the values are 0 and half are 1 on that scale.
    assert (how.scale, how.mean, how.std) == ((-3.0, 5.0), (0.5,), (0.5,))
    assert float(prepare(data.read(2), how).max()) == pytest.approx(((100 + 3) / 8 - 0.5) / 0.5)


def test_a_stated_scale_is_kept_and_bytes_have_none():
    floats = load_data((RNG.normal(size=(4, 9)), [0, 1, 0, 1]), read_as=ReadAs(scale=(-10.0, 10.0)))
    stored = load_data((np.zeros((4, 9), np.uint8), [0, 1, 0, 1]), read_as=ReadAs(scale=(0.0, 1.0)))

    assert measure_preprocessing(floats, (0, 1)).scale == (-10.0, 10.0)
    with pytest.raises(DataError, match="bytes must have the scale 0 … 255"):
        measure_preprocessing(stored, (0, 1))


def test_measured_samples_have_mean_0_and_std_1_whatever_their_axes(tmp_path):
    for axes, shape in ((1, (3, 40)), (2, (7, 8, 9)), (3, (2, 5, 6, 7))):
        data = load_data((RNG.normal(50, 7, size=(6, *shape)), [0, 1] * 3), read_as=ReadAs(axes=axes))
        how = measure_preprocessing(data, tuple(range(6)))
        (batch,) = batches(data, tuple(range(6)), how, batch_size=6)
        by_channel = batch.images.transpose(0, 1).flatten(1)
        torch.testing.assert_close(by_channel.mean(1), torch.zeros(shape[0]), atol=1e-4, rtol=0)
        torch.testing.assert_close(by_channel.std(1, correction=0), torch.ones(shape[0]), atol=1e-4, rtol=0)


def test_sounds_are_measured_at_the_commonest_rate_or_the_one_asked_for(sounds, memory):
    watcher = memory()
    data = load_data(sounds)
    asked = load_data(sounds, read_as=ReadAs(sound=Sound(sample_rate_hz=4000)))

    assert measure_preprocessing(data, (0, 1, 2), (1, 1000), events=watcher).sample_rate_hz == 8000
    assert watcher.lines == ["Sounds are heard at 8000 Hz: 0.125 s of each, its middle."]
    assert measure_preprocessing(data, (1,), (1, 1000)).sample_rate_hz == 16000
    assert measure_preprocessing(asked, (0, 1, 2), (1, 1000)).sample_rate_hz == 4000


def test_sounds_for_an_image_become_spectrograms_between_the_floor_and_the_loudest(sounds):
    data = load_data(sounds)

    how = measure_preprocessing(data, tuple(range(6)), (1, 16, 20))
    (batch,) = batches(data, tuple(range(6)), how, batch_size=6)

    assert (how.mel.bands, how.sample_rate_hz, how.scale[0], how.stored_axes) == (16, 8000, -100.0, 1)
    unit = batch.images * how.std[0] + how.mean[0]
    assert batch.images.shape == (6, 1, 16, 20)
    assert float(unit.max()) == pytest.approx(1.0, abs=1e-5)
    # 200 Hz is in the lowest bands of 16 below 4 kHz, 2 kHz in the upper half.
    loudest = unit[:, 0].mean(2).argmax(1).tolist()
    assert max(loudest[4:]) < 3
    assert min(loudest[:3]) > 8


@pytest.mark.parametrize(
    ("shape", "message"),
    [((1, 8, 8), "two for a spectrogram of sounds with a sample rate"), ((1, 4, 4, 4), "one axis of space")],
)
def test_signals_without_a_rate_become_no_image(shape, message):
    data = load_data((RNG.normal(size=(4, 99)), [0, 1, 0, 1]))

    with pytest.raises(ShapeError, match=message):
        measure_preprocessing(data, (0, 1), shape)


def test_arrays_of_a_stated_rate_become_spectrograms():
    data = load_data((RNG.normal(size=(4, 999)), [0, 1, 0, 1]), read_as=ReadAs(sound=Sound(sample_rate_hz=2000)))

    assert measure_preprocessing(data, (0, 1), (1, 8, 9)).mel.high_hz == 1000


def test_images_for_a_network_of_volumes_are_refused():
    with pytest.raises(ShapeError, match="must have the samples' 2 axes of space; got '1×4×4×4'"):
        measure_preprocessing(load_data("digits"), (0,), (1, 4, 4, 4))


def test_floats_for_a_network_of_bytes_and_bytes_for_one_of_floats_are_refused():
    bytes_ = Preprocessing(shape=(1, 2, 2), mean=(0.0,), std=(1.0,))
    floats = Preprocessing(shape=(1, 2, 2), mean=(0.0,), std=(1.0,), scale=(0.0, 1.0))

    with pytest.raises(InputError, match="samples that are not bytes must come with a scale"):
        prepare(torch.zeros(1, 2, 2), bytes_)
    with pytest.raises(InputError, match="bytes, for a scale of 0 … 1"):
        prepare(torch.zeros(1, 2, 2, dtype=torch.uint8), floats)


def test_an_input_is_read_by_name_as_the_data_set_reads_it(sounds):
    data = load_data(sounds)
    how = measure_preprocessing(data, (0, 1), (1, 2000))

    from_file, from_data = read_input(str(sounds / "high/1.wav"), how), read_input(f"{sounds}:1", how)

    assert torch.equal(from_file, from_data)
    assert torch.equal(from_file, prepare(data.read(1), how, sample_rate_hz=16000))
    with pytest.raises(DataError, match="a sound must be readable as a whole; got the file does not exist"):
        read_input(str(sounds / "high/none.wav"), how)


def test_louder_sounds_and_noisier_volumes_are_alike_and_others_are_not(tone, tmp_path):
    times = np.arange(8000) / 8000
    chirp = 0.3 * np.sin(2 * np.pi * (300 * times + 1000 * times**2))
    for name, samples in (("a", chirp), ("b", 2 * chirp), ("c", chirp[::-1])):
        tone(f"heard/{name}/x.wav", samples=samples)
    volumes = RNG.normal(size=(3, 1, 12, 12, 12))
    volumes[1] = 3 * volumes[0] + 7

    rows = grey_rows(load_data(tmp_path / "heard"), (0, 1, 2))
    voxels = grey_rows(load_data((volumes, ["a", "b", "a"])), (0, 1, 2))

    assert voxels.shape == (3, 1000)
    for found in (rows, voxels):
        assert found[0] @ found[1] > 0.999
        assert found[0] @ found[2] < 0.9


def test_a_missing_package_says_how_to_get_it(sounds, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "soundfile", None)
    monkeypatch.setitem(__import__("sys").modules, "nibabel", None)

    with pytest.raises(MissingExtraError, match=r"pip install 'striate\[audio\]'"):
        load_data(sounds)
    with pytest.raises(MissingExtraError, match=r"pip install 'striate\[volumes\]'"):
        decode_file("a.nii.gz", b"")


def test_names_do_not_decide_what_a_sound_is(sounds):
    shutil.move(sounds / "low/0.wav", sounds / "low/0.FLAC")

    assert load_data(sounds).samples[3].sample_rate_hz == 8000


def test_axes_that_files_know_themselves_are_no_part_of_what_was_said(sounds, pets, tmp_path):
    folder = scans(tmp_path / "scans")

    for reference in (sounds, pets, "digits"):
        assert load_data(reference, read_as=ReadAs(axes=2)).read_as == ReadAs()
    assert load_data(folder, read_as=ReadAs(axes=2)).read_as == ReadAs(axes=2)
    with pytest.raises(DataError, match="bytes must have the scale"):
        measure_preprocessing(load_data(pets, read_as=ReadAs(scale=(0.0, 1.0))), (0,))
