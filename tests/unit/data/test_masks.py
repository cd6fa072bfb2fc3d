"""Objects that were given: mask images, boxes, and what is refused by name."""

import numpy as np
import pyarrow as pa  # noqa: TID253 - tests write real files
import pytest
from PIL import Image  # noqa: TID253 - tests write real files
from pyarrow import parquet  # noqa: TID253 - tests write real files

from striate.data import box_mask, load_data, read_mask, read_masks
from striate.errors import DataError, InputError


def mask_file(path, box, size=(6, 8)):
    pixels = np.zeros(size, np.uint8)
    top, left, bottom, right = box
    pixels[top:bottom, left:right] = 255
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    return path


@pytest.fixture
def folder(tmp_path):
    """Two classes of two images, 6 high and 8 wide."""
    rng = np.random.default_rng(0)
    for name in ("cat/a", "cat/b", "dog/a", "dog/b"):
        path = tmp_path / "data" / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (6, 8, 3), np.uint8)).save(path)
    return tmp_path


def test_what_is_brighter_than_half_is_the_object(tmp_path):
    Image.fromarray(np.array([[0, 127, 128, 255]], np.uint8)).save(tmp_path / "m.png")
    Image.fromarray(np.array([[[0, 0, 0], [0, 200, 0]]], np.uint8)).save(tmp_path / "c.png")

    assert read_mask(tmp_path / "m.png").tolist() == [[False, False, True, True]]
    assert read_mask(tmp_path / "c.png", (1, 2)).tolist() == [[False, True]]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("1,2,3", "x0,y0,x1,y1"),
        ("a,b,c,d", "x0,y0,x1,y1"),
        ("-1,0,2,2", "x0,y0,x1,y1"),
        ("2,0,2,2", "cover something"),
        ("0,0,9,2", "8 wide and 6 high"),
    ],
)
def test_a_box_that_is_none_or_leaves_its_image_is_refused(text, told):
    with pytest.raises(InputError, match=told):
        box_mask(text, (6, 8))


def test_a_folder_holds_masks_at_the_samples_own_paths(folder):
    mask_file(folder / "masks" / "cat" / "b.png", (1, 2, 3, 5))
    mask_file(folder / "masks" / "dog" / "a.bmp", (0, 0, 1, 1))
    data = load_data(folder / "data")
    found = read_masks(data, folder / "masks", range(4))

    assert {data.samples[index].place for index in found} == {"cat/b.png", "dog/a.png"}
    assert found[1].sum() == 6
    assert found[1][1:3, 2:5].all()


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_manifest_gives_boxes_and_mask_images_of_its_rows(folder, kind):
    mask_file(folder / "data" / "m.png", (0, 0, 2, 2))
    paths, labels = ["cat/a.png", "cat/b.png", "dog/a.png"], ["cat", "cat", "dog"]
    boxes, masks = ["1,1,3,4", "", ""], ["", "m.png", ""]
    path = folder / "data" / f"m.{kind}"
    if kind == "csv":
        rows = [f'{a},{b},"{c}",{d}' for a, b, c, d in zip(paths, labels, boxes, masks, strict=True)]
        path.write_text("\n".join(["path,label,box,mask", *rows]))
    else:
        parquet.write_table(pa.table({"path": paths, "label": labels, "box": boxes, "mask": masks}), path)
    found = read_masks(load_data(path), path, range(3))

    assert sorted(found) == [0, 1]
    assert np.argwhere(found[0]).tolist() == [[y, x] for y in (1, 2, 3) for x in (1, 2)]
    assert found[1].sum() == 4


def test_several_rows_of_one_image_are_several_objects(folder):
    table = folder / "t.csv"
    table.write_text('path,box\ncat/a.png,"0,0,2,2"\ncat/b.png,"0,0,1,1"\ncat/a.png,"5,3,7,6"\n')
    found = read_masks(load_data(folder / "data"), table, range(4))
    expected = np.zeros((6, 8), bool)
    expected[:2, :2] = expected[3:6, 5:7] = True

    assert sorted(found) == [0, 1]
    assert (found[0] == expected).all()


@pytest.mark.parametrize("colour", [0, 255])
def test_what_is_transparent_is_not_the_object(tmp_path, colour):
    pixels = np.zeros((6, 8, 4), np.uint8)
    pixels[1:3, 2:5] = (colour, colour, colour, 255)
    Image.fromarray(pixels).save(tmp_path / "m.png")
    expected = np.zeros((6, 8), bool)
    expected[1:3, 2:5] = True

    assert (read_mask(tmp_path / "m.png") == expected).all()


def test_an_alpha_channel_that_hides_nothing_leaves_brightness_to_decide(tmp_path):
    pixels = np.full((1, 3, 4), 255, np.uint8)
    pixels[0, 0, :3] = 0
    Image.fromarray(pixels).save(tmp_path / "m.png")

    assert read_mask(tmp_path / "m.png").tolist() == [[False, True, True]]


def test_the_ending_of_a_mask_may_be_in_capitals(folder):
    mask_file(folder / "masks" / "cat" / "a.PNG", (1, 2, 3, 5))

    assert read_masks(load_data(folder / "data"), folder / "masks", range(4))[0].sum() == 6


def test_a_mask_of_another_size_an_empty_one_and_a_broken_one_are_refused_by_name(folder):
    data = load_data(folder / "data")
    path = mask_file(folder / "masks" / "cat" / "a.png", (0, 0, 2, 2), size=(8, 6))
    with pytest.raises(DataError, match=r"6×8; got 8×6.*cat/a.png"):
        read_masks(data, folder / "masks", [0])
    mask_file(path, (0, 0, 0, 0))
    with pytest.raises(DataError, match=r"cover something.*cat/a.png"):
        read_masks(data, folder / "masks", [0])
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(DataError, match=r"cat/a.png"):
        read_masks(data, folder / "masks", [0])


def test_masks_of_nobody_no_table_and_paths_that_lead_out_are_refused(folder):
    data = load_data(folder / "data")
    (folder / "masks").mkdir()
    with pytest.raises(DataError, match="some of the samples"):
        read_masks(data, folder / "masks", range(4))
    with pytest.raises(InputError, match="a folder of images or a CSV"):
        read_masks(data, folder / "nothing", range(4))
    table = folder / "masks" / "t.csv"
    table.write_text("path,box2\ncat/a.png,1\n")
    with pytest.raises(DataError, match="'mask' or 'box'"):
        read_masks(data, table, range(4))
    mask_file(folder / "secret.png", (0, 0, 1, 1))
    table.write_text("path,mask\ncat/a.png,../secret.png\n")
    with pytest.raises(DataError, match="in the folder of its table"):
        read_masks(data, table, range(4))
