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
