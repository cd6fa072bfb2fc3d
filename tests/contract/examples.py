"""Running the Python of a rule's page."""

import ast

from striate.blueprint import Blueprint
from striate.graph import Graph
from striate.records import Evidence


def run(text: str) -> Blueprint | Graph | Evidence:
    """Run a page's Python; its last line is what the rule looks at."""
    tree = ast.parse(text)
    last = tree.body.pop()
    assert isinstance(last, ast.Expr), "an example must end with the Blueprint, Graph or Evidence it builds"
    names: dict[str, object] = {}
    exec(compile(tree, "example", "exec"), names)
    return eval(compile(ast.Expression(last.value), "example", "eval"), names)
