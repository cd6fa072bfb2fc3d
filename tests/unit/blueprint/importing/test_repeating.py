"""Runs of equal items as repeats: the shortest text, and the same network."""

import functools
import itertools

import pytest

from striate.blueprint.importing.repeating import repeated
from striate.blueprint.text import parse_items
from striate.blueprint.walking import unrolled
from striate.blueprint.writing import items_text

FOLDED = [
    ("relu; relu", "relu, relu"),  # brackets would be longer
    ("conv 3 8; conv 3 8; conv 3 8", "(conv 3 8) x3"),
    ("conv 3 8, relu; conv 3 8, relu; conv 3 8", "(conv 3 8, relu) x2; conv 3 8"),
    # A repeat begins with a layer, not with what belongs to the layer before it.
    ("conv 3 16; relu; conv 3 8; relu; conv 3 8; relu", "conv 3 16, relu; (conv 3 8, relu) x2"),
    (
        "maxpool 2; conv 3 256; conv 3 256; conv 3 256; maxpool 2; conv 3 256; conv 3 256; conv 3 256",
        "(maxpool 2; (conv 3 256) x3) x2",
    ),
    ("fc 3", "fc 3"),
    ("", ""),
]


@pytest.mark.parametrize(("written", "expected"), FOLDED)
def test_the_text_by_hand(written, expected):
    assert items_text(repeated(parse_items(written, where="text"))) == expected


@functools.cache
def shortest(words):
    """Return the length of the shortest text, by trying every way to fold."""
    best = len("; ".join(words))
    for start, period in itertools.product(range(len(words)), range(1, len(words))):
        for times in range(2, (len(words) - start) // period + 1):
            part = words[start : start + period]
            if words[start : start + period * times] != part * times:
                break
            inner = shortest(part)
            around = [words[:start], words[start + period * times :]]
            length = inner + len(f"() x{times}") + sum(shortest(side) + len("; ") for side in around if side)
            best = min(best, length)
    return best


@pytest.mark.parametrize(
    "length", [5, 6, pytest.param(7, marks=pytest.mark.long), pytest.param(8, marks=pytest.mark.long)]
)
def test_no_way_to_fold_is_shorter(length):
    for choice in itertools.product(["maxpool 2", "conv 11 256"], repeat=length):
        items = parse_items("; ".join(choice), where="text")
        found = repeated(items)

        assert len(items_text(found)) == shortest(choice)
        assert [item for _, item in unrolled(found)] == list(items)
