"""`check`: a network's table, readings and advice, from any reference; torch is imported only if the reference needs it."""

from striate.checking.imported import import_blueprint
from striate.checking.reading import check, check_graph
from striate.checking.record import Check
from striate.checking.tables import Tables, checked_size, tables

__all__ = ["Check", "Tables", "check", "check_graph", "checked_size", "import_blueprint", "tables"]
