"""What ImageNet features are worth beside hand-made ones, on digits and on patches of photographs: real weights."""

import numpy as np
import pytest

from pretrained import lite, patches
from striate.data import Sample, load_data
from striate.features.descriptors import describe
from striate.nets.cuts import cut_points
from striate.records import Output
from striate.trace import trace
from striate.transfer import extract_features
from striate.transfer.downstream import ask, compare_features, few_shot_curves

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


@pytest.mark.long
def test_photographs_that_are_held_out_whole_are_far_from_random_folds():
    images, classes, photographs = patches(16, 96)
    names = tuple(sorted(set(classes)))
    data, network, output = load_data((images, classes)), lite(96), Output(kind="classes", names=names)
    cuts = [cut for cut in cut_points(trace(network.module, (2, 3, 96, 96))) if cut.name == "blocks"]
    rows = {"blocks": extract_features(network, data, range(len(data)), cuts).rows["blocks"].numpy()}
    made = describe(map(data.read, range(len(data))), ["colour histogram", "LBP"])
    folded = {}
    for sort, groups in (("whole", photographs), ("random", [None] * len(data))):
        samples = [
            Sample(id=str(number), target=names.index(one), group=group, place="")
            for number, (one, group) in enumerate(zip(classes, groups, strict=True))
        ]
        folded[sort] = ask(samples, output, folds=3)[0]
    families = ["ridge", "linear SVM", "k-NN, cosine"]
    whole = compare_features(rows, folded["whole"], hand_made=made, families=families, draws=0)
    random = compare_features(rows, folded["random"], families=["k-NN, cosine"], draws=0)

    # Measured: 43.0 % (37.3 to 49.0) against 35.7 % by LBP; 94 % where patches of the same photograph are learned from.
    assert whole.folds == 3
    assert whole.constant.mean == pytest.approx(3 / 17)
    assert whole.rows[0].features == "blocks"
    assert whole.rows[0].estimate.interval[0] > whole.constant.interval[1]
    assert whole.to_hand_made.interval[0] < 0
    assert random.rows[0].estimate.mean > 0.9
