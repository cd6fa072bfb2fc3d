"""Rules about a trained network, just below and just above their limits, on hand-made records."""

import numpy as np
import pytest

from striate.lint import lint
from striate.lint.separating import separation_verdict
from striate.records import (
    ClassImages,
    EpochRow,
    Evidence,
    FeatureMap,
    Filters,
    Gap,
    LayerActivity,
    LayerOrigin,
    LayerSpecialisation,
    LayerWeights,
    MapLayer,
    MappedLayer,
    OcclusionCensus,
    Output,
    Predictions,
    Recipe,
    SaliencyCensus,
    Scoreboard,
    Separation,
    Share,
    Spectrum,
    ThroughTraining,
    TopPatches,
    TrainingCurve,
    TrainingMoment,
    UnitPatches,
    VectorMap,
)


def curve(validation, train=None, start=None):
    rows = zip(train or validation, validation, strict=True)
    return TrainingCurve(
        recipe=Recipe(),
        epochs=tuple(
            EpochRow(epoch=n, train_loss=t, validation_loss=v, score=0.5, rate=0.1, seconds=1.0)
            for n, (t, v) in enumerate(([(start, start)] if start else []) + list(rows), start=0 if start else 1)
        ),
        score_name="accuracy",
        train_count=100,
        validation_count=100,
    )


def gapped(training, validation, interval, name="accuracy"):
    gap = Gap(score_name=name, training=training, validation=validation, samples=100, interval=interval)
    return TrainingCurve(recipe=Recipe(), epochs=(), score_name=name, train_count=100, validation_count=100, gap=gap)


def origins(*rows):
    return tuple(
        LayerOrigin(layer=f"layer{n}", is_new=new, is_trained=trained, pretrained_behind=behind)
        for n, (new, trained, behind) in enumerate(rows)
    )


def filters(detail, *, side=5, cosine=0.5):
    weights = np.zeros((len(detail), 1, side, side), np.float32)
    return Filters(
        layer="conv1", weights=weights, start=weights, detail=np.array(detail, np.float32),
        random_band=(0.65, 0.93), random_count=100, closest=(0, 1, cosine),
    )  # fmt: skip


def layer_weights(filters, dead):
    ones = np.ones(filters, np.float32)
    return LayerWeights(
        layer="conv2", key="", weights=np.zeros((filters, 1, 3, 3), np.float32), groups=1, reads_input=False, shared_with=(),
        norms=ones, input_norms=ones[:1], dead=tuple(range(dead)), dead_inputs=(), copies=(), copy_limit=0.95,
        random_cosine=0.5, closest=None, detail=ones, random_band=(0.7, 0.9), waves=None,
        spectrum=Spectrum(values=ones, random_values=ones, effective_rank=1.0, random_effective_rank=1.0),
    )  # fmt: skip


def followed(*pairs, chance=0.04):
    moments = [
        TrainingMoment(
            step=step, is_twin=False,
            layers=tuple(
                LayerSpecialisation(
                    layer=f"conv{n}", units=8, images=100, definition="", active_share=0.5, effective_units=4.0, dead=0,
                    explained=pair[step], chance_explained=None if pair[step] is None else chance,
                )
                for n, pair in enumerate(pairs, start=1)
            ),
        )
        for step in (0, 1)
    ]  # fmt: skip
    return ThroughTraining(moments=tuple(moments), steps_per_epoch=1, part="validation")


def vector_map(score, *, pixels=None, half=0.01, truth="classes"):
    points = np.zeros((4, 2), np.float32)
    gain = None if pixels is None or score is None else score - pixels
    separation = None if score is None else Separation(
        neighbours=10, truth=truth, points=1000, pixels=pixels, gain=gain,
        accuracy=Share(value=score, interval=(score - half, score + half), chance=0.1) if truth == "classes" else None,
        explained=score if truth == "values" else None, explained_interval=(score - half, score + half),
        gain_interval=None if gain is None else (gain - half, gain + half),
    )  # fmt: skip
    layer = MappedLayer(
        layer="fc1", size=32, points=points, perplexity=30.0, seed=0, divergence=1.0, quality=None, pca=points,
        pca_shares=(0.5, 0.2), pca_quality=None, separation=separation,
    )  # fmt: skip
    return VectorMap(
        store="vectors", network="runs/a", ids=("a", "b", "c", "d"), truth=truth, names=("x", "y"),
        labels=np.array([0, 0, 1, 1]), layers=(layer,), placed_later=np.zeros(4, np.uint8), far=np.zeros(4, np.uint8),
        left_out=0, distance="angle",
    )  # fmt: skip


def activity(*shares, units=20, dead=0, always=0, is_rectified=True):
    return tuple(
        LayerActivity(
            layer=f"conv{n}", units=units, active_share=share, dead=tuple(range(dead)), always_on=tuple(range(always)),
            maximum=1.0, is_rectified=is_rectified,
        )
        for n, share in enumerate(shares, start=1)
    )  # fmt: skip


def patches(*, purity=0.5, classes=10, counted=50, twins=(), copies=None, units=8):
    one = np.zeros(1, np.int64)
    rows = tuple(
        UnitPatches(
            unit=n, values=one.astype(np.float32), samples=one, boxes=np.zeros((1, 4), np.int64),
            class_counts=np.zeros(classes, np.int64), purity=purity,
        )
        for n in range(units)
    )  # fmt: skip
    return (
        TopPatches(
            layer="fc1", field_px=(8, 8), units=rows, counted=counted, twins=twins, images=100, copies=copies,
        ),
    )  # fmt: skip


def feature_map(*, overlap=None, pixels=0.8, last=0.9):
    points = np.zeros((2, 2), np.float32)
    return FeatureMap(
        samples=np.arange(2), labels=np.arange(2), wrong=np.zeros(2, np.uint8),
        layers=(MapLayer(layer="pixels", points=points, separation=pixels), MapLayer(layer="fc1", points=points, separation=last)),
        overlap=overlap, perplexity=30.0, seed=0,
    )  # fmt: skip


def occlusion(*, off=0, on=100):
    return OcclusionCensus(
        images=10, off_squares=1000, off_changed=off, on_squares=1000, on_changed=on, window_px=(7, 7), stride_px=(3, 3)
    )


def saliency(share=0.9, *, chance=0.25, correlation=0.1):
    shares = np.array([share, share], np.float32)
    return SaliencyCensus(images=2, shares=shares, chance=chance, random_correlation=correlation)


def class_images(*detail, rank=(), anew=None):
    count = len(detail)
    pictures, ones = np.zeros((count, 1, 4, 4), np.float32), np.ones(count, np.float32)
    return ClassImages(
        names=tuple(f"class {n}" for n in range(count)), images=pictures, plain=pictures, probability=ones,
        plain_probability=ones, detail=np.array(detail, np.float32), plain_detail=ones, data_detail=(0.05, 0.22),
        steps=10, seed=0, rank=rank, twin_detail=None if anew is None else np.array(anew, np.float32),
    )  # fmt: skip


def board(main=0.9, *, name="accuracy", chance=0.1, confusion=None):
    return Scoreboard(
        count=100, main_name=name, main=main, interval=(main - 0.05, main + 0.05), chance=chance, confusion=confusion
    )


def confusion(most, rest, classes=5):
    """One cell with `most` mistakes, and `rest` spread one a cell."""
    cells = np.diag([100] * classes)
    places = [(row, column) for row in range(classes) for column in range(classes) if row != column]
    cells[places[0]] = most
    for place in places[1 : 1 + rest]:
        cells[place] = 1
    return cells


def answers(truth, scores, kind="classes"):
    output = Output(kind=kind, names=("cat", "dog"))
    return Predictions(
        output=output, samples=np.arange(len(truth)) + 40, truth=np.array(truth), scores=np.array(scores, np.float32)
    )


NOTHING, NOTE, WARNING, ERROR = None, "note", "warning", "error"
CASES = [
    # A fall of x per epoch between the means of two pairs: (before − last) / before / 2.
    ("loss-still-falling", {"curve": curve([1.0, 1.0, 0.91, 0.91])}, NOTHING),
    ("loss-still-falling", {"curve": curve([1.0, 1.0, 0.89, 0.89])}, NOTE),
    ("loss-still-falling", {"curve": curve([1.0, 1.0, 0.89, 0.89], start=2.24)}, NOTE),
    ("loss-still-falling", {"curve": curve([1.0, 1.0, 0.89, 0.89], start=2.21)}, WARNING),
    ("validation-turned-up", {"curve": curve([0.5, 0.54, 0.54], [0.5, 0.4, 0.3])}, NOTHING),
    ("validation-turned-up", {"curve": curve([0.5, 0.56, 0.56], [0.5, 0.4, 0.3])}, WARNING),
    ("validation-turned-up", {"curve": curve([0.5, 0.7, 0.54], [0.5, 0.4, 0.3])}, NOTHING),
    ("validation-turned-up", {"curve": curve([0.5, 0.56, 0.56], [0.3, 0.4, 0.5])}, NOTHING),
    ("validation-turned-up", {"curve": curve([0.05, 0.069, 0.069], [0.5, 0.4, 0.3])}, NOTHING),
    ("validation-far-from-training", {"curve": curve([0.99], [0.5])}, NOTHING),
    ("validation-far-from-training", {"curve": curve([1.01], [0.5])}, WARNING),
    ("validation-far-from-training", {"curve": curve([0.279], [0.03])}, NOTHING),
    ("validation-far-from-training", {"curve": curve([0.281], [0.03])}, WARNING),
    ("validation-turned-up", {"curve": curve([0.05, 0.071, 0.071], [0.5, 0.4, 0.3])}, WARNING),
    ("overfitting-gap", {"curve": gapped(0.94, 0.9, (0.01, 0.07))}, NOTHING),
    ("overfitting-gap", {"curve": gapped(0.96, 0.9, (-0.01, 0.13))}, NOTHING),
    ("overfitting-gap", {"curve": gapped(0.96, 0.9, (0.01, 0.11))}, NOTE),
    ("overfitting-gap", {"curve": gapped(0.99, 0.9, (0.051, 0.13))}, WARNING),
    ("overfitting-gap", {"curve": gapped(0.9, 0.99, (-0.13, -0.06))}, NOTHING),
    ("overfitting-gap", {"curve": gapped(0.9, 0.7, (0.06, 0.3), "R²")}, WARNING),
    ("new-layer-before-pretrained", {"origins": origins((True, True, 3), (False, True, 2))}, WARNING),
    ("new-layer-before-pretrained", {"origins": origins((True, False, 3), (False, True, 2))}, NOTHING),
    ("new-layer-before-pretrained", {"origins": origins((False, True, 2), (True, True, 0))}, NOTHING),
    ("filters-as-noisy-as-random", {"filters": filters([0.1, 0.64, 0.9])}, NOTHING),
    ("filters-as-noisy-as-random", {"filters": filters([0.1, 0.66, 0.9])}, NOTE),
    ("filters-as-noisy-as-random", {"filters": filters([0.1, 0.66, 0.9], side=7)}, WARNING),
    ("copied-filters", {"filters": filters([0.1, 0.2], cosine=0.949)}, NOTHING),
    ("copied-filters", {"filters": filters([0.1, 0.2], cosine=0.951)}, WARNING),
    ("copied-filters", {"filters": filters([0.1, 0.2], cosine=-0.99)}, NOTHING),
    ("dead-filters", {"weights": (layer_weights(100, 10), layer_weights(4, 1))}, NOTHING),
    ("dead-filters", {"weights": (layer_weights(100, 11), layer_weights(4, 1))}, WARNING),
    ("classes-explained-no-better", {"through_training": followed((0.2, 0.1), (0.3, 0.341))}, NOTHING),
    ("classes-explained-no-better", {"through_training": followed((0.2, 0.1), (0.3, 0.339))}, NOTE),
    ("classes-explained-no-better", {"through_training": followed((0.05, 0.079), (0.06, 0.06))}, WARNING),
    ("classes-explained-no-better", {"through_training": followed((0.05, 0.081), (0.06, 0.06))}, NOTE),
    ("dead-units", {"activity": activity(0.5, units=100, dead=10)}, NOTHING),
    ("dead-units", {"activity": activity(0.5, units=100, dead=11)}, NOTE),
    ("dead-units", {"activity": activity(0.5, units=100, dead=40)}, NOTE),
    ("dead-units", {"activity": activity(0.5, units=100, dead=41)}, WARNING),
    ("always-on-units", {"activity": activity(0.5, units=100, always=10)}, NOTHING),
    ("always-on-units", {"activity": activity(0.5, units=100, always=11)}, NOTE),
    ("everything-active", {"activity": activity(0.99, 0.89)}, NOTHING),
    ("everything-active", {"activity": activity(0.99, 0.91)}, WARNING),
    ("activity-rises-with-depth", {"activity": activity(0.3, 0.9, 0.39)}, NOTHING),
    ("activity-rises-with-depth", {"activity": activity(0.3, 0.1, 0.41)}, NOTE),
    ("twin-units", {"patches": patches(twins=tuple((0, n, 0.9) for n in range(1, 25)), units=100)}, NOTHING),
    ("twin-units", {"patches": patches(twins=tuple((0, n, 0.9) for n in range(1, 26)), units=100)}, NOTE),
    # All of a class's images are shared, and answered otherwise.
    ("twin-units", {"patches": patches(twins=tuple((0, n, 1.0) for n in range(1, 26)), copies=(), units=100)}, NOTE),
    ("twin-units", {"patches": patches(copies=tuple((0, n, 1.0) for n in range(1, 25)), units=100)}, NOTHING),
    ("twin-units", {"patches": patches(copies=tuple((0, n, 1.0) for n in range(1, 26)), units=100)}, WARNING),
    # 1/10 + √(2 · 0.1 · 0.9 · ln 10 / 50) = 0.191.
    ("unselective-units", {"patches": patches(purity=0.2)}, NOTHING),
    ("unselective-units", {"patches": patches(purity=0.18)}, WARNING),
    ("overlapping-classes", {"feature_map": feature_map(overlap=(4, 9, 0.049))}, NOTHING),
    ("overlapping-classes", {"feature_map": feature_map(overlap=(4, 9, 0.051))}, NOTE),
    ("overlapping-classes", {"feature_map": feature_map(overlap=(4, 9, 0.21))}, WARNING),
    ("unseparated-features", {"feature_map": feature_map(pixels=0.8, last=0.795)}, NOTHING),
    ("unseparated-features", {"feature_map": feature_map(pixels=0.8, last=0.788)}, WARNING),
    # A quarter of the pixels' errors spared, surely more than none; and half of the way from guessing.
    ("classes-do-not-separate", {"vector_map": vector_map(0.951, pixels=0.934)}, NOTHING),
    ("classes-do-not-separate", {"vector_map": vector_map(0.95, pixels=0.934)}, WARNING),
    ("classes-do-not-separate", {"vector_map": vector_map(0.951, pixels=0.934, half=0.02)}, WARNING),
    ("classes-do-not-separate", {"vector_map": vector_map(0.992, pixels=0.991)}, NOTHING),
    ("classes-do-not-separate", {"vector_map": vector_map(0.56, pixels=0.2)}, NOTHING),
    ("classes-do-not-separate", {"vector_map": vector_map(0.54, pixels=0.2)}, WARNING),
    ("classes-do-not-separate", {"vector_map": vector_map(0.56)}, NOTHING),
    ("classes-do-not-separate", {"vector_map": vector_map(0.54)}, WARNING),
    ("classes-do-not-separate", {"vector_map": vector_map(0.51, truth="values")}, NOTHING),
    ("classes-do-not-separate", {"vector_map": vector_map(0.49, truth="values")}, WARNING),
    ("background-matters", {"occlusion_census": occlusion(off=10)}, NOTHING),
    ("background-matters", {"occlusion_census": occlusion(off=11)}, WARNING),
    ("background-matters", {"occlusion_census": occlusion(off=101)}, ERROR),
    ("nothing-matters", {"occlusion_census": occlusion(on=5)}, NOTHING),
    ("nothing-matters", {"occlusion_census": occlusion(on=4)}, NOTE),
    ("gradient-off-object", {"saliency_census": saliency(0.51)}, NOTHING),
    ("gradient-off-object", {"saliency_census": saliency(0.49)}, NOTE),
    ("gradient-off-object", {"saliency_census": saliency(0.20)}, NOTE),
    # An object on 60 % of the image: halfway from chance to all of it is 0.8.
    ("gradient-off-object", {"saliency_census": saliency(0.81, chance=0.6)}, NOTHING),
    ("gradient-off-object", {"saliency_census": saliency(0.79, chance=0.6)}, NOTE),
    ("saliency-blind-to-weights", {"saliency_census": saliency(correlation=0.49)}, NOTHING),
    ("saliency-blind-to-weights", {"saliency_census": saliency(correlation=0.51)}, WARNING),
    ("class-images-are-noise", {"class_images": class_images(*[0.23] * 2, *[0.1] * 18)}, NOTHING),
    ("class-images-are-noise", {"class_images": class_images(*[0.23] * 3, *[0.1] * 22)}, NOTE),
    ("class-images-are-noise", {"class_images": class_images(*[0.23] * 6, *[0.1] * 4)}, NOTE),
    # half the way from 0.22 to white noise's 0.80 is 0.51
    ("class-images-are-noise", {"class_images": class_images(*[0.52] * 5, *[0.1] * 5)}, NOTE),
    ("class-images-are-noise", {"class_images": class_images(*[0.50] * 6, *[0.1] * 4)}, NOTE),
    ("class-images-are-noise", {"class_images": class_images(*[0.52] * 6, *[0.1] * 4)}, WARNING),
    ("class-images-are-noise", {"class_images": class_images(*[0.52] * 6, *[0.1] * 4, anew=[0.6] * 3)}, NOTE),
    ("class-images-are-noise", {"class_images": class_images(*[0.52] * 6, *[0.1] * 4, anew=[0.5] * 3)}, WARNING),
    ("class-images-miss-their-class", {"class_images": class_images(*[0.1] * 20, rank=(2, *[1] * 19))}, NOTHING),
    ("class-images-miss-their-class", {"class_images": class_images(*[0.1] * 19, rank=(2, *[1] * 18))}, NOTE),
    ("score-near-chance", {"scoreboard": board(0.2)}, NOTHING),
    ("score-near-chance", {"scoreboard": board(0.18)}, ERROR),
    ("score-near-chance", {"scoreboard": board(0.11, name="R²", chance=0.0)}, NOTHING),
    ("score-near-chance", {"scoreboard": board(0.09, name="R²", chance=0.0)}, ERROR),
    ("score-near-chance", {"scoreboard": board(-0.5, name="R²", chance=0.0)}, ERROR),
    ("confused-pair", {"scoreboard": board(confusion=confusion(3, 9))}, NOTHING),
    ("confused-pair", {"scoreboard": board(confusion=confusion(5, 13))}, NOTE),
    ("confused-pair", {"scoreboard": board(confusion=confusion(13, 12))}, WARNING),
    # Two classes have two cells: one always holds at least half.
    ("confused-pair", {"scoreboard": board(confusion=confusion(30, 0, classes=2))}, NOTHING),
    ("sure-mistakes", {"predictions": answers([0], [[0.02, 0.98]])}, NOTHING),
    ("sure-mistakes", {"predictions": answers([0], [[0.005, 0.995]])}, NOTE),
    ("sure-mistakes", {"predictions": answers([1], [[0.005, 0.995]])}, NOTHING),
]  # fmt: skip


@pytest.mark.parametrize(("name", "records", "severity"), CASES)
def test_a_rule_fires_beyond_its_limit_only(name, records, severity):
    report = lint(Evidence(**records), select=[name])
    assert [finding.severity for finding in report.findings] == ([severity] if severity else [])
    assert report.skipped == ()


@pytest.mark.parametrize(
    ("name", "records"),
    [
        ("loss-still-falling", {"curve": curve([1.0, 0.5, 0.2])}),
        ("filters-as-noisy-as-random", {"filters": filters([0.9, 0.9], side=1)}),
        ("activity-rises-with-depth", {"activity": activity(0.1, 0.9)}),
        ("classes-explained-no-better", {"through_training": followed((None, None))}),
        ("everything-active", {"activity": activity(0.99, is_rectified=False)}),
        ("unselective-units", {"patches": patches(purity=0.0, classes=0)}),
        ("overlapping-classes", {"feature_map": feature_map()}),
        (
            "overlapping-classes",
            {"feature_map": feature_map(overlap=(4, 5, 0.4)), "predictions": answers([[0.1]], [[0.1]], "values")},
        ),
        ("classes-do-not-separate", {"vector_map": vector_map(None)}),
        ("gradient-off-object", {"saliency_census": saliency(0.9, chance=0.95)}),
        ("confused-pair", {"scoreboard": board(confusion=confusion(11, 0))}),
        ("confused-pair", {"scoreboard": board()}),
        ("sure-mistakes", {"predictions": answers([[0.1, 0.1]], [[0.1, 0.999]], "values")}),
    ],
)
def test_evidence_that_cannot_tell_is_no_evidence(name, records):
    assert lint(Evidence(**records), select=[name]).skipped == (name,)


def only(name, **records):
    (finding,) = lint(Evidence(**records), select=[name]).findings
    return finding


def test_the_mock_ups_sentences_are_said():
    layer = LayerActivity(
        layer="fc1", units=64, active_share=0.26, dead=tuple(range(22)), always_on=(), maximum=10.0, is_rectified=True
    )
    assert only("dead-units", activity=(layer,)).message == "22 of the 64 units of fc1 are zero for every image."
    noisy = only("filters-as-noisy-as-random", filters=filters([0.81] * 16))
    assert noisy.message.startswith("16 of 16 filters of conv1 are as fine as random ones:")
    assert (noisy.measure.limit, len(noisy.measure.marks)) == (0.65, 16)
    off = only("gradient-off-object", saliency_census=saliency(0.325))
    assert off.message.startswith("The gradient lies on the object only 1.30 times as often as chance")


def test_the_worst_layer_is_named_and_the_others_after_it():
    first, second = activity(0.5, 0.5, dead=3)
    worse = LayerActivity(
        layer="fc1", units=20, active_share=0.1, dead=tuple(range(10)), always_on=(), maximum=1.0, is_rectified=True
    )
    finding = only("dead-units", activity=(first, worse, second))
    assert finding.op == "fc1"
    assert finding.message.endswith("conv1 and conv2 too are above the limit.")


def test_classes_are_called_by_their_names():
    sure = only("sure-mistakes", predictions=answers([0, 1], [[0.004, 0.996], [0.2, 0.8]]))
    assert sure.message == "1 of 1 mistake is sure: image 40 is cat answered dog with probability 0.996."
    mixed = only(
        "overlapping-classes", feature_map=feature_map(overlap=(0, 1, 0.1)), predictions=answers([0], [[0.9, 0.1]])
    )
    assert mixed.message.startswith("cat and dog are the closest pair")


def test_missed_classes_are_named():
    found = only("class-images-miss-their-class", class_images=class_images(*[0.1] * 4, rank=(1, 4, 1, 2)))

    assert found.message.startswith("In 2 of 4 class images (50")
    assert found.message.endswith("than the one it was grown for: class 1 and class 3.")


def test_background_has_wilsons_interval():
    # 20 of 1000 by Wilson: 1.30 to 3.07 %.
    low, high = only("background-matters", occlusion_census=occlusion(off=20)).measure.interval
    assert (low, high) == pytest.approx((1.298, 3.070), abs=0.001)


def test_a_healthy_network_is_left_alone():
    evidence = Evidence(
        curve=curve([1.0, 0.4, 0.2, 0.12, 0.1, 0.1, 0.098, 0.098], [1.3, 0.5, 0.25, 0.15, 0.1, 0.09, 0.08, 0.08]),
        filters=filters([0.1, 0.2, 0.3, 0.7]),
        activity=activity(0.6, 0.52, 0.46, 0.39, 0.26, dead=1),
        patches=patches(purity=0.5),
        feature_map=feature_map(overlap=(4, 9, 0.024), pixels=0.877, last=0.977),
        occlusion_census=occlusion(off=0, on=110),
        saliency_census=saliency(0.6),
        class_images=class_images(*[0.1] * 10),
        scoreboard=board(0.98, confusion=confusion(3, 17)),
        predictions=answers([0, 1], [[0.9, 0.1], [0.6, 0.4]]),
    )
    report = lint(evidence)
    assert report.findings == ()
    assert len(report.silent) == 22


@pytest.mark.parametrize(
    ("score", "pixels", "half", "words"),
    [
        (
            0.951,
            0.934,
            0.01,
            "separate: the 10 nearest neighbours vote for the right class (95.1 %, 95 % from 94.1 % to",
        ),
        (0.951, 0.934, 0.01, "the pixels' neighbours reach 93.4 %, and 26 % of their errors are spared."),
        (0.94, 0.941, 0.01, "do not separate farther than in the pixels: the 10 nearest"),
        (0.94, 0.951, 0.01, "do not separate even as far as in the pixels: the 10 nearest"),
        (0.94, 0.931, 0.005, "do not separate much farther than in the pixels: the 10 nearest"),
        (0.3, 0.2, 0.01, "do not separate: the 10 nearest neighbours vote for the right class (30.0 %"),
        (0.999, 0.995, 0.001, "separate: the 10 nearest neighbours"),
        (0.999, 0.995, 0.001, "; the pixels alone do as well (99.5 %)."),
        (0.99, 0.995, 0.01, "separate: the 10 nearest neighbours"),
        (0.6, 0.995, 0.01, "do not separate even as far as in the pixels: the 10 nearest"),
        (0.6, 0.995, 0.01, "; the pixels alone do better (99.5 %)."),
    ],
)
def test_the_verdict_is_said_either_way(score, pixels, half, words):
    layer = vector_map(score, pixels=pixels, half=half).judged

    verdict = separation_verdict(layer)

    said = verdict.words.replace("\u202f", " ")
    assert said.startswith("At fc1 the classes ")
    assert words in said
    assert verdict.separates == ("do not" not in said)
