"""Blueprints within a budget: the nearest to a cost, and changes at equal cost."""

from striate.analyse.budget.measuring import Budget
from striate.analyse.budget.solved import Solved, WidthChange
from striate.analyse.budget.solving import solve

__all__ = ["Budget", "Solved", "WidthChange", "solve"]
