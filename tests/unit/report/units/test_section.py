"""What is said of units, by hand; which example is shown; parts and boxes where they belong."""

import numpy as np
import pytest

from striate.blueprint import Blueprint
from striate.data import load_data
from striate.nets import load_network
from striate.observe.survey import judge_units, survey
from striate.records.unit_survey import JudgedUnits, UnitJudgement
from striate.report.arrays import ArrayStore
from striate.report.gathering import units as judging
from striate.report.gathering.units import judged_units
from striate.report.sections.units import _sentence, _table
from striate.report.subject import Subject
from striate.report.units.examples import examples
from striate.report.units.pictures import part, part_cell, whole_cell
from striate.report.units.verdicts import alive, unit_verdicts


def judged(**fields):
    plain = {
        "layer": "conv1", "unit": 0, "images": 10, "is_dead": False, "always_on": False, "coherence": 0.5,
        "chance_coherence": (0.1, 0.3), "class_counts": np.array([9, 1]), "entropy_bits": 0.5,
        "chance_entropy_bits": (0.8, 1.0), "two_groups": 0.4, "two_groups_p": 0.004, "groups": np.array([0] * 6 + [1] * 4),
        "twins": ((3, 0.97),), "verdicts": (),
    }  # fmt: skip
    return UnitJudgement(**(plain | fields))


@pytest.fixture(scope="module")
def surveyed():
    text = "input 1x28x28; conv 5x5 6, relu; maxpool 2; conv 3x3 8, relu; fc 16, relu; classes 10"
    return survey(load_network(Blueprint.from_text(text)), load_data("digits"), range(0, 5000, 25))


@pytest.fixture
def units(surveyed):
    return JudgedUnits(survey=surveyed, judged={"conv1": (judged(),)}, divided_p=0.01, twin=0.95)


def test_what_holds_of_a_unit_how_much_and_how_it_is_told(units):
    one = judged()
    alike, picking, divided, twins = unit_verdicts(units)

    assert alike.strength(one) == pytest.approx(0.2)
    assert picking.strength(one) == pytest.approx(0.3)
    assert divided.strength(one) == -0.4
    assert twins.strength(one) == 0.97
    assert alike.told(one) == "mean cosine 0.50, random sets 0.10 to 0.30"
    assert picking.told(one) == "90\u202f% of its images are 0, entropy 0.50 bits, random sets 0.80 to 1.00"
    assert divided.told(one) == "two groups leave 40\u202f% of the spread, p 0.004"
    assert twins.told(one) == "unit 3, correlation 0.970"


@pytest.mark.parametrize(
    "fields",
    [
        {"coherence": 0.3, "entropy_bits": 0.8, "two_groups_p": 0.02, "twins": ()},
        {"coherence": None, "chance_coherence": None, "entropy_bits": None, "chance_entropy_bits": None,
         "two_groups": None, "two_groups_p": None, "twins": ()},
    ],
)  # fmt: skip
def test_what_is_within_chance_or_unknown_holds_of_none(units, fields):
    assert [verdict.strength(judged(**fields)) for verdict in unit_verdicts(units)] == [None] * 4


def test_large_networks_have_some_units_of_every_layer_judged(surveyed, monkeypatch):
    monkeypatch.setattr(judging, "MOST_JUDGED", 16)
    found = judged_units(surveyed)

    assert {layer: [one.unit for one in row] for layer, row in found.judged.items()} == {
        "conv1": [0, 1, 3, 4],
        "conv2": [0, 2, 4, 6],
        "fc1": [0, 4, 8, 12],
        "classes": [0, 2, 5, 7],
    }
    whole = judge_units(surveyed, "fc1")
    assert [one.coherence for one in found.judged["fc1"]] == [whole[unit].coherence for unit in (0, 4, 8, 12)]


def test_without_features_nothing_is_judged():
    only = survey(load_network(Blueprint.from_text("input 1x28x28; classes 10")), load_data("digits"), range(20))
    assert judged_units(only) is None


def test_the_dead_are_left_out(surveyed):
    layer = surveyed.layer("conv1")
    row = (judged(), judged(unit=1, is_dead=True))
    assert [one.unit for one in alive(layer, {"conv1": row})] == [0]
    # Of a layer that puts nothing to zero none is dead.
    assert len(alive(surveyed.layer("classes"), {"classes": row})) == 2


class Pictured(Subject):
    """A subject whose pictures say their number."""

    def __init__(self):
        object.__setattr__(self, "store", ArrayStore())

    def picture(self, sample):
        return np.full((28, 28), sample % 200, np.uint8)


def test_examples_prefer_units_that_read_a_part_and_show_none_twice(surveyed):
    rows = {
        "conv1": (judged(coherence=0.4), judged(unit=1, coherence=0.35)),
        "fc1": (judged(layer="fc1", coherence=0.9),),
    }
    units, subject = JudgedUnits(survey=surveyed, judged=rows, divided_p=0.01, twin=0.95), Pictured()
    first, second, third, fourth = examples(subject, units, unit_verdicts(units))

    assert first.title.startswith("The most alike: conv1, unit 0")
    assert second.title.startswith("The most of one class: conv1, unit 1")
    # No other that reads a part is left.
    assert third.title.startswith("Two different things: fc1, unit 0")
    assert fourth.title.startswith("The same images as another unit: conv1, unit 0")
    assert [group.label for group in first.groups] == ["Parts", "Whole images"]
    assert [(group.label, group.value) for group in third.groups] == [
        ("One thing", "6 images"),
        ("The other", "4 images"),
    ]
    layer = surveyed.layer("fc1")
    shown = subject.store.arrays["units-2"]
    assert [int(cell[0, 0, 0]) for cell in shown] == [int(sample) % 200 for sample in layer.samples[0, :10]]
    assert shown.shape == (10, 56, 56, 3)


def test_a_part_is_cut_where_the_box_is_and_grey_beyond_the_border():
    image = np.arange(16, dtype=np.uint8).reshape(4, 4, 1)
    inside = part(image, np.array([[1, 3], [2, 4]]), (2, 2))
    below = part(image, np.array([[3, 4], [0, 2]]), (3, 3))

    assert inside[..., 0].tolist() == [[6, 7], [10, 11]]
    # Cut at the bottom and at the left: rows stand above, columns at the right.
    assert below[..., 0].tolist() == [[236, 12, 13], [236, 236, 236], [236, 236, 236]]


def test_cells_are_enlarged_by_a_whole_number_and_have_their_box():
    image = np.zeros((4, 4, 1), np.uint8)
    image[1, 2] = 200
    cell = np.asarray(whole_cell(image, np.array([[1, 3], [2, 4]]), 40, width_px=1))
    plain = np.asarray(whole_cell(image, None, 40))

    assert plain[10:20, 20:30].reshape(-1, 3).tolist() == [[200, 200, 200]] * 100
    assert (cell != plain).any(-1).sum() == 4 * 20 - 4
    assert (cell != plain).any(-1)[10, 20:40].all()
    assert np.asarray(part_cell(image, np.array([[1, 3], [2, 4]]), (2, 2), 40))[5, 5].tolist() == [200, 200, 200]


def test_chance_is_counted_of_the_units_that_were_tested(surveyed):
    unknown = {"two_groups": None, "two_groups_p": None, "groups": None}
    row = tuple(judged(unit=unit, **({} if unit == 0 else unknown)) for unit in range(200))
    units = JudgedUnits(survey=surveyed, judged={"conv1": row}, divided_p=0.01, twin=0.95)
    none = JudgedUnits(survey=surveyed, judged={"conv1": row[1:]}, divided_p=0.01, twin=0.95)

    # 200 · 0.025 = 5; of the one that was tested for two things 0.01, of 200 it would be 2.
    assert "200 answer to images that are alike (by chance about 5)" in _sentence(units, unit_verdicts(units))
    assert "1 answer to two different things (by chance under 1)" in _sentence(units, unit_verdicts(units))
    assert _table(units, unit_verdicts(units)).rows[-1][4:] == ["about 5", "about 5", "under 1", None]
    assert "two different things" not in _sentence(none, unit_verdicts(none))
    assert _table(none, unit_verdicts(none)).rows[0][3:] == [199, 199, 199, None, 199]
    assert _table(none, unit_verdicts(none)).rows[-1][4:] == ["about 5", "about 5", None, None]
