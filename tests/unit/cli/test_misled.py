"""A mistake is called what it is: neither another mistake, nor ours, nor somebody else's."""

import pytest

from striate.cli.app import run

EXPLAIN = ["explain", "gradient", "net.yaml"]
NO_FILE = "an image must be readable as a whole; got the file does not exist (at photo.png)"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("misled")
    run(["new", str(folder / "net.yaml"), "--text", "input 1x28x28; conv 3x3 4, relu; globalavgpool; classes 10"])
    return folder


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["check", ""], "a network must be named; got ''"),
        ([*EXPLAIN, "digits:-1"], "a sample's index must be 0 or more; got '-1' (at digits)"),
        ([*EXPLAIN, "digits:3", "--class", "10"], "a class's number must be 0 … 9; got 10 (at --class)"),
        ([*EXPLAIN, "photo.png"], NO_FILE),
        (["dense", "net.yaml", "photo.png"], NO_FILE),
        (["explain", "shortcuts", "net.yaml"], "shortcuts must be sought in one data set; got none"),
        (
            ["check", "net.yaml", "--page", "net.yaml/x.html"],
            "the disk must take what is written; got 'File exists'",
        ),
    ],
)
def test_what_was_given_is_blamed(words, said, folder, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    capsys.readouterr()

    assert run(words) == 2
    assert said in capsys.readouterr().err
