from __future__ import annotations

import json

import numpy as np
import pytest

from striate.cli.app import run
from striate.errors import InputError, UnknownNameError
from striate.report.units.inspection import inspect_units

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def found(small_run, digits, tmp_path_factory):
    return inspect_units(small_run, digits, "conv2", out=tmp_path_factory.mktemp("units"))


def test_a_layer_is_judged_on_what_the_network_has_not_seen(found, small_run, digits):
    from striate.runs import Run
    from striate.train import read_split

    assert found.survey.samples.tolist() == list(read_split(Run.read(small_run), digits)[1].test)
    assert [one.unit for one in found.judged] == list(range(16))
    # A trained layer picks digits; the same judgement of an untrained one is another test's.
    assert (
        sum(one.entropy_bits < one.chance_entropy_bits[0] for one in found.judged if one.entropy_bits is not None) >= 4
    )


def test_the_numbers_are_those_judged(found):
    with np.load(found.written[0], allow_pickle=False) as arrays:
        assert arrays["units"].tolist() == list(range(16))
        np.testing.assert_array_equal(arrays["boxes"], found.layer.boxes)
        np.testing.assert_allclose(
            arrays["coherence"][:, 0], [one.coherence or np.nan for one in found.judged], rtol=1e-6
        )
        assert arrays["class_means"].shape == (16, 10)


def test_the_sheet_shows_the_very_pixels(found, digits):
    from PIL import Image

    sheet = np.asarray(Image.open(found.written[1]).convert("L"))
    compared = 0
    for one in found.judged[:3]:
        for rank in (0, 4):
            (top, bottom), (left, right) = found.layer.boxes[one.unit, rank].tolist()
            patch = digits.read(int(found.layer.samples[one.unit, rank]))[0, top:bottom, left:right].numpy()
            if patch.shape != (8, 8):
                continue
            # Eight pixels enlarged twelve times, in the column of its rank.
            found_at = [
                np.abs(sheet[y + 6 : y + 96 : 12, 30 + 102 * rank :][:, :96:12].astype(int) - patch).max() <= 1
                for y in range(len(sheet) - 96)
            ]
            assert any(found_at), (one.unit, rank)
            compared += 1
    assert compared > 2


def test_one_unit_has_its_patches_and_whole_images_on_a_sheet(small_run, digits, tmp_path):
    from PIL import Image

    found = inspect_units(small_run, digits, "conv2", unit=3, out=tmp_path)
    assert [one.unit for one in found.judged] == [3]
    assert [path.name for path in found.written] == ["conv2-3.npz", "conv2-3.png"]
    sheet = np.asarray(Image.open(found.written[1]).convert("RGB"))
    # The box of what was read is drawn in the whole images.
    assert (sheet == (0xE8, 0x78, 0x1E)).all(2).sum() > 200


def test_the_command_prints_and_writes(small_run, tmp_path, capsys):
    assert run(["inspect", str(small_run), "digits", "--layer", "conv2", "--unit", "3", "--out", str(tmp_path)]) == 0
    told = capsys.readouterr().out
    assert told.startswith("conv2: 16 units, field 8×8 px, 1000 images seen.")
    assert "Unit 3: above zero at" in told
    assert (tmp_path / "conv2-3.png").is_file()
    assert run(["inspect", str(small_run), "digits", "--layer", "conv2", "--out", str(tmp_path), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == "striate/units/1"
    assert len(document["units"]) == 16


def test_a_unit_without_its_layer_is_refused(small_run, capsys):
    assert run(["inspect", str(small_run), "digits", "--unit", "3"]) == 2
    assert "--unit must come with --layer" in capsys.readouterr().err


def test_what_is_not_there_is_refused(small_run, digits, tmp_path):
    with pytest.raises(UnknownNameError, match="conv9"):
        inspect_units(small_run, digits, "conv9", out=tmp_path)
    with pytest.raises(InputError, match="0 … 15"):
        inspect_units(small_run, digits, "conv2", unit=16, out=tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="must be a folder"):
        inspect_units(small_run, digits, "conv2", out=tmp_path / "file")
