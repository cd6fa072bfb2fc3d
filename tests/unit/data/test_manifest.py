"""CSV and Parquet manifests: the columns, the rows set aside, the files refused."""

import pyarrow as pa  # noqa: TID253 - tests write real files
import pytest
from pyarrow import parquet  # noqa: TID253 - tests write real files

from striate.data import load_data
from striate.errors import DataError


@pytest.fixture
def images(write, tmp_path):
    for seed, name in enumerate("abcd"):
        write(f"m/{name}.png", seed=seed)
    return tmp_path / "m"


def csv(folder, text, encoding="utf-8"):
    path = folder / "table.csv"
    path.write_bytes(text.encode(encoding))
    return path


def table(folder, **columns):
    path = folder / "table.parquet"
    parquet.write_table(pa.table(columns), path)
    return path


def targets(data):
    return {sample.place: sample.target for sample in data.samples}


def aside(data):
    return {row.place: row.reason for row in data.set_aside}


def test_label_makes_classes(images):
    data = load_data(csv(images, "path,label\nb.png,dog\na.png,cat\nc.png, dog \n"))
    assert targets(data) == {"b.png": 1, "a.png": 0, "c.png": 1}
    assert data.output.names == ("cat", "dog")
    assert [sample.place for sample in data.samples] == ["b.png", "a.png", "c.png"]
    assert data.name == "table"


def test_labels_may_be_several_or_none(images):
    data = load_data(csv(images, "path,labels\na.png,red;round\nb.png,round|big\nc.png,\nd.png, red ; red\n"))
    assert data.output.kind == "labels"
    assert data.output.names == ("big", "red", "round")
    assert targets(data) == {
        "a.png": (0, 1, 1),
        "b.png": (1, 0, 1),
        "c.png": (0, 0, 0),
        "d.png": (0, 1, 0),
    }


def test_value_makes_one_number(images):
    data = load_data(csv(images, "path,value\na.png,1.5\nb.png,-2e3\n"))
    assert data.output.kind == "values"
    assert data.output.names == ("value",)
    assert targets(data) == {"a.png": (1.5,), "b.png": (-2000.0,)}


def test_named_values_make_several_numbers_in_the_order_of_the_columns(images):
    data = load_data(csv(images, "value:width,path,value:age\n1,a.png,2\n3,b.png,4\n"))
    assert data.output.names == ("width", "age")
    assert targets(data) == {"a.png": (1.0, 2.0), "b.png": (3.0, 4.0)}


def test_group_is_kept_and_may_be_empty(images):
    data = load_data(csv(images, "path,label,group\na.png,x,patient 1\nb.png,y,\n"))
    assert [sample.group for sample in data.samples] == ["patient 1", None]


def test_split_and_other_columns_are_not_used_and_said_so(images, memory):
    watcher = memory()
    load_data(csv(images, "path,label,split,camera\na.png,x,train,k\nb.png,y,test,k\n"), events=watcher)
    assert watcher.lines == ["columns not used: split, camera; Striate makes the parts itself"]


def test_parquet_says_the_same_as_csv(images):
    from_csv = load_data(csv(images, "path,label,group\na.png,1,g\nb.png,2,\nc.png,10,g\n"))
    from_parquet = load_data(table(images, path=["a.png", "b.png", "c.png"], label=[1, 2, 10], group=["g", None, "g"]))
    assert from_parquet.samples == from_csv.samples
    assert from_parquet.output == from_csv.output
    assert from_csv.output.names == ("1", "2", "10")
    assert from_parquet.fingerprint == from_csv.fingerprint


def test_parquet_labels_may_be_lists(images):
    data = load_data(table(images, path=["a.png", "b.png", "c.png"], labels=[["x", "y"], [], None]))
    assert targets(data) == {"a.png": (1, 1), "b.png": (0, 0)}
    assert aside(data) == {"row 3: c.png": "no labels"}


def test_whole_numbers_that_became_floats_beside_a_gap_are_still_their_names(images):
    data = load_data(table(images, path=["a.png", "b.png", "c.png"], label=[3.0, None, 4.0]))
    assert data.output.names == ("3", "4")
    assert aside(data) == {"row 2: b.png": "no label"}


def test_rows_that_cannot_be_used_are_set_aside_with_line_and_reason(images):
    (images / "broken.png").write_text("x")
    data = load_data(
        csv(
            images,
            "path,value,group\na.png,1,\n\nb.png,nan,\nc.png,wide,\n,5,\nmissing.png,5,\nbroken.png,5,\n"
            "d.png,1e39,\nd.png,1\n../m/d.png,7,\n",
        )
    )
    assert targets(data) == {"a.png": (1.0,)}
    assert aside(data) == {
        "line 4: b.png": "value must be a finite number; got 'nan'",
        "line 5: c.png": "value must be a finite number; got 'wide'",
        "line 6": "no path",
        "line 9: d.png": "value must be a finite number; got '1e39'",
        "line 10: d.png": "2 fields where the header has 3",
        "line 11: ../m/d.png": "leads out of the manifest's folder; write an absolute path",
        "missing.png": "the file does not exist",
        "broken.png": "not an image of a known kind (JPEG, PNG, BMP, GIF, TIFF, WEBP, PPM)",
    }


def test_nan_in_parquet_is_set_aside(images):
    data = load_data(table(images, path=["a.png", "b.png"], value=[1.0, float("nan")]))
    assert aside(data) == {"row 2: b.png": "value must be a finite number; got nan"}


def test_an_absolute_path_may_lead_elsewhere(images, write):
    far = write("elsewhere/z.png", seed=50)
    data = load_data(csv(images, f"path,label\na.png,x\n{far},y\nsub/../b.png,y\n"))
    assert [sample.place for sample in data.samples] == ["a.png", str(far), "sub/../b.png"]


def test_cells_may_hold_commas_newlines_and_any_letters(images, write):
    write("m/two\nlines, 猫.png", seed=9)
    data = load_data(csv(images, 'path,label\n"two\nlines, 猫.png","a ""b"""\nb.png,ж\nmissing.png,ж\n'))
    assert data.output.names == ('a "b"', "ж")
    assert data.samples[0].place == "two\nlines, 猫.png"


def test_a_byte_order_mark_is_no_part_of_the_first_name(images):
    assert len(load_data(csv(images, "path,label\na.png,x\nb.png,y\n", "utf-8-sig"))) == 2


@pytest.mark.parametrize(
    ("text", "encoding", "message"),
    [
        ("path,label\na.png,caf\xe9\n", "latin-1", "a CSV manifest must be UTF-8; got byte 0xe9 in line 2"),
        ("path,label\na.png,x\n", "utf-16", "a CSV manifest must be UTF-8; got byte 0xff in line 1"),
        ("", "utf-8", "a manifest must have a column 'path'; got no columns"),
        ("a.png,x\n", "utf-8", "a manifest must have a column 'path'; got 'a.png', 'x'"),
        ("path;label\na.png;x\n", "utf-8", "a manifest must have a column 'path'; got 'path;label'"),
        ("path\na.png\n", "utf-8", "exactly one of 'label', 'labels', 'value' and 'value:<name>' …; got 'path'"),
        ("path,label,value\na.png,x,1\n", "utf-8", "exactly one of .* got 'path', 'label', 'value'"),
        ("path,value,value:x\na.png,1,1\n", "utf-8", "exactly one of"),
        ("path,label,label\na.png,x,y\n", "utf-8", "a manifest must name each column once; got 'label'"),
        ("path,label\n", "utf-8", "must hold at least one readable sample; got none"),
        ("path,label\nno.png,x\n", "utf-8", "got none; 1 set aside, the first: no.png: the file does not exist"),
        ("path,label\na.png,x\nb.png,x\n", "utf-8", "must have at least two classes; got 'x'"),
        ("path,label\na.png,x\nno.png,y\n", "utf-8", "every class must have at least one readable sample; got none .at class 'y'"),
        ('path,label\na.png,"x\n', "utf-8", "a manifest must be well-formed CSV"),
        ("path,labels\na.png,\n", "utf-8", "at least one label"),
    ],
)  # fmt: skip
def test_a_manifest_that_cannot_be_used_is_refused_in_one_line(images, text, encoding, message):
    with pytest.raises(DataError, match=message) as caught:
        load_data(csv(images, text, encoding))
    assert "\n" not in str(caught.value)


def test_a_parquet_file_that_is_none_is_refused(images):
    (images / "x.parquet").write_text("no parquet")
    with pytest.raises(DataError, match=r"a .parquet manifest must be a Parquet file"):
        load_data(images / "x.parquet")


def test_a_cut_parquet_file_is_refused(images):
    path = table(images, path=["a.png"], label=["x"])
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(DataError, match=r"a .parquet manifest must be a Parquet file"):
        load_data(path)
