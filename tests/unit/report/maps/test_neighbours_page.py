"""The page of a search says what the search found, and shows the pictures it was given."""

from dataclasses import replace

import numpy as np
import pytest

from searches import index_of, parts_of, search_of
from striate.errors import InputError
from striate.report.arrays import ArrayStore
from striate.report.maps.neighbours_page import neighbours_page, write_neighbours_page


@pytest.fixture(scope="module")
def found(digits):
    return search_of(digits)


def composed(found, parts=None):
    arrays = ArrayStore()
    page = neighbours_page(found, arrays, parts=parts)
    return page, arrays, {section.id: section for section in page.sections}


def test_neighbours_stand_with_label_and_distance_in_their_order(found, digits):
    page, arrays, sections = composed(found)
    query, near = sections["neighbours"].figures

    assert page.verdict == "5 of the 6 nearest neighbours of digits/0 (labelled 0) are 0; others: 1 (1)."
    assert [(tile.label, tile.value) for tile in near.tiles] == [
        ("0", "0.010"),
        ("0", "0.020"),
        ("1", "0.030"),
        ("0", "0.040"),
        ("0", "0.050"),
        ("0", "0.060"),
    ]
    np.testing.assert_array_equal(arrays.arrays[query.array][0], digits.read(0)[0].numpy())
    np.testing.assert_array_equal(arrays.arrays[near.array][2], digits.read(500)[0].numpy())


def test_the_table_has_the_same_pictures_first_and_marks_them(found):
    _, _, sections = composed(found)
    rows = sections["neighbours"].figures[1].table.rows

    assert [row[0] for row in rows] == ["q.2", "n1", "n2", "n3", "n4", "n5", "n6"]
    assert [row[6] for row in rows] == ["the same picture", *[""] * 6]
    assert rows[3][2:] == ["1", "1", "train", 0.03, ""]


def test_without_pictures_the_table_stands_alone(found):
    bare = replace(
        found,
        query=replace(found.query, thumbnail=None),
        neighbours=tuple(replace(one, image=replace(one.image, thumbnail=None)) for one in found.neighbours),
    )

    _, _, sections = composed(bare)

    assert [figure.kind for figure in sections["neighbours"].figures] == ["table"]


def test_a_picture_that_cannot_be_read_leaves_the_others_with_their_words(found):
    first, *others = found.neighbours
    broken = replace(found, neighbours=(replace(first, image=replace(first.image, thumbnail=b"no picture")), *others))

    _, _, sections = composed(broken)

    assert [tile.value for tile in sections["neighbours"].figures[1].tiles][:2] == ["0.020", "0.030"]


def test_nothing_found_is_said(found):
    page, _, _ = composed(replace(found, neighbours=(), copies=(), searched=0))

    assert page.verdict.startswith("Nothing alike")


def test_parts_are_drawn_on_one_scale_beside_their_pictures(found, digits):
    parts = parts_of(found, digits)
    _, arrays, sections = composed(found, parts)
    figure = sections["parts"].figures[0]
    drawn = arrays.arrays[figure.maps] * arrays.scales[figure.maps]

    np.testing.assert_allclose(drawn, [parts.on_query.drop, parts.on_neighbour.drop], atol=figure.map_scale.high / 254)
    assert figure.map_scale.high == pytest.approx(0.4)
    assert sections["parts"].sentence.startswith("62")
    assert "other pictures take 20" in sections["parts"].sentence


def test_a_page_is_a_file(found, tmp_path):
    (tmp_path / "similar.html").mkdir()

    with pytest.raises(InputError, match="a page must be written to a file"):
        write_neighbours_page(found, tmp_path)


def test_an_index_is_told_with_its_recall_and_how_many_rows_there_were(found):
    page, _, _ = composed(replace(found, index=index_of(found)))

    assert "finds 99.3\u202f% (99.0\u202f% to 99.6\u202f%) of the true nearest 10" in page.prose
    assert "measured on 100 rows while the store had 4000." in page.prose


def test_all_rows_of_the_same_bytes_are_counted(found):
    page, _, _ = composed(replace(found, copy_count=3000))

    assert {fact.label: fact.value for fact in page.facts}["Same picture"] == "3000"
