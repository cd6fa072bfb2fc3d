"""From a table to the blueprint that writes it: ops to words, edges to branches, neighbours to repeats and blocks."""

from striate.blueprint.importing.whole import from_graph

__all__ = ["from_graph"]
