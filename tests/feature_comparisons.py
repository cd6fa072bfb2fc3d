"""A comparison of features written by hand: what a small network's layers and one descriptor might have reached."""

from striate.records import (
    Downstream,
    DownstreamRow,
    Estimate,
    FewShotCurve,
    FewShotPoint,
    NotMeasured,
)


def estimate(mean, half=0.02):
    return Estimate(mean=mean, interval=(mean - half, mean + half), error=half / 2, count=800)


def row(features, family, mean, source="network"):
    return DownstreamRow(
        features=features, source=source, width=64, family=family, estimate=estimate(mean), to_best=estimate(mean - 0.97, 0.01),
        to_constant=estimate(mean - 0.1), setting_name="penalty", settings=(3.0, 30.0), fit_s=0.12,
    )  # fmt: skip


def curve(features, family, means, source="network"):
    points = tuple(
        FewShotPoint(per_class=shots, mean=mean, interval=(mean - 0.05, mean + 0.05), draws=5)
        for shots, mean in zip((1, 2, 5), means, strict=True)
    )
    return FewShotCurve(features=features, source=source, family=family, points=points)


FOUND = Downstream(
    data="digits",
    network="runs/a",
    layers=("conv1", "conv2"),
    output="classes",
    samples=800,
    folds=5,
    constant=estimate(0.1),
    rows=(
        row("conv2", "logistic", 0.97),
        row("conv2", "ridge", 0.965),
        row("conv1", "logistic", 0.93),
        row("HOG", "RBF SVM", 0.92, "hand-made"),
        row("conv1", "ridge", 0.91),
        row("HOG", "ridge", 0.9, "hand-made"),
    ),
    to_hand_made=estimate(0.05),
    left_out=(NotMeasured(features="HOG", family="MLP", reason="about 2 min"),),
    curves=(
        curve("conv1", "logistic", (0.5, 0.6, 0.7)),
        curve("conv2", "logistic", (0.6, 0.8, 0.9)),
        curve("conv2", "k-NN", (0.65, 0.8, 0.85)),
        curve("HOG", "logistic", (0.4, 0.5, 0.6), "hand-made"),
    ),
    told=("4 folds instead of 5.",),
    seconds=75.0,
)
