"""The network one writes: text and YAML, read on paper into a table, written again, and as PyTorch source."""

from striate.blueprint.choosing import values_from
from striate.blueprint.editing import edited, unfolded
from striate.blueprint.known import KnownNetwork, known, known_names
from striate.blueprint.model import Blueprint, Branches, Head, Item, Layer, Repeat
from striate.blueprint.paper import Module, written
from striate.blueprint.places import places
from striate.blueprint.reading import is_blueprint, is_blueprint_file, is_known, read_blueprint
from striate.blueprint.values import Choice, Expression

__all__ = [
    "Blueprint",
    "Branches",
    "Choice",
    "Expression",
    "Head",
    "Item",
    "KnownNetwork",
    "Layer",
    "Module",
    "Repeat",
    "edited",
    "is_blueprint",
    "is_blueprint_file",
    "is_known",
    "known",
    "known_names",
    "places",
    "read_blueprint",
    "unfolded",
    "values_from",
    "written",
]
