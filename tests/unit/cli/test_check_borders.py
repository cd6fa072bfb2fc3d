"""What `striate check` tells of borders and of input sizes."""

import json

import pytest

from striate.cli.app import run


@pytest.fixture
def checked(tmp_path, monkeypatch, capsys):
    def check(text, *options):
        monkeypatch.chdir(tmp_path)
        assert run(["new", "net.yaml", "--text", text]) == 0
        capsys.readouterr()
        run(["check", "net.yaml", *options])
        return capsys.readouterr().out

    return check


TEXT = "input 1x9x10; conv 3x3 4; conv 3x3 4 stride 2; maxpool 2; globalavgpool; classes 2"


def test_json_tells_borders_and_lossless_sizes(checked):
    document = json.loads(checked(TEXT, "--json"))

    ops = {row["name"]: row for row in document["ops"]}
    rows, columns = document["input_sizes"]
    assert document["borders"] == {"sees_all": None, "first_global": "globalavgpool1", "gains_nothing": []}
    # conv2 reads 5×5 px around 0, 2, 4, 6 and 8: outside are 2 + 2 of 25 rows of 9, and 2 + 1 of 25 columns of 10.
    assert ops["conv2"]["padding_share"] == pytest.approx(1 - 21 / 25 * 22 / 25)
    assert ops["classes"]["padding_share"] is None
    # 9 and 10 become 5, of which the pooling leaves one; 7, 8, 11 and 12 become 4 and 6.
    assert (rows["period_px"], rows["remainders_px"], rows["lost_px"], rows["losing"]) == (4, [0, 3], 1, ["conv2"])
    assert (rows["nearest_px"], columns["nearest_px"], rows["unknown_at"]) == ([8, 11], [8, 11], None)


def test_text_tells_them_too(checked):
    out = checked(TEXT)

    # maxpool1 reads 7 px from −2 and from 2 on along both axes, 2 of 14 outside: 1 − (12/14)², a bit more than conv2.
    assert "Most padding     27 % of what maxpool1 reads lies beyond the image" in out
    assert "rows: multiples of 4 px, or such plus 3; at 9 px 1 px is lost, after conv2" in out
    assert "columns: multiples of 4 px, or such plus 3; at 10 px 1 px is lost, after conv2" in out


def test_axes_alike_are_told_once(checked):
    assert "Lossless sizes   all from 4 px on" in checked("input 1x8x8; conv 3x3 4; globalavgpool; classes 2")
