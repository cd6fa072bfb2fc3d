"""What operations mean, by hand."""

import pytest

from striate.errors import ShapeError
from striate.graph import Op
from striate.kinds import KINDS, WORDS, kind_of, kinds_by_aten, words
from striate.kinds.kind import slide


def op(kind, shape, **attributes):
    return Op(name="op", kind=kind, inputs=("input",), shape=shape, attributes=attributes)


@pytest.mark.parametrize(
    ("length", "kernel", "stride", "padding", "dilation", "ceil", "places"),
    [
        (28, 3, 1, (1, 1), 1, False, 28),
        (224, 7, 2, (3, 3), 1, False, 112),
        (7, 2, 2, (0, 0), 1, False, 3),
        (7, 2, 2, (0, 0), 1, True, 4),
        (5, 3, 1, (0, 0), 2, False, 1),
        (4, 2, 1, (0, 1), 1, False, 4),
        # torch: the fourth window would begin in the right padding, so it is not there
        (6, 2, 3, (0, 0), 1, True, 2),
        (5, 1, 5, (1, 1), 1, True, 2),
    ],
)
def test_a_window_has_as_many_places_as_torch_gives_it(length, kernel, stride, padding, dilation, ceil, places):
    assert slide(length, kernel, stride, padding, dilation, ceil=ceil) == places


def test_a_grouped_convolution_counts_its_own_channels_only():
    conv = KINDS["conv"]
    attributes = {
        "kernel": (3, 3),
        "width": 8,
        "stride": (1, 1),
        "padding": ((1, 1), (1, 1)),
        "dilation": (1, 1),
        "groups": 4,
        "bias": True,
    }

    shape = conv.shape(attributes, [(2, 4, 5, 5)])

    assert shape == (2, 8, 5, 5)
    assert conv.macs(op("conv", shape, **attributes), [(2, 4, 5, 5)]) == 2 * 8 * 25 * 9 * 1
    assert [p.shape for p in conv.params(attributes, [(2, 4, 5, 5)])] == [(8, 1, 3, 3), (8,)]


def test_a_transposed_convolution_multiplies_once_for_each_input():
    attributes = {"kernel": (2, 2), "width": 3, "groups": 1}

    assert (
        KINDS["convtranspose"].macs(op("convtranspose", (1, 3, 8, 8), **attributes), [(1, 5, 4, 4)]) == 5 * 16 * 3 * 4
    )


def test_relu_keeps_its_output_and_gelu_its_input():
    assert KINDS["relu"].kept(op("relu", (1, 4)), [(1, 4)]).output
    assert KINDS["gelu"].kept(op("gelu", (1, 4)), [(1, 4)]).inputs == (0,)


def test_maximum_pooling_keeps_eight_bytes_an_output_for_its_winners():
    assert KINDS["maxpool"].kept(op("maxpool", (2, 3, 4, 4)), [(2, 3, 8, 8)]).extra_bytes == 8 * 96


def test_branches_of_other_sizes_cannot_meet():
    with pytest.raises(ShapeError, match="branches must have equal sizes where they meet; got '1×2×3×3 and 1×2×4×4'"):
        KINDS["add"].shape({}, [(1, 2, 3, 3), (1, 2, 4, 4)])


def test_a_number_for_each_channel_meets_a_map():
    assert KINDS["mul"].shape({}, [(1, 8, 5, 5), (1, 8, 1, 1)]) == (1, 8, 5, 5)


def test_channels_add_up_where_branches_are_joined():
    assert KINDS["concat"].shape({"axis": 1}, [(1, 3, 4, 4), (1, 5, 4, 4)]) == (1, 8, 4, 4)


def test_an_operation_nobody_knows_has_no_kind():
    assert kind_of("unknown:fft") is None


def test_no_aten_name_and_no_word_belongs_to_two_kinds():
    names = [name for kind in KINDS.values() for name in kind.aten]

    assert len(names) == len(set(names)) == len(kinds_by_aten())
    assert len(words()) == len(WORDS) + sum(kind.word is not None for kind in KINDS.values())


@pytest.mark.parametrize("name", sorted(words()))
def test_every_word_has_a_meaning_and_arguments_it_declares(name):
    word = words()[name].word

    assert word.meaning
    assert set(word.positional) <= set(word.options)
    assert set(word.required) <= set(word.options)
    types = {part for option in word.options.values() for part in option.split("|")}
    assert types <= {"axes", "int", "float", "switch", "same", "nearest", "linear"}
