"""The table and its readings beside torchinfo's summary, and the replayed program beside the network, in alternating runs.

torchinfo runs the network on real values, so its time grows with the batch; it is timed at batch 1 and 8. Both are warm: the
first round is left out. The program is timed against the module's own eager call on the same images, without gradients.
Run: make bench, or python benchmarks/trace.py
"""

import statistics
import time
import warnings

import torch
from machine import heading
from torchinfo import summary

from striate.analyse import cost, memory_ledger, receptive_fields
from striate.checking import check
from striate.trace import trace
from striate.trace.training import training_table

RACE = ("resnet50", "densenet121", "efficientnet_b0", "convnext_tiny")
REPLAYED = (*RACE, "resnet18", "mobilenet_v2", "vgg11", "shufflenet_v2_x1_0")
ROUNDS = 5
IMAGES = 4
SIZE = 128


def timed(work) -> float:
    """Return the seconds one call takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def alternating(*works, rounds: int = ROUNDS) -> list[list[float]]:
    """Return the seconds of each piece of work in rounds, one after the other within a round, after one that is not counted."""
    times = [[timed(work) for work in works] for _ in range(rounds + 1)]
    return [list(column) for column in zip(*times[1:], strict=True)]


def ratio(mine: list[float], other: list[float]) -> float:
    """Return the median of the ratios of each round."""
    return statistics.median(a / b for a, b in zip(mine, other, strict=True))


def built(name: str) -> torch.nn.Module:
    """Return a network of torchvision's with random weights."""
    from torchvision import models

    return getattr(models, name)(weights=None).eval()


def table(net: torch.nn.Module, batch: int) -> None:
    """Make the table, its costs, the ledger of a training step, and the receptive fields, as `check` does."""
    shape = (batch, 3, 224, 224)
    graph = trace(net, shape).graph
    cost(graph), receptive_fields(graph), memory_ledger(training_table(net, shape, graph))


def race(name: str) -> None:
    """Print the table, and all of `check` with its rules, against torchinfo at batch 1 and 8."""
    net = built(name)
    cells = []
    for batch in (1, 8):
        shape = (batch, 3, 224, 224)
        mine, whole, other = alternating(
            lambda: table(net, batch),  # noqa: B023 - called within the round
            lambda: check(net, (3, 224, 224), batch=batch),  # noqa: B023
            lambda: summary(net, shape, verbose=0),  # noqa: B023
        )
        medians = [f"{1e3 * statistics.median(times):6.0f}" for times in (mine, whole, other)]
        cells.append(f"{' '.join(medians)} {ratio(mine, other):7.2f} {ratio(whole, other):7.2f}")
    print(f"{name:18} {' | '.join(cells)}")


def replay(name: str) -> None:
    """Print the program against the module."""
    net = built(name)
    program = trace(net, (1, 3, SIZE, SIZE)).program
    images = torch.randn(IMAGES, 3, SIZE, SIZE)
    with torch.inference_mode():
        mine, other = alternating(lambda: program.run(net, images), lambda: net(images), rounds=2 * ROUNDS)
        is_equal = torch.equal(program.run(net, images).outputs, net(images))
    medians = [f"{1e3 * statistics.median(times):.0f}" for times in (mine, other)]
    print(
        f"{name:18} {medians[0]:>6} {medians[1]:>10} {ratio(mine, other):8.2f}   {'bit-equal' if is_equal else 'DIFFERENT'}"
    )


def main() -> None:
    """Print both tables."""
    warnings.simplefilter("ignore")
    print(heading(f"The table and its readings beside torchinfo, 224 px, milliseconds, {ROUNDS} alternating rounds"))
    columns = f"{'table':>6} {'check':>6} {'other':>6} {'ratio':>7} {'check':>7}"
    print(f"{'':18} {'batch 1':{len(columns)}} | batch 8\n{'':18} {columns} | {columns}")
    for name in RACE:
        race(name)
    print(
        f"\nThe program beside the network, {IMAGES} images of {SIZE} px, milliseconds, {2 * ROUNDS} alternating rounds"
    )
    print(f"{'':18} {'ours':>6} {'network':>10} {'ratio':>8}")
    for name in REPLAYED:
        replay(name)


if __name__ == "__main__":
    main()
