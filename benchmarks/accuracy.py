"""Test accuracy of the demo's network on 1,000 held-out digits, over three seeds.

Run: make bench, or python benchmarks/accuracy.py [seeds]
"""

import statistics
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from machine import heading

from striate.blueprint import Blueprint
from striate.blueprint.starter import STARTER_TEXT
from striate.data import load_data
from striate.observe import PredictionCollector, observe, scoreboard
from striate.train import DIGITS_RECIPE, train

TARGET = 0.975


def measured(seed: int, folder: Path) -> tuple[float, float]:
    """Train with one seed; return accuracy on the held-out digits and the seconds of training."""
    dataset = load_data("digits")
    trained = train(Blueprint.from_text(STARTER_TEXT), dataset, replace(DIGITS_RECIPE, seed=seed), folder / str(seed))
    collector = PredictionCollector(trained.network)
    observe(trained.network, dataset, trained.split.test, [collector])
    return scoreboard(collector.result()).main, trained.curve.seconds


def main(seeds: int) -> int:
    """Print one line a seed and the mean; end with 1 if the mean is below the target."""
    print(heading(f"Accuracy on 1000 held-out digits, {STARTER_TEXT}"))
    scores = []
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(seeds):
            score, seconds = measured(seed, Path(folder))
            scores.append(score)
            print(f"seed {seed}: {score:.4f} in {seconds:.1f} s", flush=True)
    mean = statistics.mean(scores)
    print(f"mean {mean:.4f}, target {TARGET}")
    return int(mean < TARGET)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 3))
