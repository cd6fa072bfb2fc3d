"""The network one writes: text and YAML, read on paper into a table, written again, and as PyTorch source."""

from striate.blueprint.choosing import values_from
from striate.blueprint.editing import edited, unfolded
from striate.blueprint.model import Blueprint, Branches, Head, Item, Layer, Repeat
from striate.blueprint.paper import Module, written
from striate.blueprint.places import places
from striate.blueprint.reading import is_blueprint_file, read_blueprint
from striate.blueprint.values import Choice, Expression

__all__ = [
    "Blueprint",
    "Branches",
    "Choice",
    "Expression",
    "Head",
    "Item",
    "Layer",
    "Module",
    "Repeat",
    "edited",
    "is_blueprint_file",
    "places",
    "read_blueprint",
    "unfolded",
    "values_from",
    "written",
]
