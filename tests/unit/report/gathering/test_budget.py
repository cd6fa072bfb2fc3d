"""Large networks get coarser pictures and smaller counts, small ones everything; nothing is spent beyond the budget."""

from itertools import pairwise

import pytest

from striate.report.gathering.budget import MOST_MACS, budget_for


@pytest.mark.parametrize("macs", [10**6, 3 * 10**8, 18 * 10**8, 41 * 10**8])
def test_no_method_spends_more_than_its_share(macs):
    found = budget_for(macs, images=3, outputs=10)

    assert 3 * found.positions**2 * macs <= MOST_MACS
    assert found.occlusion_images * 81 * macs <= MOST_MACS
    assert found.saliency_images * 6 * macs <= MOST_MACS
    assert found.steps * 27 * 10 * macs <= MOST_MACS
    assert found.shortcut_passes * macs <= MOST_MACS
    assert found.shortcut_images * 4 * macs <= MOST_MACS


def test_a_larger_network_never_gets_more():
    budgets = [budget_for(10**power, images=3, outputs=10) for power in range(5, 12)]

    for smaller, larger in pairwise(budgets):
        assert larger.positions <= smaller.positions
        assert larger.occlusion_images <= smaller.occlusion_images
        assert larger.saliency_images <= smaller.saliency_images
        assert larger.steps <= smaller.steps
        assert larger.shortcut_images <= smaller.shortcut_images
        assert larger.shortcut_passes <= smaller.shortcut_passes


def test_a_network_without_work_and_one_without_pictures_have_a_budget_too():
    assert budget_for(0, images=0, outputs=0).positions == 28
