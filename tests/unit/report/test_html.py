"""A report holds its data in a form that no name can break out of."""

import base64
import json
import re

import numpy as np
import pytest

from striate.errors import InputError, RunError, StorageError
from striate.page.wire import Caption, Page, Section
from striate.report import html
from striate.report.arrays import ArrayStore

NASTY = "</script><script>alert('cat \"dog\"')</script><!-- кот 猫"


def _page(text):
    caption = Caption(shown=text, should_see="a", wrong_if="b", source="c")
    section = Section(id="x", term=text, judgement=None, sentence=text, figures=[], caption=caption)
    return Page.model_validate(
        {
            "schema": "striate/page/1",
            "title": text,
            "run_line": text,
            "verdict": text,
            "prose": text,
            "facts": [],
            "findings": [],
            "findings_sentence": text,
            "found_nothing": [],
            "could_not_look": [],
            "sections": [section],
        }
    )


@pytest.fixture
def shell(tmp_path, monkeypatch):
    path = tmp_path / "shell.html"
    path.write_text(f"<html><body>{html.MARKER}<script>1</script></body></html>")
    monkeypatch.setattr(html, "static_page", lambda: path)
    return path


def test_names_with_quotes_tags_and_other_letters_stay_text(shell):
    made = html.report_html(_page(NASTY), ArrayStore())

    assert made.count("<script") == 3
    assert made.count("</script>") == 3
    document = json.loads(re.search(r'id="striate-page">(.*?)</script>', made).group(1))
    assert document["verdict"] == NASTY
    assert document["schema"] == "striate/page/1"


def test_arrays_come_back_whole_with_their_scales(shell):
    from safetensors.numpy import load

    store = ArrayStore()
    values = np.linspace(-3, 5, 24, dtype=np.float32).reshape(2, 3, 4)
    store.maps("maps", values)
    store.images("images", np.arange(12, dtype=np.uint8).reshape(1, 3, 4))
    store.numbers("points", np.array([[0.25, -1.0]]))
    made = html.report_html(_page("a"), store)

    raw = base64.b64decode(re.search(r'id="striate-arrays">(.*?)</script>', made).group(1))
    arrays = load(raw)
    scale = float(json.loads(raw[8 : 8 + int.from_bytes(raw[:8], "little")])["__metadata__"]["scale.maps"])

    assert np.abs(arrays["maps"] * scale - values).max() <= 5 / 254 + 1e-6
    assert arrays["images"].tolist() == np.arange(12).reshape(1, 3, 4).tolist()
    assert arrays["points"].dtype == np.float32


def test_a_map_that_is_not_finite_is_refused():
    with pytest.raises(InputError, match="must be finite"):
        ArrayStore().maps("maps", np.array([[[np.nan]]]))


def test_places_are_kept_to_a_hundredth_of_a_pixel_and_no_place_is_told():
    store = ArrayStore()
    wished = np.array([[0.123456, -1.0], [np.nan, np.nan], [1.0, 0.0]])

    store.places("map", wished)
    kept = store.arrays["map"]

    assert kept.dtype == np.int16
    np.testing.assert_allclose(kept[[0, 2]] * store.scales["map"], wished[[0, 2]], atol=0.5 / 32767)
    assert kept[1].tolist() == [-32768, -32768]


def test_places_lie_on_the_plane():
    with pytest.raises(InputError, match="within −1 … 1"):
        ArrayStore().places("map", np.array([[0.0, 1.2]]))


@pytest.mark.parametrize(("largest", "kind"), [(127, np.int8), (128, np.int16), (40_000, np.int32)])
def test_codes_take_the_narrowest_numbers_that_hold_them(largest, kind):
    store = ArrayStore()
    store.codes("labels", np.array([-1, 0, largest]))

    assert store.arrays["labels"].dtype == kind
    assert store.arrays["labels"].tolist() == [-1, 0, largest]


def test_a_name_is_given_once():
    store = ArrayStore()
    store.numbers("a", np.zeros(1))

    with pytest.raises(InputError, match="given once"):
        store.numbers("a", np.zeros(1))


def test_a_page_without_its_marker_is_our_fault_and_says_so(shell):
    shell.write_text("<html></html>")

    with pytest.raises(RunError, match="Run make page"):
        html.report_html(_page("a"), ArrayStore())


def test_a_full_disk_leaves_the_old_report(shell, tmp_path, monkeypatch):
    path = tmp_path / "report.html"
    path.write_text("old")

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(StorageError, match="No space left"):
        html.write_report(path, _page("a"), ArrayStore())

    assert path.read_text() == "old"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["report.html", "shell.html"]
