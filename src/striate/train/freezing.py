"""Frozen parts of a network: parameters and buffers that stay byte-identical, and outputs that do not depend on the mode."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Sequence

import torch
from torch import Tensor, nn

from striate.errors import InputError, RunError
from striate.train.paths import check_paths, is_within_any


class Freezing:
    """Holds parts of a module as they are while the rest is trained.

    Three things move a "frozen" part whose parameters merely need no gradient: normalisation takes its mean from the batch and
    rewrites its running statistics, dropout and drop path draw, and some modules count or iterate in buffers. So a held part is
    in eval mode, its parameters need no gradient, and a buffer that a module writes all the same is put back.

    A parameter or buffer that has several names is frozen if one of them is.

    Args:
        module: Changed only in modes, `requires_grad` and, if a module writes them, frozen buffers.
        frozen: Paths of modules, or names of parameters.
        unfreeze: (epoch, path): from that epoch on, counted from 1, a path within a frozen one is trained.
        still: Names of further parameters that need no gradient; the modules they are in are not held.

    Raises:
        UnknownNameError: A path that leads nowhere.
        InputError: A path to unfreeze that was not frozen, or an epoch below 2.

    When it misleads:
        A module above a frozen one may itself depend on its mode (dropout as a function call): then the frozen part's output is
        fixed, what is made of it is not.

    Source:
        Keras, "Transfer learning and fine-tuning" guide: frozen normalisation runs in inference mode. Differs: buffers written
        in eval mode are put back too.

    Example:
        >>> net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Conv2d(2, 2, 1))
        >>> freezing = Freezing(net, ["0", "1"])
        >>> freezing.enter(1)
        >>> _ = net.train()
        >>> freezing.hold()
        >>> [part.training for part in net], [name for name, p in net.named_parameters() if p.requires_grad]
        ([False, False, True], ['2.weight', '2.bias'])
        >>> freezing.release()
    """

    def __init__(
        self,
        module: nn.Module,
        frozen: Sequence[str],
        *,
        unfreeze: Sequence[tuple[int, str]] = (),
        still: Collection[str] = (),
    ) -> None:
        check_paths(module, frozen, where="frozen", with_parameters=True)
        check_paths(module, [path for _, path in unfreeze], where="unfreeze")
        self._module = module
        self._frozen = tuple(frozen)
        self._unfreeze = tuple(unfreeze)
        self._check_unfreeze()
        self._given = {name: parameter.requires_grad for name, parameter in _parameters(module)}
        self._still = _all_names(module, still)
        self._first = self._first_epochs()
        self._held: tuple[str, ...] = ()
        self._kept: list[tuple[nn.Module, str, Tensor, int, Tensor]] = []

    @property
    def paths(self) -> tuple[str, ...]:
        """The paths that are frozen at the start."""
        return self._frozen

    def is_frozen(self, name: str, epoch: int) -> bool:
        """Return whether a tensor or module is frozen in an epoch, by this one of its names."""
        if not is_within_any(name, self._frozen):
            return False
        return not is_within_any(name, [path for begins, path in self._unfreeze if begins <= epoch])

    def frozen_names(self, epoch: int) -> frozenset[str]:
        """Return the names of the parameters and buffers that are frozen in an epoch, also by another of their names."""
        tensors = [*_parameters(self._module), *_buffers(self._module)]
        held = {id(tensor) for name, tensor in tensors if self.is_frozen(name, epoch)}
        return frozenset(name for name, tensor in tensors if id(tensor) in held)

    def epoch_of(self, name: str) -> int:
        """Return the first epoch in which a parameter is trained: 1 from the start, 0 never."""
        return self._first[name]

    def enter(self, epoch: int) -> None:
        """Begin an epoch, or take up one after weights were loaded: parameters need gradients as the epoch asks.

        Args:
            epoch: Counted from 1.
        """
        names = self.frozen_names(epoch)
        for name, parameter in _parameters(self._module):
            needs = self._given[name] and name not in names and name not in self._still
            parameter.requires_grad_(needs)
            if not needs:
                parameter.grad = None
        self._held = tuple(name for name, _ in _modules(self._module) if self.is_frozen(name, epoch))
        self._kept = [
            (owner, key, buffer, buffer._version, buffer.detach().clone())  # noqa: SLF001 - torch's count of writes
            for name, owner, key, buffer in _owned_buffers(self._module)
            if name in names
        ]

    def hold(self) -> None:
        """Put the frozen parts in eval mode and their buffers back; to be called after every `.train()`."""
        for path in self._held:
            # The flag alone: a module may forbid or widen `.eval()`, and its children stand in the list themselves.
            self._module.get_submodule(path).training = False
        self.restore()

    def restore(self) -> None:
        """Put back the frozen buffers that were written; to be called after a step and after an evaluation."""
        for number, (owner, key, buffer, version, value) in enumerate(self._kept):
            now = owner._buffers.get(key)  # noqa: SLF001 - a module may have put another tensor there
            if now is buffer and buffer._version == version:  # noqa: SLF001
                continue
            with torch.no_grad():
                buffer.copy_(value)
            owner._buffers[key] = buffer  # noqa: SLF001
            self._kept[number] = (owner, key, buffer, buffer._version, value)  # noqa: SLF001

    def release(self) -> None:
        """Give `requires_grad` back as it was."""
        for name, parameter in _parameters(self._module):
            parameter.requires_grad_(self._given[name])
        self._held, self._kept = (), []

    def _first_epochs(self) -> dict[str, int]:
        first = dict.fromkeys(self._given, 0)
        for epoch in sorted({1, *(begins for begins, _ in self._unfreeze)}, reverse=True):
            held = self.frozen_names(epoch) | self._still
            first |= {name: epoch for name, is_trained in self._given.items() if is_trained and name not in held}
        return first

    def _check_unfreeze(self) -> None:
        for epoch, path in self._unfreeze:
            if epoch < 2:
                raise InputError("unfreeze must name an epoch from 2 on", got=epoch, where=path)
            inside = [name for name, _ in _modules(self._module) if is_within_any(name, [path])]
            if not any(is_within_any(name, self._frozen) for name in inside):
                raise InputError(
                    "unfreeze must name a path that is frozen till then",
                    got=path,
                    where="recipe",
                    hint=f"Add it to frozen, which is {', '.join(self._frozen) or 'empty'}.",
                )


def frozen_digest(module: nn.Module, paths: Sequence[str]) -> dict[str, str]:
    """Return the SHA-256 of every parameter and buffer within paths, also of buffers that a state dict leaves out.

    Args:
        module: The network.
        paths: Of modules in it, or names of parameters; [""] takes all of it.

    Returns:
        By name; type and shape are part of what is hashed.

    Raises:
        UnknownNameError: A path that leads nowhere.

    Example:
        >>> net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2))
        >>> before = frozen_digest(net, ["1"])
        >>> _ = net.train()(torch.ones(1, 1, 4, 4))
        >>> after = frozen_digest(net, ["1"])
        >>> [name for name in after if after[name] != before[name]]
        ['1.running_mean', '1.running_var', '1.num_batches_tracked']
    """
    check_paths(module, [path for path in paths if path], where="paths", with_parameters=True)
    tensors = [*_parameters(module), *_buffers(module)]
    return {name: digest_of(tensor) for name, tensor in tensors if "" in paths or is_within_any(name, paths)}


def digest_of(tensor: Tensor) -> str:
    """Return the SHA-256 of a tensor's type, shape and bytes."""
    content = tensor.detach().cpu().contiguous()
    hashed = hashlib.sha256(f"{content.dtype} {tuple(content.shape)}".encode())
    hashed.update(content.flatten().view(torch.uint8).numpy().data)
    return hashed.hexdigest()


def check_frozen(before: dict[str, str], after: dict[str, str], *, where: str) -> None:
    """Refuse a frozen tensor that is not what it was.

    Raises:
        RunError: Names the first of them.
    """
    moved = [name for name, digest in before.items() if after.get(name) != digest]
    if moved:
        raise RunError(
            "a frozen tensor must stay as it is",
            got=moved[0] if len(moved) == 1 else f"{moved[0]} and {len(moved) - 1} more changed",
            where=where,
            hint="Something else writes it: a hook, or a module that is shared with a trained part.",
        )


def _all_names(module: nn.Module, names: Collection[str]) -> frozenset[str]:
    """Return every name of the parameters that have one of these."""
    parameters = _parameters(module)
    chosen = {id(parameter) for name, parameter in parameters if name in names}
    return frozenset(name for name, parameter in parameters if id(parameter) in chosen)


def _modules(module: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    return ((name, part) for name, part in module.named_modules(remove_duplicate=False) if name)


def _parameters(module: nn.Module) -> list[tuple[str, nn.Parameter]]:
    return list(module.named_parameters(remove_duplicate=False))


def _buffers(module: nn.Module) -> list[tuple[str, Tensor]]:
    return list(module.named_buffers(remove_duplicate=False))


def _owned_buffers(module: nn.Module) -> Iterator[tuple[str, nn.Module, str, Tensor]]:
    for path, owner in module.named_modules(remove_duplicate=False):
        for key, buffer in owner._buffers.items():  # noqa: SLF001 - the slot itself is needed, to fill it again
            if buffer is not None:
                yield (f"{path}.{key}" if path else key), owner, key, buffer
