"""He against small random, and starts that look at images against He: 500 digits to train on, paired by seed.

Run: make bench, or python benchmarks/beginnings.py [seeds]
"""

import sys

from machine import heading

from striate.blueprint import Blueprint
from striate.blueprint.starter import STARTER_TEXT
from striate.data import load_data
from striate.train import compare_beginnings

PLAIN_TEXT = (
    "input 1x28x28; (conv 3x3 16, relu) x2; maxpool 2; (conv 3x3 32, relu) x4; maxpool 2; (conv 3x3 32, relu) x2; "
    "globalavgpool; classes 10"
)
BEGINNINGS = ("he", "small", "lsuv", "kmeans", "pca", "krahenbuhl", "rotation")
STEPS, IMAGES = 200, 500


def main(seeds: int) -> int:
    """Print accuracy and paired difference of each start, for a network without and with batch normalisation."""
    print(heading(f"{IMAGES} training digits, {STEPS} steps of batch 50, accuracy on 500 held-out ones, {seeds} seeds"))
    digits = load_data("digits")
    for title, text in (("no normalisation", PLAIN_TEXT), ("batch normalisation", STARTER_TEXT)):
        found = compare_beginnings(
            Blueprint.from_text(text), digits, BEGINNINGS, steps=STEPS, seeds=seeds, images=IMAGES
        )
        print(f"{title}: {text}")
        print(f"  {'he':<12} {100 * found.steps[0].scores[:, -1].mean():.1f} %")
        for row, steps in zip(found.differences, found.steps[1:], strict=True):
            low, high = (100 * value for value in row.interval)
            print(
                f"  {row.beginning:<12} {100 * steps.scores[:, -1].mean():.1f} %, against he {100 * row.mean:+.2f} points "
                f"(95 % interval {low:+.2f} to {high:+.2f})",
                flush=True,
            )
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 5))
