"""The schema for editors takes what the reader takes, and finds what is misspelled."""

import jsonschema
import pytest
import yaml

from striate.blueprint import Blueprint
from striate.blueprint.editor_schema import editor_schema

VALIDATOR = jsonschema.Draft202012Validator(editor_schema())
HEAD = "schema: striate/blueprint/2\ninput: 3x8x8\nlet: {w: 8, k: {choose: [3, 5]}}\noutput: classes 2\nlayers:\n"


def test_it_is_a_schema():
    jsonschema.Draft202012Validator.check_schema(editor_schema())


@pytest.mark.parametrize(
    "layers",
    [
        "- conv 3x3 w, batchnorm, relu",
        "- conv: {kernel: [3, 3], width: w*2, bias: false}",
        "- conv: {kernel: {choose: [3, 5x3]}, width: 8, stride: 2}",
        "- maxpool: 2",
        "- batchnorm:",
        "- repeat: 2\n  layers: [conv k w, relu]",
        "- repeat: {choose: [1, 2]}\n  layers: [relu]",
        "- residual:\n  - [conv 3 3, relu, conv 3 3]\n  - identity",
        "- head: {layers: [globalavgpool], output: values 2}",
        "- bottleneck: {width: 8, stride: 2}",
        "- (conv 3 8, relu) x2",
    ],
)
def test_it_takes_what_reads(layers):
    document = yaml.safe_load(HEAD + layers)

    Blueprint.from_yaml(HEAD + layers)
    assert [error.message for error in VALIDATOR.iter_errors(document)] == []


@pytest.mark.parametrize(
    "layers",
    [
        "- cnov 3x3 8",
        "- conv: {kernl: 3, width: 8}",
        "- conv: {kernel: 3}",
        "- conv: {kernel: 3, width: [8, 8], bias: maybe}",
        "- repeat: 0\n  layers: [relu]",
        "- resdual: [relu]",
        "- head: {layers: [relu]}",
    ],
)
def test_it_finds_what_does_not(layers):
    document = yaml.safe_load(HEAD + layers)

    assert not VALIDATOR.is_valid(document)
    with pytest.raises(ValueError, match=r"."):
        Blueprint.from_yaml(HEAD + layers)


def test_every_blueprint_written_passes():
    text = (
        "input 3x8x8; let w {8,16}; (conv 3 w, relu) x{1,2}; residual(conv 3 w); choose(relu | elu); "
        "head(globalavgpool; labels a b); fire 2 4; classes 2 by fc"
    )
    document = yaml.safe_load(Blueprint.from_text(text).to_yaml())

    assert [error.message for error in VALIDATOR.iter_errors(document)] == []
