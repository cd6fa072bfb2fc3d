"""What the rules on shortcuts say at their limits, and what rules that find nothing tell."""

from statistics import NormalDist

import numpy as np
import pytest
from scipy.stats import binomtest

from striate.lint import lint
from striate.lint.rules.one_place_decides import beyond
from striate.records import (
    Background,
    BackgroundPair,
    Counted,
    Evidence,
    Exchange,
    ExchangedPlace,
    OcclusionCensus,
    OnObject,
    PastedPatch,
    Shortcuts,
    TellingPixels,
)

BOX = (0, 0, 7, 7)


def exchange(place=None, telling=None, patches=()):
    one = np.zeros(1, np.float32)
    return Exchange(
        boxes=(BOX,), fall=one, own_fall=one, spread=one, shuffled=0.1, decisive=place, telling=telling,
        patches=tuple(patches), images=180, passes=9000,
    )  # fmt: skip


def place(hits, own=0, trials=100):
    return ExchangedPlace(
        box=BOX, others=Counted(hits=hits, trials=trials), own=Counted(hits=own, trials=trials), spread=0.1
    )


def judged(**parts):
    return lint(Evidence(shortcuts=Shortcuts(images=200, right=180, **parts)), select=["SHC"])


def named(report):
    return [(finding.name, finding.severity) for finding in report.findings]


def test_wilsons_interval_is_that_worked_out_by_hand():
    # n = 40, 8 hits: (0.2 + 0.04802 ± 1.96 · sqrt(0.2 · 0.8 / 40 + 0.0006)) / 1.09604
    low, high = Counted(hits=8, trials=40).interval()

    assert (low, high) == pytest.approx((0.1050, 0.3476), abs=5e-4)
    assert Counted(hits=0, trials=0).interval() == (0.0, 1.0)


@pytest.mark.parametrize(("hits", "level"), [(0, 0.95), (3, 0.95), (40, 0.95), (8, 0.999)])
def test_intervals_of_any_width_are_scipys(hits, level):
    exact = binomtest(hits, 40).proportion_ci(level, method="wilson")

    assert Counted(hits=hits, trials=40).interval(NormalDist().inv_cdf((1 + level) / 2)) == pytest.approx(
        (exact.low, exact.high), abs=1e-12
    )


@pytest.mark.parametrize(("hits", "own", "is_found"), [(23, 0, True), (21, 0, False), (60, 55, False), (60, 40, True)])
def test_a_place_must_lie_above_its_limit_and_above_its_own_class_by_both_intervals(hits, own, is_found):
    # 23 of 100 lie above 15.8 %, 21 above 14.2 %; 60 above 50.2 %, where 40 end at 49.8 % and 55 at 64.4 %.
    assert named(judged(exchange=exchange(place(hits, own)))) == (
        [("one-place-decides", "warning")] if is_found else []
    )


def test_without_a_place_away_from_the_object_two_rules_cannot_look():
    assert {"one-place-decides", "patch-decides-class"} <= set(judged(exchange=exchange()).skipped)


def test_more_classes_ask_for_more_of_a_patch():
    def patch(hits):
        some = Counted(hits=hits, trials=40)
        nothing = Counted(hits=0, trials=40)
        return PastedPatch(
            target=3, box=BOX, sample=7, turned=some, elsewhere=nothing, own=nothing, turned_samples=((1, 7),)
        )

    alone, among = exchange(patches=[patch(12)]), exchange(patches=[patch(12), *[patch(0)] * 9])

    assert named(judged(exchange=alone)) == [("patch-decides-class", "warning")]
    assert named(judged(exchange=among)) == []
    assert judged(exchange=among).figures["patch-decides-class"] == (
        "the patch that turns most turns 12 of 40 images to its class"
    )


def test_a_patch_no_better_than_its_images_elsewhere_hides_no_other():
    def patch(target, hits, elsewhere):
        some, other = Counted(hits=hits, trials=40), Counted(hits=elsewhere, trials=40)
        return PastedPatch(
            target=target, box=BOX, sample=7, turned=some, elsewhere=other, own=Counted(hits=0, trials=40),
            turned_samples=((1, 7),),
        )  # fmt: skip

    hidden = judged(exchange=exchange(patches=[patch(0, 40, 40), patch(1, 38, 0), patch(2, 37, 37)]))
    both = judged(exchange=exchange(patches=[patch(0, 40, 40), patch(1, 38, 0), patch(2, 37, 0)]))

    assert named(hidden) == [("patch-decides-class", "warning")]
    assert "38 of 40" in hidden.findings[0].message
    assert "more class" not in hidden.findings[0].message
    assert "1 more class can be pasted" in both.findings[0].message


def test_pixels_that_are_followed_are_a_warning_and_others_a_note_if_they_tell_nearly_all():
    def pixels(told, hits):
        return TellingPixels(
            mask=np.eye(4, dtype=bool), told=told, chance=0.1, others=Counted(hits=hits, trials=100),
            own=Counted(hits=0, trials=100),
        )  # fmt: skip

    assert named(judged(exchange=exchange(telling=pixels(0.5, 20)))) == [("pixels-give-class-away", "warning")]
    assert named(judged(exchange=exchange(telling=pixels(1.0, 2)))) == [("pixels-give-class-away", "note")]
    assert named(judged(exchange=exchange(telling=pixels(0.9, 2)))) == []
    assert (
        judged(exchange=exchange(telling=pixels(0.9, 8)))
        .figures["pixels-give-class-away"]
        .endswith("apart, 8 of 100 answers follow them")
    )


def test_backgrounds_that_tell_and_do_not_decide_are_a_note():
    def behind(moved, right):
        return Background(
            known_share=1.0, is_given=False, alone=Counted(hits=30, trials=100), chance=0.1, permuted=0.15,
            pair=BackgroundPair(one=0, other=1, right=Counted(hits=right, trials=40)), pairs=45,
            moved=Counted(hits=moved, trials=100), kept=Counted(hits=100 - moved, trials=100),
            own=Counted(hits=0, trials=100), moved_samples=(),
        )  # fmt: skip

    assert named(judged(background=behind(20, 39))) == [("background-decides", "warning")]
    assert named(judged(background=behind(2, 39))) == [("background-decides", "note")]
    assert named(judged(background=behind(2, 32))) == []


def test_few_given_objects_are_no_judgement():
    def covered(count, share):
        return OnObject(
            shares=np.full(count, share, np.float32), areas=np.full(count, 0.2, np.float32),
            shifted=np.full(count, 0.2, np.float32), samples=tuple(range(count)), window_px=(4, 4), shifted_low=0.12,
        )  # fmt: skip

    assert named(judged(on_object=covered(8, 0.1))) == [("effect-off-object", "warning")]
    assert named(judged(on_object=covered(8, 0.3))) == []
    assert "effect-off-object" in judged(on_object=covered(7, 0.1)).skipped


def test_a_limit_is_passed_by_the_lower_end():
    assert beyond(Counted(hits=30, trials=100), Counted(hits=0, trials=100), 20.0)
    assert not beyond(Counted(hits=30, trials=100), Counted(hits=0, trials=100), 22.0)


def test_a_rule_that_found_nothing_tells_its_figure_and_one_that_found_something_does_not():
    def census(changed):
        return Evidence(
            occlusion_census=OcclusionCensus(
                images=9, off_squares=2000, off_changed=changed, on_squares=100, on_changed=40, window_px=(7, 7),
                stride_px=(3, 3),
            )
        )  # fmt: skip

    quiet, loud = lint(census(4)), lint(census(400))

    assert quiet.figures["background-matters"].replace("\u202f", " ") == (
        "4 of 2000 squares off the object change an answer"
    )
    assert set(quiet.figures) <= set(quiet.silent)
    assert "background-matters" not in loud.figures
    assert loud.figures["nothing-matters"] == "40 of 100 squares on the object change an answer"
