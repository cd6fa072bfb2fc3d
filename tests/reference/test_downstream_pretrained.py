"""ImageNet features against raw pixels on digits, ten labels a class: real weights."""

import numpy as np
import pytest

from pretrained import lite
from striate.data import load_data
from striate.features.descriptors import describe
from striate.nets.cuts import cut_points
from striate.trace import trace
from striate.transfer import extract_features
from striate.transfer.downstream import ask, few_shot_curves

pytestmark = [pytest.mark.reference, pytest.mark.slow]


@pytest.fixture(scope="module")
def digits():
    """Twenty of each of the ten built-in digits."""
    whole = load_data("digits")
    kept = [n for n, sample in enumerate(whole.samples) if n % 500 < 20]
    images = np.stack([whole.read(n).numpy() for n in kept])
    return load_data((np.repeat(images, 3, 1), [f"digit {whole.samples[n].target}" for n in kept]))


def test_features_of_photographs_beat_pixels_of_digits_at_few_labels(digits):
    network = lite(96)
    every = cut_points(trace(network.module, (2, *network.input_shape)))
    cuts = [cut for cut in every if cut.name in {"blocks.1", "blocks.4", "the end"}]
    rows = extract_features(network, digits, range(len(digits)), cuts).rows
    features = {cut.name: rows[cut.name].numpy() for cut in cuts}
    pixels = describe((digits.read(n) for n in range(len(digits))), ["raw pixels"])
    asked, _ = ask(digits.samples, digits.output)
    sources = dict.fromkeys(features, "network") | {"raw pixels": "hand-made"}
    curves = few_shot_curves(features | pixels, sources, asked, learners=("logistic",))
    at_ten = {curve.features: next(p.mean for p in curve.points if p.per_class == 10) for curve in curves}

    # Measured: 91 % against 82 %. Digits are no photographs: the end, at 85 %, is not the best place.
    assert at_ten["blocks.4"] > at_ten["raw pixels"] + 0.03
    assert at_ten["blocks.4"] > at_ten["the end"] > at_ten["blocks.1"]
