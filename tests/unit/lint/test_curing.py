"""`fixed` takes the cures that help, and says of the others why not."""

from dataclasses import replace

import pytest

from striate.blueprint import Blueprint
from striate.checking import check
from striate.findings import Cure, before, set_argument
from striate.lint import RULES, fixed, lint, offers

BAD = Blueprint.from_text(
    "input 1x28x28; conv 5x5 8 padding 0, relu; maxpool 1; (conv 3x3 16 bias on, batchnorm, relu) x2; dropout 0.2; "
    "conv 1x1 32 stride 2, relu; fc 64, relu; classes 10"
)


def with_cure(monkeypatch, name, cure):
    """Let a rule offer another cure."""
    judge = type(RULES[name]).judge
    monkeypatch.setattr(
        type(RULES[name]), "judge", lambda self, seen: (replace(f, cure=cure) for f in judge(self, seen))
    )


def test_cures_are_taken_gravest_first_until_nothing_is_left_to_cure():
    done = fixed(BAD)

    assert [offer.finding.name for offer in done.taken] == [
        "stride-above-kernel",
        "window-1-pooling",
        "dropout-beside-batchnorm",
        "fc-holds-most-parameters",
        "unaligned-padding",
        "conv-bias-before-batchnorm",
    ]
    assert done.refused == ()
    assert done.plan.to_text() == (
        "input 1x28x28; conv 5x5 8, relu; (conv 3x3 16 bias off, batchnorm, relu) x2; conv 3x3 32 stride 2, relu; "
        "globalavgpool; fc 64, relu; classes 10"
    )
    assert [finding.name for finding in done.report.findings] == ["top-cannot-see-input"]
    assert BAD.to_text().startswith("input 1x28x28; conv 5x5 8 padding 0, relu; maxpool 1")


def test_each_step_begins_where_the_one_before_it_ended():
    taken = fixed(BAD).taken

    assert [offer.before for offer in taken[1:]] == [offer.after for offer in taken[:-1]]


def test_a_cure_that_brings_a_graver_finding_is_refused(monkeypatch):
    # A note's cure that puts a pooling over one pixel, which is a warning.
    with_cure(
        monkeypatch,
        "unaligned-padding",
        Cure(edits=(set_argument("conv1", "padding", None), before("conv1", "maxpool 1"))),
    )
    plan = Blueprint.from_text("input 1x16x16; conv 3x3 8 padding 0, relu; globalavgpool; classes 2")
    done = fixed(plan)

    assert done.plan == plan
    assert [offer.obstacle for offer in done.refused] == ["it would bring window-1-pooling, which is graver"]


@pytest.mark.parametrize(
    ("cure", "words"),
    [
        (
            Cure(edits=(set_argument("conv1", "kernel", (99,)), set_argument("conv1", "padding", (0,)))),
            "it cannot be applied: a window must fit",
        ),
        (Cure(edits=(set_argument("conv1", "width", 9),)), "the finding would still be there"),
        (Cure(edits=(set_argument("conv9", "width", 9),)), "it cannot be applied: op must be a known name"),
    ],
)
def test_a_cure_that_does_not_help_is_refused_with_its_reason(monkeypatch, cure, words):
    with_cure(monkeypatch, "unaligned-padding", cure)
    plan = Blueprint.from_text("input 1x16x16; conv 3x3 8 padding 0, relu; globalavgpool; classes 2")
    done = fixed(plan)

    assert done.plan == plan
    assert len(done.refused) == 1
    assert words in done.refused[0].obstacle


def test_what_is_allowed_is_not_cured():
    plan = Blueprint.from_text(
        'input 1x16x16; conv 3x3 8 padding 0, relu; globalavgpool; classes 2; allow SHP002 because "So."'
    )
    done = fixed(plan)

    assert done.plan == plan
    assert done.taken == done.refused == ()


def test_an_offer_tells_each_cure_alone():
    report = lint(graph=BAD.graph())
    made = {offer.finding.name: offer for offer in offers(BAD, report)}

    # Removing the pooling over one pixel saves its map: 8·24·24 values of 4 bytes and as many indices of 8, not the input's.
    offer = made["window-1-pooling"]
    assert (offer.before.params, offer.before.macs) == (offer.after.params, offer.after.macs)
    assert offer.before.kept_bytes - offer.after.kept_bytes == 8 * 24 * 24 * (4 + 8)
    assert offer.cure.is_same_function


@pytest.mark.parametrize("batch", [1, 8])
def test_a_cure_is_weighed_at_the_batch_that_was_checked(batch):
    plan = Blueprint.from_text("input 1x16x16; conv 3x3 8 padding 0, relu; globalavgpool; classes 2")
    (offer,) = check(plan, batch=batch, select=["unaligned-padding"]).offers()

    # 14² or 16² places × 8 × 9, and 8 × 2, for each image
    assert (offer.before.macs, offer.after.macs) == (batch * 14128, batch * 18448)
    (taken,) = fixed(plan, select=["unaligned-padding"], batch=batch).taken
    assert (taken.before, taken.after) == (offer.before, offer.after)
