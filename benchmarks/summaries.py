"""Tables of a network beside what people use instead: figures, time, and what each changed in the model.

Every tool is asked at its quickest quiet setting. A tool that is missing or fails is said in its row. A tool whose first
call is slow is timed once only, so that all of it ends within minutes.
Run: make bench, or python benchmarks/summaries.py
"""

import contextlib
import copy
import io
import logging
import statistics
import time
import warnings
from dataclasses import dataclass
from typing import Any

import torch
from machine import heading
from torch import nn

from striate.analyse import last_field
from striate.checking import check

NETWORKS = ("resnet50", "densenet121", "efficientnet_b0", "convnext_tiny")
PX = 224
ROUNDS = 5
# A tool that needs longer for a call is timed once; when a case has taken its time, only the two that matter go on.
SLOW_S = 1.5
CASE_S = 20.0
ALWAYS = ("torchinfo", "striate")
HOOKS = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")


@dataclass(frozen=True)
class Answer:
    """What a tool says; None where it says nothing. `is_partial` if it says itself that it missed some MACs."""

    params: int | None = None
    macs: float | None = None
    memory_bytes: float | None = None
    field_px: int | None = None
    is_partial: bool = False


def by_torchinfo(net: nn.Module, batch: int, px: int) -> Answer:
    from torchinfo import summary

    found = summary(net, input_size=(batch, 3, px, px), verbose=0)
    memory = found.total_input + found.total_output_bytes + found.total_param_bytes
    return Answer(found.total_params, found.total_mult_adds, memory)


def by_fvcore(net: nn.Module, batch: int, px: int) -> Answer:
    from fvcore.nn import FlopCountAnalysis, parameter_count

    analysis = FlopCountAnalysis(net, torch.zeros(batch, 3, px, px))
    analysis.unsupported_ops_warnings(enabled=False).uncalled_modules_warnings(enabled=False).tracer_warnings("none")
    return Answer(parameter_count(net)[""], analysis.total())


def by_ptflops(backend: str):
    def ask(net: nn.Module, batch: int, px: int) -> Answer:
        from ptflops import get_model_complexity_info

        macs, params = get_model_complexity_info(
            net, (3, px, px), as_strings=False, print_per_layer_stat=False, backend=backend,
            input_constructor=lambda _: {"x": torch.zeros(batch, 3, px, px)},
        )  # fmt: skip
        return Answer(params, macs)

    return ask


def by_torchscan(net: nn.Module, batch: int, px: int) -> Answer:
    from torchscan import crawl_module

    found = crawl_module(net, args=(torch.zeros(batch, 3, px, px),))["totals"]
    macs = found["macs"]
    return Answer(found["parameters"]["value"], macs["known_value"], is_partial=macs["status"] != "complete")


def by_flop_counter(net: nn.Module, batch: int, px: int) -> Answer:
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter, torch.no_grad():
        net(torch.zeros(batch, 3, px, px))
    return Answer(sum(p.numel() for p in net.parameters()), counter.get_total_flops() / 2)


def by_striate(net: nn.Module, batch: int, px: int) -> Answer:
    found = check(net, (3, px, px), batch=batch, optimizer="adam")
    axes = last_field(found.graph, found.fields).axes
    return Answer(found.cost.total.params, found.cost.total.macs, memory_of(found), axes[0].size_px if axes else None)


def memory_of(found: Any) -> float:
    """Return the peak where the ledger has one, else the sum of what a step holds."""
    peak = getattr(found.memory, "peak_bytes", None)
    return peak if peak is not None else sum(found.memory.values())


TOOLS = {
    "torchinfo": by_torchinfo,
    "fvcore": by_fvcore,
    "ptflops pytorch": by_ptflops("pytorch"),
    "ptflops aten": by_ptflops("aten"),
    "torchscan": by_torchscan,
    "flop_counter": by_flop_counter,
    "striate": by_striate,
}


def network(name: str) -> nn.Module:
    """Return a network of torchvision's with random weights, the same each time."""
    from torchvision import models

    torch.manual_seed(0)
    return getattr(models, name)(weights=None)


def timed(tool, net: nn.Module, batch: int, px: int) -> tuple[float, Answer]:
    """Return the seconds of one call on a copy of the network, and the answer; the tool prints nothing."""
    net = copy.deepcopy(net)
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        began = time.perf_counter()
        answer = tool(net, batch, px)
        return time.perf_counter() - began, answer


def times(net: nn.Module, batch: int, px: int) -> tuple[dict[str, list[float]], dict[str, Answer], dict[str, str]]:
    """Return seconds of each round, answers and failures by tool, in alternating rounds after one that warms up."""
    seconds: dict[str, list[float]] = {}
    answers, failures = {}, {}
    slow = set()
    for name, tool in TOOLS.items():
        try:
            spent, answers[name] = timed(tool, net, batch, px)
        except Exception as error:  # noqa: BLE001 - a peer may fail in its own way, and its row says so
            failures[name] = f"{type(error).__name__}: {str(error).splitlines()[0][:80] if str(error) else ''}"
            continue
        seconds[name] = []
        if spent > SLOW_S and name not in ALWAYS:
            slow.add(name)
    began = time.perf_counter()
    for number in range(ROUNDS):
        for name, found in seconds.items():
            is_affordable = name not in slow and time.perf_counter() - began < CASE_S
            if number == 0 or name in ALWAYS or is_affordable:
                found.append(timed(TOOLS[name], net, batch, px)[0])
    return seconds, answers, failures


def peak_bytes(net: nn.Module, batch: int, px: int) -> int:
    """Return the peak of an Adam step as the allocator sees it: what is held before, and the most that is added."""
    from torch.profiler import ProfilerActivity, profile

    net = copy.deepcopy(net).train()
    optimizer = torch.optim.Adam(net.parameters())
    images = torch.randn(batch, 3, px, px)

    def step() -> None:
        optimizer.zero_grad(set_to_none=True)
        net(images).mean().backward()
        optimizer.step()

    step()  # its state is made on the first step
    states = [value for state in optimizer.state.values() for value in state.values() if torch.is_tensor(value)]
    held = sum(t.nbytes for t in (*net.parameters(), *net.buffers(), *states, images))
    optimizer.zero_grad(set_to_none=True)
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as seen:
        step()
    events = seen.profiler.kineto_results.events()
    changes = sorted((event.start_ns(), event.nbytes()) for event in events if event.name() == "[memory]")
    now = most = 0
    for _, change in changes:
        now += change
        most = max(most, now)
    return held + most


def compare(name: str, px: int = PX) -> None:
    """Print what each tool says about one network, and how long it takes."""
    net = network(name).eval()
    one, answers, failures = times(net, 1, px)
    eight, at_eight, more = times(net, 8, px)
    peak = f"{peak_bytes(net, 8, px) / 1e6:.0f} MB"
    print(f"\n{name}, {px} px; peak of an Adam step, batch 8, as the allocator sees it: {peak}")
    print(f"{'tool':17}{'params':>12}{'MMACs':>10}", end="")
    print(f"{'ms, n=1':>9}{'÷ torchinfo':>13}{'ms, n=8':>9}{'÷ torchinfo':>13}{'MB, n=8':>9}{'field px':>9}")
    for tool in TOOLS:
        if tool in failures or tool in more:
            print(f"{tool:17}{failures.get(tool) or more[tool]}")
            continue
        said, memory = answers[tool], at_eight[tool].memory_bytes
        print(
            f"{tool:17}{said.params:>12}{millions(said):>10}"
            f"{cell(one, tool)}{cell(eight, tool)}"
            f"{'–' if memory is None else f'{memory / 1e6:.0f}':>9}{said.field_px or '–':>9}"
        )


def millions(said: Answer) -> str:
    """Return the MACs, with > before what is known to be part of them."""
    return "–" if said.macs is None else f"{'>' if said.is_partial else ''}{said.macs / 1e6:.1f}"


def cell(seconds: dict[str, list[float]], tool: str) -> str:
    """Return a median, and the median of the ratios to torchinfo's time of the same round; * for a single run."""
    found = seconds[tool]
    ratios = [mine / other for mine, other in zip(found, seconds.get("torchinfo", []), strict=False)]
    ratio = f"{statistics.median(ratios):.2f}{'*' if len(found) == 1 else ''}" if ratios else "–"
    return f"{statistics.median(found) * 1e3:>9.0f}{ratio:>13}"


def state(net: nn.Module) -> dict[str, Any]:
    """Return what a tool could change in a network."""
    return {
        "buffers": {key: buffer.clone() for key, buffer in net.named_buffers()},
        "parameters": {key: parameter.detach().clone() for key, parameter in net.named_parameters()},
        "flags": [part.training for part in net.modules()],
        "gradients": [(p.requires_grad, p.grad is None) for p in net.parameters()],
        "hooks": sum(len(getattr(part, name)) for part in net.modules() for name in HOOKS),
        "attributes": [set(vars(part)) for part in net.modules()],
        "random": torch.get_rng_state(),
    }


def changes(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Return what differs, in words."""
    said = []
    for what in ("buffers", "parameters"):
        moved = [k for k in after[what] if k not in before[what] or not torch.equal(after[what][k], before[what][k])]
        if moved:
            said.append(f"{len(moved)} {what} changed")
    if after["flags"] != before["flags"]:
        left = "eval" if not any(after["flags"]) else "another"
        said.append(f"left in {left} mode")
    if after["gradients"] != before["gradients"]:
        said.append("gradients or requires_grad changed")
    if after["hooks"] != before["hooks"]:
        said.append(f"{after['hooks'] - before['hooks']} hooks left")
    added = sorted({key for a, b in zip(after["attributes"], before["attributes"], strict=True) for key in a - b})
    if added:
        said.append(f"attributes left: {', '.join(added)}")
    if not torch.equal(after["random"], before["random"]):
        said.append("random numbers drawn")
    return said


def side_effects() -> None:
    """Print what each tool changed in a ResNet-18 in train mode."""
    print("\nWhat was changed in a resnet18 in train mode")
    for name, tool in TOOLS.items():
        net = network("resnet18").train()
        before = state(net)
        try:
            with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                tool(net, 2, 64)
            said = ", ".join(changes(before, state(net))) or "nothing"
        except Exception as error:  # noqa: BLE001 - as above
            said = f"{type(error).__name__}: {error}"
        print(f"{name:17}{said}")


def main() -> None:
    """Print the side effects, then one table a network."""
    logging.disable(logging.WARNING)
    print(
        heading(f"Tables of networks beside other tools, median of {ROUNDS} alternating calls (* one call: it is slow)")
    )
    print("MACs: what each counts under that name; > where it says itself that it missed some.")
    print("Memory: torchinfo its estimated total, Striate an Adam step.")
    side_effects()
    for name in NETWORKS:
        compare(name)


if __name__ == "__main__":
    main()
