"""`tap`: the values of inner ops, by the program where it holds and by hooks where it does not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from torch import Tensor, nn

from striate.errors import InputError, Quoted, unknown_name
from striate.trace.inputs import Given, read_inputs
from striate.trace.program import Result
from striate.trace.record import Recording
from striate.trace.shell import unwrapped
from striate.trace.state import eval_mode, kept_randomness


def tap(
    module: nn.Module,
    inputs: Given,
    names: Iterable[str],
    recording: Recording,
    *,
    with_outputs: bool = True,
) -> Result:
    """Return the values of inner ops in eval mode, and the network's outputs.

    Gradients flow from the outputs to the values and from the values to the inputs. The module is
    left as it was: mode, hooks, buffers and random numbers, also after an exception.

    Args:
        module: The module that was traced.
        inputs: A tensor, several in order, or a dict by name.
        names: Names of ops in the recording's graph.
        recording: Its trace.
        with_outputs: Whether the rest of the network is run too; without, shallow ops cost little.

    Raises:
        UnknownNameError: No op has that name.
        InputError: The inputs are not as recorded; or the network must be run itself and the value
            is no module's output.

    Example:
        >>> import torch
        >>> from striate.trace import trace
        >>> net = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU())
        >>> images = torch.zeros(4, 1, 28, 28)
        >>> tap(net, images, ["0"], trace(net, (1, 1, 28, 28))).taps["0"].shape
        torch.Size([4, 8, 26, 26])
    """
    wanted = list(dict.fromkeys(names))
    known = [op.name for op in recording.graph]
    for name in wanted:
        if name not in known:
            raise unknown_name("op", name, known)
    module = unwrapped(module)
    if _is_replayed(recording, inputs):
        last = max(wanted, key=known.index, default=None)
        if with_outputs or last is None:
            return recording.program.run(module, inputs, taps=wanted)
        return recording.program.run(module, inputs, taps=wanted, until=last)
    return _hooked(module, inputs, wanted, recording)


def _is_replayed(recording: Recording, inputs: Given) -> bool:
    # Hooks that the trace left out may change values: then the module itself must run, hooks and
    # all.
    program = recording.program
    if recording.skipped_hooks or program.reason:
        return False
    return program.batch is None or program.batch == _first(inputs).shape[0]


def _first(inputs: Given) -> Tensor:
    first = (
        inputs if isinstance(inputs, Tensor) else next(iter(inputs.values() if hasattr(inputs, "values") else inputs))
    )
    if not isinstance(first, Tensor):
        raise InputError("an input must be a tensor", got=type(first).__name__)
    return first


def _hooked(module: nn.Module, inputs: Given, names: list[str], recording: Recording) -> Result:
    sites: dict[str, dict[int, str]] = defaultdict(dict)
    for name in names:
        if name not in recording.sites:
            raise InputError(
                "a value must be some module's output where the network cannot be replayed",
                got=name,
                hint=f"One of: {', '.join(recording.sites)}.",
            )
        path, turn = recording.sites[name]
        sites[path][turn] = name
    kept: dict[str, Tensor] = {}
    handles = []
    try:
        with eval_mode(module), kept_randomness():
            for path, turns in sites.items():
                handles.append(module.get_submodule(path).register_forward_hook(_Keep(turns, kept)))
            given = read_inputs(module, inputs)
            outputs = given.call(module, [tensor for tensor in given.examples if tensor is not None])
    finally:
        for handle in handles:
            handle.remove()
    missing = [name for name in names if name not in kept]
    if missing:
        raise InputError(
            "a network must reach an op for its value to be read",
            got=Quoted(", ".join(missing)),
            hint="Try other images.",
        )
    return Result(outputs, {name: kept[name] for name in names})


class _Keep:
    """A hook that keeps what a module returns on the calls wanted, and hands on a copy."""

    def __init__(self, turns: dict[int, str], kept: dict[str, Tensor]) -> None:
        self._turns, self._kept, self._turn = turns, kept, -1

    def __call__(self, _module: nn.Module, _args: object, output: Any) -> Any:  # noqa: ANN401 - a module returns anything
        self._turn += 1
        name = self._turns.get(self._turn)
        if name is None or not isinstance(output, Tensor):
            return None
        self._kept[name] = output
        # The next layer may write in place: into the copy, so that what is kept stays as it was.
        return output.clone()
