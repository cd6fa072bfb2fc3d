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


def conv(read, made, side, kernel=3, groups=1, bias=1):
    """Parameters and MACs of a convolution, at side² places."""
    weights = read // groups * made * kernel**2
    return weights + bias * made, weights * side**2


def fc(read, made):
    """Parameters and MACs of a fully connected layer."""
    return read * made + made, read * made


def norm(channels):
    """Scale and shift of a normalisation."""
    return 2 * channels, 0


# The layers of the example after its cure, written down by hand.
EFFECTS = {
    "fc-holds-most-parameters": [conv(1, 16, 28), fc(16, 64), fc(64, 10)],
    "large-kernel-where-small-do": [conv(3, 16, 32), *[conv(16, 16, 16)] * 3, fc(16, 10)],
    "unaligned-padding": [conv(1, 8, 28, 5), conv(8, 16, 14), conv(16, 16, 14), fc(16, 10)],
    "conv-bias-before-batchnorm": [
        conv(1, 8, 28, 5, bias=0), norm(8), conv(8, 16, 14), *[conv(16, 16, 14)] * 2, fc(16, 10)
    ],
    "kernel-above-map": [
        conv(3, 16, 32), conv(16, 16, 16), conv(16, 16, 8), conv(16, 32, 4), conv(32, 32, 4, 7, groups=32), fc(32, 10)
    ],
    # three steps are left: 16, 8, 4, 4, 4
    "map-collapses": [conv(3, 16, 16), conv(16, 16, 8), *[conv(16, 16, 4)] * 3, conv(16, 32, 4), fc(512, 10)],
    "stem-too-eager": [conv(3, 32, 16, 7), *[conv(32, 32, 16)] * 2, fc(32, 10)],
    "slow-reduction": [
        conv(3, 16, 64), *[conv(16, 16, 32)] * 4, conv(16, 32, 32), conv(32, 32, 32), *[conv(32, 32, 16)] * 2, fc(32, 10)
    ],
    "large-pooling-window": [conv(3, 16, 64), conv(16, 16, 32), conv(16, 32, 16), *[conv(32, 32, 16)] * 3, fc(32, 10)],
    "pooling-after-pooling": [
        conv(3, 16, 64), conv(16, 16, 64), conv(16, 16, 32), conv(16, 32, 16), *[conv(32, 32, 16)] * 3, fc(32, 10)
    ],
    "odd-input-side": [conv(3, 16, 16), conv(16, 32, 16), *[conv(32, 32, 16)] * 3, fc(32, 10)],
    "dilation-holes": [conv(3, 16, 32), conv(16, 16, 16), conv(16, 32, 16), *[conv(32, 32, 16)] * 3, fc(32, 10)],
    "channels-off-the-grid": [conv(3, 32, 32), conv(32, 56, 16), *[conv(56, 56, 16)] * 3, fc(56, 10)],
    "narrow-groups": [conv(3, 32, 32), conv(32, 32, 16, groups=2), *[conv(32, 32, 16)] * 3, fc(32, 10)],
    "width-jump": [conv(3, 8, 32), conv(8, 32, 16), conv(32, 64, 16), *[conv(64, 64, 16)] * 2, fc(64, 10)],
    "thousands-of-filters": [
        conv(3, 32, 32), conv(32, 64, 16), conv(64, 512, 16, 1), conv(512, 1024, 16), conv(1024, 32, 16), fc(32, 10)
    ],
    "unmixed-groups": [conv(3, 32, 16), *[conv(32, 32, 16, groups=32)] * 4, conv(32, 32, 16, 1), fc(32, 10)],
    "fixed-size-head": [conv(1, 16, 28), conv(16, 16, 14), conv(16, 32, 7), conv(32, 16, 7), fc(16, 10)],
    "large-final-representation": [conv(3, 128, 64), *[conv(128, 128, 32, 5)] * 5, fc(128, 10)],
    "narrow-final-representation": [conv(3, 16, 32), *[conv(16, 16, 16)] * 3, conv(16, 32, 16), fc(32, 100)],
    "deep-head": [conv(3, 32, 32), conv(32, 64, 16), *[conv(64, 64, 16)] * 3, fc(64, 64), fc(64, 10)],
    "batchnorm-over-few-values": [
        conv(3, 16, 32), conv(16, 16, 32), conv(16, 32, 16), *[conv(32, 32, 16)] * 3, fc(32, 32), norm(32), fc(32, 10)
    ],
    "deep-without-normalisation": [
        conv(3, 16, 64, bias=0), *[conv(16, 16, 64, bias=0)] * 2, conv(16, 32, 32, bias=0),
        *[conv(32, 32, 32, bias=0)] * 2, *[conv(32, 32, 16, bias=0)] * 5, *[norm(16)] * 3, *[norm(32)] * 8, fc(32, 10),
    ],
    "saturating-activations": [conv(3, 16, 32), conv(16, 16, 32), conv(16, 32, 16), *[conv(32, 32, 16)] * 3, fc(32, 10)],
}  # fmt: skip


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
    params, macs = map(sum, zip(*EFFECTS[name], strict=True))
    assert (done.taken[0].after.params, done.taken[0].after.macs) == (params, macs)


def test_every_rule_whose_example_is_a_blueprint_has_a_cure_or_a_reason_for_none():
    assert {name for name, rule in DESIGN.items() if not isinstance(example(rule), Blueprint)} == NO_BLUEPRINT
    assert set(DESIGN) > WITHOUT_CURE


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
