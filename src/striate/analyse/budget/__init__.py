"""Blueprints within a budget: the nearest to a cost, changes at equal cost, and RegNet's rule for widths."""

from striate.analyse.budget.changing import Change, Depth, Kernel, changed
from striate.analyse.budget.equal_cost import at_equal_cost, cost_of, solved_after
from striate.analyse.budget.measuring import Budget, budget_from
from striate.analyse.budget.regnet import RegNetStage, regnet, regnet_stages, regnet_widths
from striate.analyse.budget.solved import Solved, WidthChange
from striate.analyse.budget.solving import amount_text, solve

__all__ = [
    "Budget",
    "Change",
    "Depth",
    "Kernel",
    "RegNetStage",
    "Solved",
    "WidthChange",
    "amount_text",
    "at_equal_cost",
    "budget_from",
    "changed",
    "cost_of",
    "regnet",
    "regnet_stages",
    "regnet_widths",
    "solve",
    "solved_after",
]
