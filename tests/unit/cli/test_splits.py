"""`striate splits`: what it prints, writes and refuses."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image  # noqa: TID253 - tests write real files

from striate.cli.app import run
from striate.data import load_data


@pytest.fixture
def pages(tmp_path, digits):
    """Three classes of 24 digits from six writers, and of six digits a darker copy."""
    for target in range(3):
        for number in range(24):
            image = Image.fromarray(digits.read(500 * target + number)[0].numpy())
            folder = tmp_path / f"pages/{target}/writer{number % 6}"
            folder.mkdir(parents=True, exist_ok=True)
            image.save(folder / f"{number}.png")
            if number % 12 == 0:
                image.point(lambda value: value * 0.9).save(folder / f"{number}-dark.png")
    return tmp_path / "pages"


def asked(capsys, *words):
    code = run(["splits", *map(str, words)])
    return code, capsys.readouterr()


def test_leaks_are_shown_and_end_with_1(pages, capsys):
    code, said = asked(capsys, pages)

    assert code == 1
    assert "12 samples (15.4" in said.out
    assert "in 6 groups (32×32 grey pixels, cosine of at least 0.9" in said.out
    assert "Every class has 26 samples." in said.out
    assert "With these groups: 0 of" in said.out
    assert "have a near-duplicate among those seen in training" in said.out
    assert "-dark.png" in said.out


def test_the_document_holds_split_duplicates_leaks_and_folds(pages, capsys):
    code, said = asked(capsys, pages, "--groups", "folder", "--folds", "3", "--json")
    found = json.loads(said.out)
    data = load_data(pages)
    place = {one.id: one.place for one in data.samples}
    fold_of = {place[name]: number for number, part in enumerate(found["folds"]["parts"]) for name in part}
    part_of = {place[name]: part for part, names in found["split"].items() for name in names}

    assert code == 1
    assert found["near_duplicates"]["pairs"] == 6
    assert len(fold_of) == len(part_of) == 78
    for of in (fold_of, part_of):
        folders = {}
        for name, number in of.items():
            folders.setdefault(str(Path(name).parent), set()).add(number)
        assert all(len(numbers) == 1 for numbers in folders.values())
    assert found["leaks"]["pairs"]
    assert found["leaks_grouped"]["pairs"] == []
    assert found["leaks_grouped"]["sources"] is None
    assert {finding["name"] for finding in found["findings"]} == {"leak-between-splits"}


def test_a_written_manifest_keeps_the_groups_and_leaks_no_more(pages, tmp_path, capsys):
    asked(capsys, pages, "--groups", "folder", "--out", tmp_path / "groups.csv")
    code, _ = asked(capsys, tmp_path / "groups.csv")
    data = load_data(tmp_path / "groups.csv")

    assert code == 0
    assert [one.id for one in data.samples] == [one.id for one in load_data(pages).samples]
    assert {one.group for one in data.samples} == {f"folder {t}/writer{w}" for t in range(3) for w in range(6)}


def test_labels_and_values_are_written_as_they_were(pages, tmp_path, capsys):
    for header, cell in (("labels", "x;y"), ("value:size,value:age", "1.5,2")):
        lines = [
            f"path,{header}",
            *(
                f"0/writer{n % 6}/{n}.png,{cell if n % 2 else cell.replace(';y', '').replace('2', '3')}"
                for n in range(24)
            ),
        ]
        (pages / "all.csv").write_text("\n".join(lines))
        asked(capsys, pages / "all.csv", "--out", tmp_path / "groups.csv")
        before, after = load_data(pages / "all.csv"), load_data(tmp_path / "groups.csv")

        assert [one.target for one in after.samples] == [one.target for one in before.samples]
        assert after.output == before.output


def test_what_a_network_sees_is_compared(pages, tmp_path, capsys):
    plan = tmp_path / "net.yaml"
    run(["new", str(plan), "--text", "input 1x28x28; conv 3x3 4, relu; globalavgpool; classes 3"])
    capsys.readouterr()
    _, said = asked(capsys, pages, "--network", plan, "--layer", "conv1", "--json")

    assert json.loads(said.out)["limit"]["features"] == "pooled features of conv1"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--groups", "column"], "--groups must be folder"),
        (["--near", "2"], "a limit must be a cosine"),
        (["--layer", "conv1"], "a layer must come with a network"),
        (["--folds", "1"], "folds must be at least 2"),
    ],
)
def test_what_cannot_be_asked_is_refused(pages, capsys, words, told):
    code, said = asked(capsys, pages, *words)

    assert code == 2
    assert told in said.err


def test_two_images_of_a_class_or_groups_that_are_whole_classes_are_refused_by_name(tmp_path, capsys):
    draw = np.random.default_rng(0)
    for name, count in (("many", 12), ("two", 2)):
        (tmp_path / "few" / name / "one").mkdir(parents=True)
        for number in range(count):
            Image.fromarray(draw.integers(0, 256, (9, 9), dtype=np.uint8)).save(
                tmp_path / f"few/{name}/one/{number}.png"
            )
    code, said = asked(capsys, tmp_path / "few")

    assert code == 2
    assert "a class must have at least 3 samples that may be divided" in said.err
    assert "class 'two'" in said.err


def test_one_class_and_equal_images_are_refused(tmp_path, capsys):
    for name in ("a", "b"):
        (tmp_path / "same" / name).mkdir(parents=True)
        for number in range(4):
            Image.new("L", (9, 9), 70).save(tmp_path / f"same/{name}/{number}.png")
    (tmp_path / "one" / "a").mkdir(parents=True)
    Image.new("L", (9, 9)).save(tmp_path / "one/a/1.png")

    assert asked(capsys, tmp_path / "one")[0] == 2
    code, said = asked(capsys, tmp_path / "same")
    assert code == 2
    assert "samples that may be divided" in said.err


def test_groups_of_data_without_files_are_not_written(tmp_path, capsys):
    code, said = asked(capsys, "digits", "--out", tmp_path / "groups.csv")

    assert code == 2
    assert "for data that lie in files" in said.err
