"""A survey in a pass that others look at too, against a survey of its own and against the collector of patches."""

import numpy as np
import pytest

from striate.analyse import layers
from striate.blueprint import Blueprint
from striate.data import load_data
from striate.nets import load_network
from striate.observe import PatchCollector, PredictionCollector, observe
from striate.observe.survey import SurveyCollector, patches_of, survey
from striate.observe.top_patches import first_two
from striate.trace import trace

TEXT = "input 1x28x28; conv 5x5 6, batchnorm, relu; maxpool 2; conv 3x3 8; fc 16, relu; classes 10"
INDICES = tuple(range(3, 5000, 31))


@pytest.fixture(scope="module")
def passed():
    net, data = load_network(Blueprint.from_text(TEXT)), load_data("digits")
    recording = trace(net.module, (1, *net.input_shape))
    collectors = [PredictionCollector(net), PatchCollector(net.output), SurveyCollector(net, data, INDICES, recording)]
    seen = observe(net, data, INDICES, collectors, recording=recording, batch_size=50)
    return net, data, recording, seen


def test_it_finds_what_a_survey_of_its_own_finds(passed):
    net, data, recording, seen = passed
    own, found = survey(net, data, INDICES, recording=recording, memory_format="plain"), seen["survey"]

    assert found.settings == own.settings
    assert np.array_equal(found.targets, own.targets)
    assert np.array_equal(found.answers, own.answers)
    np.testing.assert_allclose(found.confidences, own.confidences, atol=1e-5)
    np.testing.assert_allclose(found.features, np.asarray(own.features), rtol=1e-4, atol=1e-5)
    for one, other in zip(found.layers, own.layers, strict=True):
        assert (one.layer, one.sizes, one.images) == (other.layer, other.sizes, other.images)
        np.testing.assert_allclose(one.values, other.values, rtol=1e-4, atol=1e-5)
        # Of values that differ in the last digit alone the order may be another.
        assert (one.samples == other.samples).mean() > 0.98
        assert np.array_equal(one.statistics.always_on, other.statistics.always_on)
        np.testing.assert_allclose(one.statistics.active_share, other.statistics.active_share, atol=0.005)
        np.testing.assert_allclose(one.statistics.mean, other.statistics.mean, rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(one.statistics.explained, other.statistics.explained, atol=1e-3)


def test_its_patches_are_those_of_the_collector(passed):
    net, _, recording, seen = passed
    for one, other in zip(
        patches_of(seen["survey"], layers(recording.graph), net.output), seen["patches"], strict=True
    ):
        assert (one.layer, one.field_px, one.counted, one.images) == (
            other.layer,
            other.field_px,
            other.counted,
            other.images,
        )
        assert one.twins == other.twins
        assert [unit.unit for unit in one.units] == [unit.unit for unit in other.units]
        for mine, theirs in zip(one.units, other.units, strict=True):
            assert mine.purity == theirs.purity
            for name in ("values", "samples", "boxes", "class_counts"):
                assert np.array_equal(getattr(mine, name), getattr(theirs, name)), name


def test_a_line_is_one_pixel_high():
    assert first_two((40,)) == (1, 40)
    assert first_two((8, 9, 10)) == (8, 9)
