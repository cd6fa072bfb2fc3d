"""A cure ends its finding, on its rule's own example, and the blueprint still checks."""

from functools import cache

import pytest

from contract.examples import run
from striate.blueprint import Blueprint, edited
from striate.findings import SEVERITIES
from striate.lint import RULES, TableRule, fixed, lint
from striate.lint.page import code

DESIGN = {rule.name: rule for rule in RULES.values() if isinstance(rule, TableRule)}
# No single edit is the evident one: layers, pooling or a larger kernel all would do.
WITHOUT_CURE = {
    "top-cannot-see-input",  # layers, pooling or a larger kernel
    "layers-past-the-border",  # a larger input, or fewer layers
    "work-on-padding",  # a larger input, or fewer steps
    "macs-in-one-layer",  # a smaller kernel, fewer filters, or a smaller map
    "memory-in-one-stage",  # a step earlier, which every later map feels
    "optimizer-step-is-the-peak",  # another optimiser, or fewer parameters
}
# What no blueprint can say: branches, transposed convolutions, parameters nothing reads, layers behind the output.
NO_BLUEPRINT = {
    "checkerboard-upsampling", "subsampling-shortcut", "misaligned-merge", "unused-parameters", "unread-branch",
    "activation-at-the-output",
}  # fmt: skip
CURED = [rule for name, rule in DESIGN.items() if name not in WITHOUT_CURE | NO_BLUEPRINT]
# What is left of the example's parameters and MACs, by hand: see each comment.
EFFECTS = {
    # conv 9·16 + 16, fc 16·64 + 64, classes 650; MACs 28²·16·9 + 1024 + 640
    "fc-holds-most-parameters": (160 + 1088 + 650, 112896 + 1664),
    # 448 + 3·(9·16·16 + 16) + 170; 32²·16·27 + 3·16²·16·144 + 160
    "large-kernel-where-small-do": (448 + 3 * 2320 + 170, 442368 + 3 * 589824 + 160),
    # 208 + 2320·… : conv 5×5 from 1 to 8, 3×3 from 8 to 16, 3×3 from 16 to 16, classes
    "unaligned-padding": (208 + 1168 + 2320 + 170, 784 * 200 + 196 * 1152 + 196 * 2304 + 160),
    # the same layers without their 8 biases
    "conv-bias-before-batchnorm": (200 + 16 + 1168 + 2 * 2320 + 170, 784 * 200 + 196 * (1152 + 2 * 2304) + 160),
}


@cache
def example(rule):
    return run(code(rule.sections()["Example"]))


def table(rule):
    made = example(rule)
    return made.graph() if isinstance(made, Blueprint) else made


@pytest.mark.parametrize("rule", CURED, ids=lambda rule: rule.name)
def test_after_the_cure_the_rule_is_silent_and_nothing_graver_has_come(rule):
    plan = example(rule)
    (finding,) = lint(graph=plan.graph()).findings
    made = edited(plan, finding.cure.edits)
    report = lint(graph=made.graph())

    assert rule.name in report.silent
    assert all(SEVERITIES.index(new.severity) >= SEVERITIES.index(finding.severity) for new in report.findings)
    assert Blueprint.from_text(made.to_text()) == made


@pytest.mark.parametrize("name", sorted(WITHOUT_CURE))
def test_a_rule_without_an_evident_cure_offers_none(name):
    (finding,) = lint(graph=example(DESIGN[name]).graph()).findings

    assert finding.cure is None


@pytest.mark.parametrize("name", EFFECTS)
def test_the_effect_is_told_beforehand(name):
    done = fixed(example(DESIGN[name]), select=[name])

    assert [offer.finding.name for offer in done.taken] == [name]
    assert (done.taken[0].after.params, done.taken[0].after.macs) == EFFECTS[name]


@pytest.mark.parametrize("rule", DESIGN.values(), ids=lambda rule: rule.name)
def test_an_example_is_allowed_at_its_op(rule):
    graph = table(rule)
    (finding,) = lint(graph=graph, select=[rule.name]).findings
    report = lint(
        graph=graph, select=[rule.name], allow={rule.name: {finding.op: "Looked at."} if finding.op else "Looked at."}
    )

    assert report.unused == ()
    assert [covered.finding.op for covered in report.allowed] == [finding.op]
    assert finding.op not in {left.op for left in report.findings}
