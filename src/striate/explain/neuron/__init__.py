"""A neuron: what it reads, and how that adds up to its value."""

from striate.explain.neuron.neuron import BY, neuron, told
from striate.explain.neuron.passing import Common, Pass, Row

__all__ = ["BY", "Common", "Pass", "Row", "neuron", "told"]
