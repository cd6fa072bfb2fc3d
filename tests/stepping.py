"""An oracle for memory: a real training step, or one without values, watched storage by storage."""

from __future__ import annotations

import weakref
from contextlib import ExitStack, nullcontext

import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


def network_of(reference):
    """Return a network of a zoo with random weights."""
    source, name = reference.split(":")
    if source == "timm":
        import timm

        return timm.create_model(name, pretrained=False)
    from torchvision import models

    options = {"init_weights": False} if name in {"googlenet", "inception_v3"} else {}
    return getattr(models, name)(weights=None, **options)


class Storages(TorchDispatchMode):
    """Bytes of all storages that calls hand out, from the first call that does until the last reference is gone.

    What a kernel allocates and frees inside is not seen.
    """

    def __init__(self, held) -> None:
        super().__init__()
        self.live = self.peak = 0
        self.phase = self.when = ""
        self.log: list[tuple[str, str, int]] = []
        self._known = weakref.WeakSet()
        for tensor in held:
            self._note(tensor)

    def _note(self, tensor) -> None:
        storage = tensor.untyped_storage()
        if storage in self._known:
            return
        size = storage.nbytes()
        self._known.add(storage)
        self.live += size
        weakref.finalize(storage, self._gone, size)
        if self.live > self.peak:
            self.peak, self.when = self.live, self.phase

    def _gone(self, size) -> None:
        self.live -= size

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        for leaf in tree_leaves(out):
            if isinstance(leaf, Tensor):
                self._note(leaf)
        self.log.append((self.phase, str(func), self.live))
        return out


def without_values(module, mode):
    """Put tensors without values in the place of a module's own."""
    for part in module.modules():
        for table in (part._parameters, part._buffers):
            for name, tensor in table.items():
                if tensor is None:
                    continue
                with mode:
                    twin = torch.empty_strided(tensor.shape, tensor.stride(), dtype=tensor.dtype)
                table[name] = nn.Parameter(twin, tensor.requires_grad) if isinstance(tensor, nn.Parameter) else twin
    return module


def optimizer_of(name, params, implementation="for-loop"):
    """Return an optimiser by the name the ledger gives it."""
    how = {"foreach": implementation == "foreach"} | ({"fused": True} if implementation == "fused" else {})
    return {
        "sgd": lambda: torch.optim.SGD(params, 1e-3, **how),
        "momentum": lambda: torch.optim.SGD(params, 1e-3, momentum=0.9, **how),
        "adam": lambda: torch.optim.Adam(params, **how),
        "adamw": lambda: torch.optim.AdamW(params, **how),
        "rmsprop": lambda: torch.optim.RMSprop(params, **how),
    }[name]()


def leaves_of(output):
    """Return the tensors a network returned."""
    values = output.values() if isinstance(output, dict) else output
    return [output] if isinstance(output, Tensor) else [leaf for value in values for leaf in leaves_of(value)]


def watched_step(
    module, shape, *, optimizer="adam", implementation="for-loop", mixed=False, real=False, steps=2, forward=None
):
    """Return the watcher of the last of some training steps; the module given is used up unless `real`."""
    module = module.train()
    mode = nullcontext() if real else FakeTensorMode(allow_non_fake_inputs=True)
    module = module if real else without_values(module, mode)
    with ExitStack() as stack:
        stack.enter_context(mode)
        optimiser = optimizer_of(optimizer, [p for p in module.parameters() if p.requires_grad], implementation)
        image = torch.empty(shape) if not real else torch.randn(shape)
        watcher = None
        for _ in range(steps):
            optimiser.zero_grad(set_to_none=True)
            state = [t for row in optimiser.state.values() for t in row.values() if isinstance(t, Tensor)]
            watcher = Storages([*module.parameters(), *module.buffers(), *state, image])
            with watcher:
                _step(module, image, optimiser, watcher, forward or module, mixed=mixed)
    return watcher


def _step(module, image, optimiser, watcher, forward, *, mixed):
    watcher.phase = "forward"
    with torch.autocast("cpu", torch.bfloat16, enabled=mixed):
        outputs = leaves_of(forward(image))
        loss = sum(
            nn.functional.cross_entropy(out, out.new_zeros(out.shape[0], *out.shape[2:], dtype=torch.int64))
            for out in outputs
        )
    watcher.phase = "backward"
    loss.backward()
    watcher.phase = "optimizer"
    optimiser.step()


def watched_forward(module, shape):
    """Return the watcher of a forward pass in eval mode without gradients."""
    mode = FakeTensorMode(allow_non_fake_inputs=True)
    module = without_values(module.eval(), mode)
    with mode, torch.no_grad():
        image = torch.empty(shape)
        watcher = Storages([*module.parameters(), *module.buffers(), image])
        watcher.phase = "forward"
        with watcher:
            module(image)
    return watcher


def saved_bytes(module, image):
    """Return the bytes of the storages autograd keeps for the backward pass, the module's and the image's own apart."""
    own = {t.untyped_storage()._cdata for t in (*module.parameters(), *module.buffers(), image)}
    found = {}

    def keep(tensor):
        storage = tensor.untyped_storage()
        if storage._cdata not in own:
            found[storage._cdata] = (storage, storage.nbytes())
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        out = module(image)
    del out
    return sum(size for _, size in found.values())


def allocated_peak(module, shape):
    """Return the allocator's peak of the second Adam step on real values: what was held before it, and what it adds.

    Memory inside kernels is seen; that of libraries with allocators of their own (oneDNN's scratchpads) is not.
    """
    module = module.train()
    optimiser = optimizer_of("adam", list(module.parameters()))
    image = torch.randn(shape)
    quiet = type("Quiet", (), {})()
    _step(module, image, optimiser, quiet, module, mixed=False)
    optimiser.zero_grad(set_to_none=True)
    state = [t for row in optimiser.state.values() for t in row.values() if isinstance(t, Tensor)]
    held = sum(t.untyped_storage().nbytes() for t in (*module.parameters(), *module.buffers(), *state, image))
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU], profile_memory=True) as profiler:
        _step(module, image, optimiser, quiet, module, mixed=False)
    events = [e for e in profiler.profiler.kineto_results.events() if e.name() == "[memory]"]
    live = most = 0
    for event in sorted(events, key=lambda e: e.start_ns()):
        live += event.nbytes()
        most = max(most, live)
    return held + most
