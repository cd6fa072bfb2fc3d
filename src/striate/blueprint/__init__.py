"""The network one writes: text and YAML, read on paper into a table, written again, and as PyTorch source."""

from striate.blueprint.editing import edited
from striate.blueprint.model import Blueprint, Item, Layer, Repeat
from striate.blueprint.places import places
from striate.blueprint.reading import is_blueprint_file, read_blueprint

__all__ = ["Blueprint", "Item", "Layer", "Repeat", "edited", "is_blueprint_file", "places", "read_blueprint"]
