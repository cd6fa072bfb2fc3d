"""A defect planted in five different architectures is found, at the op where it was planted."""

import pytest

from contract.architectures import ARCHITECTURES, SIDE
from contract.planting import PLANTS
from striate.lint import RULES, TableRule, lint
from striate.trace import trace

EVERY_ARCHITECTURE = pytest.mark.parametrize("architecture", ARCHITECTURES, ids=lambda made: made.__name__)


def looked_at(net):
    graph = trace(net.eval(), (1, 3, SIDE, SIDE)).graph
    report = lint(graph=graph)
    assert report.failures == ()
    return graph, report


@EVERY_ARCHITECTURE
def test_a_sound_network_has_no_finding(architecture):
    assert looked_at(architecture())[1].findings == ()


def test_every_design_rule_has_a_defect_to_plant():
    assert set(PLANTS) == {rule.name for rule in RULES.values() if isinstance(rule, TableRule)}


@EVERY_ARCHITECTURE
@pytest.mark.parametrize("rule", PLANTS)
def test_a_planted_defect_is_found_at_its_op(rule, architecture):
    net = architecture()
    path = PLANTS[rule](net)
    graph, report = looked_at(net)

    assert [graph[finding.op].path for finding in report.findings if finding.name == rule] == [path]
