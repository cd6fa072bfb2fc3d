"""What optimisers keep from step to step, and what they take while they step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from striate.errors import InputError

# Copies of each parameter that are kept; and how many temporaries of a parameter's size the plain loop over parameters
# makes beside the one left over from the parameter before.
STATES: Mapping[str, int] = {"sgd": 0, "momentum": 1, "adam": 2, "adamw": 2, "rmsprop": 1}
_TEMPORARIES: Mapping[str, int] = {"sgd": 0, "momentum": 0, "adam": 2, "adamw": 2, "rmsprop": 1}
_COUNTS_STEPS: frozenset[str] = frozenset({"adam", "adamw", "rmsprop"})
_IMPLEMENTATIONS = ("for-loop", "foreach", "fused")
_STEP_BYTES = 4


def check_optimizer(optimizer: str, implementation: str = "for-loop") -> None:
    """Raise `InputError` unless torch has that optimiser in that implementation."""
    if optimizer not in STATES:
        raise InputError(f"optimizer must be one of {', '.join(STATES)}", got=optimizer)
    if implementation not in _IMPLEMENTATIONS:
        raise InputError(f"implementation must be one of {', '.join(_IMPLEMENTATIONS)}", got=implementation)
    if optimizer == "rmsprop" and implementation == "fused":
        raise InputError("implementation must be for-loop or foreach for rmsprop", got=implementation)


def state_bytes(optimizer: str, trained: Sequence[int]) -> int:
    """Return what is kept from step to step for parameters of these sizes in bytes.

    Example:
        >>> state_bytes("adam", [400, 40])   # two moments, and a step counter each
        888
    """
    counters = _STEP_BYTES * len(trained) if optimizer in _COUNTS_STEPS else 0
    return STATES[optimizer] * sum(trained) + counters


def temporary_bytes(optimizer: str, implementation: str, trained: Sequence[int]) -> tuple[int, int]:
    """Return the most that a step takes for itself, and the index of the parameter at which that is.

    The plain loop makes Adam's denominator for one parameter after the other: the square root and the quotient, while
    the quotient of the parameter before is still there. `foreach` makes the square root of all at once. Fused kernels
    make nothing.

    Source:
        `_single_tensor_adam`, `_multi_tensor_adam` and their kin in `torch/optim` (torch 2.14), weight decay as by
        default: none, or decoupled in AdamW.

    Example:
        >>> temporary_bytes("adam", "for-loop", [400, 40]), temporary_bytes("adam", "foreach", [400, 40])
        ((800, 0), (440, 0))
    """
    count = _TEMPORARIES[optimizer]
    if not trained or not count or implementation == "fused":
        return 0, 0
    if implementation == "foreach":
        return sum(trained), 0
    before = (0, *trained)
    taken = [count * size + before[i] for i, size in enumerate(trained)]
    most = max(taken)
    return most, taken.index(most)
