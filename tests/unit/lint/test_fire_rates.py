"""The committed measurement is that of the published lists, and holds what is promised."""

import runpy
from pathlib import Path

import pytest

from striate.lint import RULES, TableRule
from striate.lint.advice import ADVICE
from striate.lint.fire_rates import fire_rates

LISTS = runpy.run_path(str(Path(__file__).parents[3] / "benchmarks" / "healthy_networks.py"))


def test_the_measured_networks_are_the_published_lists():
    rates = fire_rates()

    assert tuple(rates.found) == LISTS["HEALTHY"]
    assert tuple(rates.found_held_out) == LISTS["HELD_OUT"]
    assert not set(rates.found) & set(rates.found_held_out)
    assert len(rates.found) >= 60
    assert len(rates.found_held_out) >= 60


def test_every_design_rule_was_measured():
    assert set(fire_rates().fired) == {rule.name for rule in RULES.values() if isinstance(rule, TableRule)}


@pytest.mark.parametrize(("share", "found"), [("troubled", "found"), ("held_out", "found_held_out")])
def test_the_shares_are_counts_of_the_lists(share, found):
    rates = fire_rates()
    networks = getattr(rates, found)
    wrong = [
        name
        for name, rules in networks.items()
        if any(not rule.endswith(": note") and f"{name}: {rule.split(':')[0]}" not in rates.exempt for rule in rules)
    ]

    assert (getattr(rates, share).count, getattr(rates, share).of) == (len(wrong), len(networks))
    assert len(wrong) / len(networks) <= 0.05


def test_how_often_a_rule_fired_is_a_count_of_the_first_list():
    rates = fire_rates()

    for rule, share in rates.fired.items():
        hits = sum(any(said.startswith(f"{rule}: ") for said in rules) for rules in rates.found.values())
        assert (share.count, share.of) == (hits, len(rates.found))


def test_an_exemption_names_a_network_and_a_rule_and_has_a_reason():
    for finding, reason in fire_rates().exempt.items():
        network, _, rule = finding.rpartition(": ")
        assert network in {**fire_rates().found, **fire_rates().found_held_out}
        assert rule in RULES
        assert reason


def test_every_piece_of_advice_has_a_rule_that_is_there():
    for advice in ADVICE:
        assert advice.rules
        assert set(advice.rules) <= set(RULES)
        assert advice.text.endswith(".")
