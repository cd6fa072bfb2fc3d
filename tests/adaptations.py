"""Adaptations written by hand: what a measurement of flowers with a small network might have found."""

from dataclasses import replace

from striate.records import (
    Adaptation,
    Candidate,
    CurvePoint,
    CutPoint,
    EpochRow,
    Estimate,
    InputWay,
    LayerComparison,
    LearningCurve,
    NetworkComparison,
    Probe,
    Quadrant,
    ReceiptRow,
    ReceiptSection,
    Recipe,
    Regime,
    TrainingCurve,
)

NAMES = ("blocks.1", "blocks.2", "blocks.3", "blocks.4", "blocks.5", "the end")
SHARES = (0.21, 0.34, 0.48, 0.63, 0.85, 1.0)
PROBED = (0.552, 0.661, 0.742, 0.846, 0.839, 0.822)


def estimate(mean, half=0.02, count=800):
    return Estimate(mean=mean, interval=(mean - half, mean + half), error=half / 2, count=count)


def cut(name, share, width=40):
    return CutPoint(
        name=name,
        op=f"{name}/add",
        path=name,
        turn=0,
        side="after",
        over=(2, 3),
        shape=(width, 14, 14),
        features=width,
        macs=round(share * 385_000_000),
        parameters=round(share * 3_370_000),
        macs_share=share,
    )


def probe(name, mean):
    return Probe(
        cut=name, estimate=estimate(mean), penalty=0.01, loss=1 - mean, difference=estimate(mean - PROBED[-1], 0.015)
    )


def regime(name, title, cut="blocks.4", hidden=(), trained="head", **changes):
    made = {"lecture": "", "start": "new", "rate": 0.0, "body_rate": 1.0, "norm": "keep", "epochs": 0} | changes
    return Regime(name=name, title=title, cut=cut, hidden=hidden, trained=trained, **made)


def candidate(regime, mean, difference, outcome, reason="", **changes):
    made = {
        "rung": 2,
        "macs": 243_000_000,
        "parameters": 430_000,
        "trained_parameters": 4100,
        "seconds": 21.0,
        "memory_bytes": 48 * 2**20,
    } | changes
    return Candidate(
        regime=regime,
        estimate=None if mean is None else estimate(mean),
        difference=None
        if difference is None
        else Estimate(mean=difference[0], interval=difference[1:], error=0.01, count=800),
        outcome=outcome,
        reason=reason,
        **made,
    )


def looked(rate, norm, rung, score):
    return {"rate": rate, "norm": norm, "rung": rung, "score": score}


TRIED = (
    looked(0.0001, "keep", 0, 0.71),
    looked(0.001, "keep", 0, 0.80),
    looked(0.01, "keep", 0, 0.52),
    looked(0.001, "train", 1, 0.82),
    looked(0.001, "keep", 1, 0.83),
)

CANDIDATES = (
    candidate(
        regime(
            "cut at blocks.4 + 1 FC",
            "Cut at blocks.4, one new layer, frozen",
            hidden=(64,),
            lecture="different, little",
        ),
        0.884,
        None,
        "chosen",
        "the best score, and none as good is cheaper",
    ),
    candidate(
        regime(
            "cut + fine-tune", "Cut at blocks.4, all fine-tuned", trained="all", rate=0.001, body_rate=0.1, epochs=12
        ),
        0.879,
        (-0.005, -0.021, 0.011),
        "as good",
        "no measurable difference, and 14 times the time",
        trained_parameters=434_100,
        seconds=301.0,
        memory_bytes=610 * 2**20,
        tried=TRIED,
    ),
    candidate(
        regime(
            "fine-tune all",
            "The whole network, new output, all fine-tuned",
            cut="the end",
            trained="all",
            lecture="different, much",
            rate=0.001,
            body_rate=0.1,
            epochs=12,
        ),
        0.871,
        (-0.013, -0.029, 0.003),
        "as good",
        "no measurable difference, and more work",
        macs=385_000_000,
        parameters=3_370_000,
        trained_parameters=3_370_000,
        seconds=422.0,
        memory_bytes=890 * 2**20,
        tried=TRIED,
    ),
    candidate(
        regime(
            "last block", "The last block and a new output", cut="the end", trained="last block", rate=0.001, epochs=12
        ),
        0.851,
        (-0.033, -0.051, -0.015),
        "worse",
        "worse by more than its interval",
        macs=385_000_000,
        parameters=3_370_000,
        trained_parameters=717_000,
        seconds=120.0,
        memory_bytes=230 * 2**20,
    ),
    candidate(
        regime("frozen", "Frozen network, new output", cut="the end", start="probe", lecture="similar, little"),
        0.843,
        (-0.041, -0.060, -0.022),
        "worse",
        "worse by more than its interval",
        macs=385_000_000,
        parameters=3_370_000,
        trained_parameters=12_800,
        seconds=9.0,
    ),
    candidate(
        regime(
            "first block", "The first block and a new output", cut="the end", trained="first block", rate=0.01, epochs=2
        ),
        0.61,
        (-0.274, -0.301, -0.247),
        "dropped",
        "behind by more than both intervals after the first look",
        rung=0,
    ),
    candidate(
        regime(
            "fine-tune, train norms",
            "All fine-tuned, batch normalisation trained",
            cut="the end",
            trained="all",
            rate=0.1,
        ),
        None,
        None,
        "lost",
        "the loss left the finite numbers at rate 0.1 and at 0.03",
        tried=(looked(0.1, "train", 0, float("nan")), looked(0.03, "train", 0, float("nan"))),
        rung=0,
    ),
    candidate(
        regime(
            "probe then fine-tune",
            "Output from the probe, then all fine-tuned",
            cut="the end",
            trained="all",
            start="probe",
        ),
        None,
        None,
        "not measured",
        "it would have taken 9 min, and 2 min were left",
        rung=0,
        seconds=540.0,
    ),
)

QUADRANT = Quadrant(
    similarity="different",
    similarity_why="The probe at blocks.4 is 2.4 points (0.9 to 3.9) above the one at the end.",
    amount="little",
    amount_why="The last doubling, from 400 to 800 samples, still brought 3.1 points (1.2 to 5.0).",
    is_sure=True,
)


def curve(name, top, *, forecast=True):
    points = tuple(
        CurvePoint(samples=samples, estimate=estimate(top - 0.03 * steps, 0.02 + 0.01 * steps))
        for steps, samples in zip((4, 3, 2, 1, 0), (50, 100, 200, 400, 800), strict=True)
    )
    return LearningCurve(
        cut=name,
        points=points,
        forecast=top + 0.027 if forecast else None,
        forecast_interval=(top + 0.005, top + 0.049) if forecast else None,
        last_gain=estimate(0.031, 0.019) if forecast else None,
    )


INPUTS = (
    InputWay(
        name="resize",
        title="Scaled to 224×224",
        shape=(3, 224, 224),
        estimate=estimate(0.822),
        difference=None,
        macs=385_000_000,
    ),
    InputWay(
        name="dense",
        title="As it is, 320×320, answers averaged",
        shape=(3, 320, 320),
        estimate=estimate(0.831),
        difference=estimate(0.009, 0.012),
        macs=786_000_000,
    ),
    InputWay(
        name="global pooling",
        title="As it is, features averaged",
        shape=(3, 320, 320),
        estimate=None,
        difference=None,
        macs=786_000_000,
        reason="attention reads positions of 14×14 only",
    ),
)


def adaptation(**changes):
    made = {
        "network": "timm:efficientnet_lite0",
        "data": "flowers",
        "output": "classes",
        "score_name": "accuracy",
        "chance": 0.12,
        "cuts": tuple(cut(name, share) for name, share in zip(NAMES, SHARES, strict=True)),
        "probes": tuple(probe(name, mean) for name, mean in zip(NAMES, PROBED, strict=True)),
        "curves": (curve("blocks.4", 0.846), curve("the end", 0.822)),
        "quadrant": QUADRANT,
        "inputs": INPUTS,
        "candidates": CANDIDATES,
        "chosen": "cut at blocks.4 + 1 FC",
        "why": "The cheapest of those whose difference to the best is not measurable.",
        "folds": 5,
        "training_count": 800,
        "test": Estimate(mean=0.884, interval=(0.851, 0.910), error=0.0226, count=200),
        "test_usual": Estimate(mean=0.843, interval=(0.79, 0.887), error=0.0257, count=200),
        "test_difference": Estimate(mean=0.041, interval=(0.012, 0.070), error=0.0148, count=200),
        "budget_s": 600.0,
        "told_s": 200.0,
        "seconds": 183.0,
        "told": ("7 files could not be read and were set aside.",),
        "events": ("The held-out loss rose for 3 epochs; training went back to epoch 6.",),
    }
    return Adaptation(**(made | changes))


def regression():
    """R² instead of accuracy, nothing held out, the usual way chosen, nothing asked about inputs."""
    usual = CANDIDATES[4].regime
    only = candidate(usual, 0.41, None, "chosen", "the only one", macs=385_000_000)
    return adaptation(
        output="values",
        score_name="R²",
        chance=0.0,
        candidates=(only,),
        chosen=usual.name,
        inputs=(),
        curves=(),
        test=None,
        test_usual=None,
        test_difference=None,
        told=(),
        events=(),
        quadrant=replace(QUADRANT, is_sure=False),
    )


def large():
    """Twelve cuts of long names and thirty candidates."""
    names = [f"features.stage{place // 4}.residual_block{place % 4}.projection" for place in range(11)] + ["the end"]
    shares = [(place + 1) / 12 for place in range(12)]
    many = [CANDIDATES[0]] + [
        candidate(
            regime(
                f"cut at {names[place % 11]} + {place} FC",
                f"Cut at {names[place % 11]}",
                cut=names[place % 11],
                hidden=(64,),
            ),
            0.88 - 0.01 * place,
            (-0.004 - 0.01 * place, -0.02 - 0.01 * place, 0.012 - 0.01 * place),
            "as good" if place < 2 else "worse",
            "measured",
        )
        for place in range(29)
    ]
    many[0] = replace(many[0], regime=replace(many[0].regime, cut=names[6]))
    return adaptation(
        cuts=tuple(cut(name, share) for name, share in zip(names, shares, strict=True)),
        probes=tuple(probe(name, 0.5 + 0.03 * place) for place, name in enumerate(names)),
        curves=(curve(names[6], 0.8),),
        candidates=tuple(many),
    )


RECEIPT = (
    ReceiptSection(
        title="Loaded",
        rows=(
            ReceiptRow(
                label="Weights",
                value="311 of 311 tensors, 100 % of the values",
                checked=True,
                how="compared name by name",
            ),
            ReceiptRow(label="SHA-256", value="f1b2" * 16, checked=True, how="of the file that was read"),
            ReceiptRow(label="Preprocessing", value="resize 256, centre 224, mean 0.5, std 0.5"),
        ),
    ),
    ReceiptSection(
        title="Frozen",
        rows=(ReceiptRow(label="Frozen tensors", value="184 of 184 with equal hashes before and after", checked=True),),
    ),
    ReceiptSection(title="Data", rows=(ReceiptRow(label="Files set aside", value="7 of 1007"),)),
)


def layer(name, share, similarity, change):
    return LayerComparison(
        name=name,
        macs_share=share,
        units=32,
        similarity=similarity,
        interval=(similarity - 0.02, min(1.0, similarity + 0.02)),
        matched=similarity - 0.05,
        matched_quartiles=(similarity - 0.15, similarity - 0.05, similarity - 0.01),
        matched_by_chance=0.21,
        change=change,
    )


COMPARISON = NetworkComparison(
    before="timm:efficientnet_lite0",
    after="adapted",
    images=256,
    data="flowers",
    layers=(
        layer("conv_stem", 0.05, 1.0, 0.0),
        layer("blocks.1.0.conv_pw", 0.2, 0.99, 0.01),
        layer("blocks.2.0.conv_pw", 0.35, 0.95, 0.05),
        layer("blocks.3.0.conv_pw", 0.48, 0.91, 0.11),
        layer("blocks.4.0.conv_pw", 0.63, 0.54, 0.32),
    ),
    alone=("conv_head", "head.0", "head.3"),
)

CURVE = TrainingCurve(
    recipe=Recipe(optimizer="adamw", rate=0.001, epochs=4, batch=32, weight_decay=0.01),
    epochs=tuple(
        EpochRow(epoch=epoch, train_loss=loss, validation_loss=loss + 0.1, score=1 - loss / 3, rate=0.001, seconds=3.1)
        for epoch, loss in enumerate((2.2, 1.1, 0.6, 0.4, 0.3))
    ),
    score_name="accuracy",
    train_count=720,
    validation_count=80,
    events=((3.0, "went back"),),
)
