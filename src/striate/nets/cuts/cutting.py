"""From a network to the same network cut and with a new end, checked on the spot."""

from __future__ import annotations

import torch
from torch import nn

from striate.errors import InputError, Quoted, StriateError
from striate.nets.cuts.ending import CutNetwork, Ending
from striate.records.adapting import CutPoint
from striate.trace import Recording, tap
from striate.trace.shell import twin, unwrapped
from striate.trace.state import eval_mode, kept_randomness


def cut_at(
    module: nn.Module, recording: Recording, point: CutPoint, outputs: int, *, hidden: tuple[int, ...] = ()
) -> CutNetwork:
    """Return a copy of a network up to a cut point, with new layers behind it, in eval mode.

    Its first part is checked: on standard-normal images its value at the cut is the network's own.

    Args:
        module: The network; it is not changed.
        recording: Its trace in eval mode, as for `cut_points`.
        point: One of `cut_points`.
        outputs: Width of the new output layer.
        hidden: Widths of new fully connected layers before it.

    Raises:
        InputError: The network cannot be run up to there alone.
    """
    module = unwrapped(module)
    ending = Ending(
        path=point.path,
        turn=point.turn,
        side=point.side,
        over=point.over,
        features=point.features,
        hidden=hidden,
        outputs=outputs,
        dropped=_dropped(module, recording, point),
    )
    try:
        made = CutNetwork(twin(module), ending).eval()
        _check(made, module, recording, point)
    except StriateError:
        raise
    except Exception as cause:  # the network's own code may raise anything
        raise InputError(
            "a network cut must run up to the cut alone",
            got=Quoted(f"{type(cause).__name__}: {cause}".splitlines()[0]),
            where=point.name,
            hint="Its code asks for something behind the cut; take another cut point.",
        ) from cause
    return made


def _dropped(module: nn.Module, recording: Recording, point: CutPoint) -> tuple[str, ...]:
    """Return the outermost modules with weights that nothing up to the cut is in, or takes a parameter from."""
    graph = recording.graph
    names = [op.name for op in graph]
    used = {point.path}
    for op in graph.ops[: names.index(point.op) + 1]:
        used.add(op.path)
        used.update(param.key.rpartition(".")[0] for param in op.params if param.key)
    if point.side == "before":
        # It is what stops the pass; what it would do with its input is not needed.
        used.add(point.path)
    entered = {path[:end] for path in used for end in _prefix_ends(path)}

    def walk(part: nn.Module, path: str) -> list[str]:
        found = []
        for name, child in part.named_children():
            below = f"{path}.{name}" if path else name
            if below in entered:
                found += walk(child, below)
            elif any(True for _ in child.parameters()) or any(True for _ in child.buffers()):
                found.append(below)
        return found

    return tuple(walk(module, ""))


def _prefix_ends(path: str) -> list[int]:
    return [place for place, letter in enumerate(path) if letter == "."] + [len(path)]


def _check(made: CutNetwork, module: nn.Module, recording: Recording, point: CutPoint) -> None:
    [shape] = recording.graph.conditions.inputs.values()
    like = next((p for p in module.parameters() if p.is_floating_point()), torch.zeros(()))
    images = torch.randn(shape, generator=torch.Generator().manual_seed(0)).to(like)
    with kept_randomness(), eval_mode(module), torch.no_grad():
        value = made.value(images)
        whole = tap(module, images, [point.op], recording).taps[point.op]
    if value.shape != whole.shape or not torch.allclose(value, whole, rtol=1e-4, atol=1e-5, equal_nan=True):
        raise InputError(
            "a network cut must have at the cut the value it has uncut",
            got=Quoted(f"another at {point.name}"),
            hint="Its code behaves otherwise when it is stopped; take another cut point.",
        )
