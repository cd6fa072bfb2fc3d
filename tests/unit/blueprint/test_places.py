"""Every op knows the line of the layer it comes from."""

from striate.blueprint import Blueprint, places

YAML = """\
schema: striate/blueprint/1
# a comment
input: 1x16x16
layers:
- conv 3x3 4
- repeat: 2
  layers:
  - conv: {kernel: 3x3, width: 8}

  - relu
- fc 8
output: classes 2
"""
TEXT = """
input 1x16x16; conv 3x3 4;
  (conv 3x3 8, relu) x2; fc 8;
  classes 2
"""


def where(plan, text, file):
    return {op: (place.line, place.column) for op, place in places(plan, text, file=file).items()}


def test_ops_of_a_yaml_file_have_the_line_and_column_of_their_layer():
    assert where(Blueprint.from_yaml(YAML), YAML, "net.yaml") == {
        "conv1": (5, 3),
        "conv2": (8, 5),
        "relu1": (10, 5),
        "conv3": (8, 5),
        "relu2": (10, 5),
        "flatten1": (11, 3),
        "fc1": (11, 3),
        "classes": (12, 9),
    }


def test_ops_of_a_text_have_the_line_and_column_of_their_layer():
    assert where(Blueprint.from_text(TEXT), TEXT, "net.txt") == {
        "conv1": (2, 16),
        "conv2": (3, 4),
        "relu1": (3, 16),
        "conv3": (3, 4),
        "relu2": (3, 16),
        "flatten1": (3, 26),
        "fc1": (3, 26),
        "classes": (4, 3),
    }


def test_ops_in_branches_blocks_and_heads_have_the_place_of_what_they_were_written_as():
    text = """\
schema: striate/blueprint/2
input: 4x16x16
layers:
- conv 3x3 4, batchnorm, relu
- residual:
  - - conv 3 4, relu
    - conv 3 4
  - identity
- repeat: 2
  layers:
  - se 2
- head: {layers: [globalavgpool], output: values 1}
output: classes 2
"""
    found = where(Blueprint.from_yaml(text), text, "net.yaml")

    assert {op: found[op] for op in found if not op.startswith("se2")} == {
        "conv1": (4, 3),
        "batchnorm1": (4, 15),
        "relu1": (4, 26),
        "residual1.0.conv1": (6, 7),
        "residual1.0.relu1": (6, 17),
        "residual1.0.conv2": (7, 7),
        "residual1.add": (5, 3),
        **{f"se1.multiply1.{part}": (11, 5) for part in (
            "1.globalavgpool1", "1.conv1", "1.relu1", "1.conv2", "1.sigmoid1", "mul",
        )},
        "head1.globalavgpool1": (12, 19),
        "head1.flatten1": (12, 43),
        "head1.values": (12, 43),
        "flatten1": (13, 9),
        "classes": (13, 9),
    }  # fmt: skip


def test_ops_in_branches_of_a_text_have_the_place_of_their_layer():
    text = "input 4x8x8; residual(conv 3 4 | conv 1 4); head(values 1); classes 2"

    assert where(Blueprint.from_text(text), text, "net.txt") == {
        "residual1.0.conv1": (1, 23),
        "residual1.1.conv1": (1, 34),
        "residual1.add": (1, 14),
        "head1.flatten1": (1, 50),
        "head1.values": (1, 50),
        "flatten1": (1, 61),
        "classes": (1, 61),
    }


def test_a_branch_may_be_a_list_that_holds_identity_alone():
    text = """\
schema: striate/blueprint/2
input: 4x16x16
layers:
- residual: [[identity], [conv 3 4]]
output: classes 2
"""
    assert where(Blueprint.from_yaml(text), text, "net.yaml")["residual1.1.conv1"] == (4, 27)
