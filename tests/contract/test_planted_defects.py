"""Each rule's defect, planted in five different architectures, is found at the op where it was planted, and can be allowed there."""

import re
from functools import cache

import pytest
import torch

from contract.architectures import ARCHITECTURES
from contract.planting import PLANTS
from striate.lint import RULES, TableRule, lint
from striate.lint.paper import Paper
from striate.records import Evidence
from striate.trace import trace

RATE = 0.95
# What these find is about the network; the op they name is where to begin.
WHOLE = {
    "only-1x1-convolutions", "top-cannot-see-input", "slow-reduction", "memory-in-one-stage", "optimizer-step-is-the-peak",
    "odd-input-side", "unused-parameters",
}  # fmt: skip
# One architecture a rule in every run, each of the five in turn; all of them in the long one.
TURNS = [(rule, ARCHITECTURES[number % len(ARCHITECTURES)]) for number, rule in enumerate(PLANTS)]
EVERY_TURN = pytest.mark.parametrize(("rule", "architecture"), TURNS, ids=[f"{r}-{a.__name__}" for r, a in TURNS])


@cache
def planted(rule, architecture):
    """The table of a network with a rule's defect, and the path at which it must be found."""
    with torch.device("meta"):
        net = architecture()
        path = PLANTS[rule](net) if rule else ""
    return trace(net.eval(), (1, 3, net.side, net.side)).graph, path


def places(rule, architecture):
    """The paths at which a rule found something, "" for what is about no op."""
    graph, _ = planted(rule, architecture)
    report = lint(graph=graph, select=[rule])
    assert report.failures == ()
    return [graph[finding.op].path if finding.op else "" for finding in report.findings]


@pytest.mark.parametrize("architecture", ARCHITECTURES, ids=lambda made: made.__name__)
def test_a_sound_network_has_no_finding(architecture):
    report = lint(graph=planted("", architecture)[0])

    assert report.findings == report.failures == ()


def test_every_design_rule_has_a_defect_to_plant():
    assert set(PLANTS) == {rule.name for rule in RULES.values() if isinstance(rule, TableRule)}


@EVERY_TURN
def test_a_planted_defect_is_found_at_its_op(rule, architecture):
    assert places(rule, architecture) == [planted(rule, architecture)[1]]


@EVERY_TURN
def test_a_rule_names_no_op_that_is_excused_and_only_the_one_it_is_asked_about(rule, architecture):
    graph, _ = planted(rule, architecture)
    (finding,) = lint(graph=graph, select=[rule]).findings
    paper = Paper.of(graph, Evidence())
    named = {finding.op for finding in RULES[rule].judge(paper.about(excused={finding.op}))}

    assert (finding.op in named) == (rule in WHOLE)
    assert {found.op for found in RULES[rule].judge(paper.about(only=finding.op))} == {finding.op}


@EVERY_TURN
def test_a_planted_defect_is_allowed_at_its_op_and_not_named_again(rule, architecture):
    graph, path = planted(rule, architecture)
    if not path:
        pytest.skip("it is about no op, and allowed for the whole network")
    (finding,) = lint(graph=graph, select=[rule]).findings
    report = lint(graph=graph, select=[rule], allow={rule: {finding.op: "Planted."}})

    assert [covered.finding.op for covered in report.allowed] == [finding.op]
    assert report.unused == ()
    for left in report.findings:
        assert left.op != finding.op
        assert not re.search(rf"(?<![\w.]){re.escape(finding.op)}(?!\w|\.\w)", left.message)


@pytest.mark.long
def test_nearly_all_planted_defects_are_found(record_property):
    pairs = [(rule, architecture) for rule in PLANTS for architecture in ARCHITECTURES]
    missed = [f"{rule} in {a.__name__}" for rule, a in pairs if places(rule, a) != [planted(rule, a)[1]]]
    record_property("missed", missed)

    assert len(pairs) >= 5 * 35
    assert 1 - len(missed) / len(pairs) >= RATE, missed
