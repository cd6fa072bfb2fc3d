"""What a guard costs: the demo's network on digits, with and without, in pairs; and its own count of its time.

Run: make bench, or python benchmarks/guard.py [rounds]
"""

import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from statistics import median

from machine import heading

from striate.blueprint import Blueprint
from striate.blueprint.starter import STARTER_TEXT
from striate.data import load_data
from striate.train import DIGITS_RECIPE, train

EPOCHS = 3


def trained(plan, digits, guard, seed):
    """Return the rows of a training's epochs and of its guard."""
    recipe = replace(DIGITS_RECIPE, epochs=EPOCHS, guard=guard, seed=seed)
    with tempfile.TemporaryDirectory() as folder:
        curve = train(plan, digits, recipe, Path(folder) / "run").curve
    return curve.trained, [row for row in curve.guard if row.epoch]


def main(rounds: int) -> int:
    """Print the ratio of the epochs' time, pair by pair, and the share the guard counts as its own."""
    print(heading(f"guard watching beside none, starter network, {rounds} rounds of {EPOCHS} epochs"))
    digits, plan = load_data("digits"), Blueprint.from_text(STARTER_TEXT)
    ratios, shares = [], []
    for seed in range(rounds):
        # Which goes first alternates, so that a machine that slows down favours neither.
        ways = ("none", "watch") if seed % 2 else ("watch", "none")
        found = {way: trained(plan, digits, way, seed) for way in ways}
        seconds = {way: sum(row.seconds for row in rows) for way, (rows, _) in found.items()}
        ratios.append(seconds["watch"] / seconds["none"])
        shares.append(sum(row.seconds for row in found["watch"][1]) / seconds["watch"])
    print(f"time of the epochs: {median(ratios):.3f} × ({min(ratios):.3f} to {max(ratios):.3f})")
    print(
        f"its own count: {100 * median(shares):.1f} % of an epoch ({100 * min(shares):.1f} to {100 * max(shares):.1f})"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 5))
