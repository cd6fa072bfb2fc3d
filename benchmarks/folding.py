"""How long the table takes to fold a network of a thousand ops by module, beside building that table on paper.

Run: make bench, or python benchmarks/folding.py
"""

import time

from machine import heading

from striate.analyse.folding import folded
from striate.blueprint import Blueprint

ROUNDS = 5


def main() -> None:
    """Print the shortest of some rounds, each."""
    print(heading(f"A table folded by module beside building it on paper, shortest of {ROUNDS} rounds"))
    layers = "; ".join(f"conv 3x3 {8 + number % 2}, batchnorm, relu" for number in range(334))
    plan = Blueprint.from_text(f"input 3x8x8; {layers}; classes 2")
    spent: dict[str, float] = {}
    for _ in range(ROUNDS):
        began = time.perf_counter()
        graph = plan.graph()
        met = time.perf_counter()
        folded(graph)
        for name, seconds in (("graph", met - began), ("folded", time.perf_counter() - met)):
            spent[name] = min(seconds, spent.get(name, seconds))
    print(
        f"{len(graph)} ops: graph {1e3 * spent['graph']:.0f} ms, folded {1e3 * spent['folded']:.1f} ms"
        f" ({spent['folded'] / spent['graph']:.2f} of it), limit 50 ms"
    )


if __name__ == "__main__":
    main()
