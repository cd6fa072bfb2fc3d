"""A blueprint file that does not read says why, and where."""

import pytest

from striate.blueprint import Blueprint, read_blueprint
from striate.errors import InputError

HEAD = "schema: striate/blueprint/2\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("input: 1x8x8", "must begin with schema: striate/blueprint/2; got none"),
        ("", "got an empty file (at net.yaml). If it is one, write that as its first line."),
        (
            HEAD + "input: 1x8x8\ninput: 1x9x9\nlayers: [relu]\noutput: classes 2",
            "given once; got 'input' (at net.yaml, line 3)",
        ),
        (
            HEAD + "input: 1x8x8\nlayers:\n- conv: {kernel: 3, width: 2, kernel: 5}\noutput: classes 2",
            "given once; got 'kernel' (at net.yaml, line 4)",
        ),
        ("schema: striate/graph/1", "schema must be striate/blueprint/2; got 'striate/graph/1'"),
        ("schema: striate/blueprint/9", "version must be at most 2; got 9"),
        ("- a\n- b", "must begin with schema"),
        (HEAD + "input: 1x8x8\nlayers: relu\noutput: classes 2", "layers must be a list"),
        (HEAD + "input: 1x8x8\nlayers: [relu]\noutput: classes 2\nwidth: 3", "got 'width'"),
        (
            HEAD + "input: 1x8x8\nlayers:\n- repeat: 0\n  layers: [relu]\noutput: classes 2",
            "count of at least 1",
        ),
        (HEAD + "input: 1x8x8\nlayers: [7]\noutput: classes 2", "a layer must be a word"),
        (HEAD + "input: 1x8x8\nlayers: [\noutput: classes 2", "must be YAML"),
        (
            HEAD + "input: 1x8x8\nlayers:\n- conv: {kernl: 3, width: 2}\noutput: classes 2",
            "Did you mean kernel?",
        ),
        (HEAD + "input: 2001-99-99\nlayers: [relu]\noutput: classes 2", "must be YAML"),
        (
            HEAD + "input: 1x8x8\nlayers:\n- &a {repeat: 2, layers: [relu, *a]}\noutput: classes 2",
            "without YAML aliases",
        ),
        (HEAD + "input: 1x8x8\nlayers: " + "[" * 3000, "must be"),
        (
            HEAD
            + "input: 1x8x8\nlayers: "
            + "[{repeat: 1, layers: " * 30
            + "[relu]"
            + "}]" * 30
            + "\noutput: classes 2",
            "deep",
        ),
        (
            HEAD + "input: 1x8x8\nlet: {w: 4, w: 8}\nlayers: [conv 3 w]\noutput: classes 2",
            "given once; got 'w' (at net.yaml, line 3)",
        ),
        (
            HEAD + "input: 1x8x8\nlayers:\n- conv: {kernel: 3, kernel: 5, width: 3}\noutput: classes 2",
            "given once; got 'kernel' (at net.yaml, line 4)",
        ),
        (HEAD + "input: 1x8x8\nlayers: [relu]\nlayers: [elu]\noutput: classes 2", "given once; got 'layers'"),
        ("!!python/object/apply:os.system ['true']", "must be YAML"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text, words):
    with pytest.raises(InputError) as caught:
        Blueprint.from_yaml(text, where="net.yaml")

    assert words in str(caught.value)
    assert "net.yaml" in str(caught.value)


def test_a_missing_file_says_how_to_make_one(tmp_path):
    with pytest.raises(InputError, match="striate new"):
        read_blueprint(tmp_path / "net.yaml")


def test_a_file_that_is_not_text_is_refused(tmp_path):
    path = tmp_path / "net.yaml"
    path.write_bytes(b"\xff\xfe\x00")

    with pytest.raises(InputError, match="UTF-8"):
        read_blueprint(path)
