"""Leaving everything as it was: random numbers, switches, modes and buffers."""

from __future__ import annotations

import gc
import logging
import random
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn


@contextmanager
def kept_randomness() -> Iterator[None]:
    """Give the block random numbers of its own, and put back those of torch, Python and NumPy afterwards."""
    python = random.getstate()
    # NumPy is asked only if the network could have loaded it: nothing here needs it.
    numpy = sys.modules.get("numpy")
    legacy = numpy.random.get_state() if numpy is not None else None
    devices = range(torch.cuda.device_count()) if torch.cuda.is_initialized() else ()  # type: ignore[no-untyped-call]
    try:
        with torch.random.fork_rng(devices):
            # `torch.manual_seed` would also queue seeds for devices that are not in use, each with a stack trace: milliseconds.
            torch.default_generator.manual_seed(0)
            if devices:
                torch.cuda.manual_seed_all(0)
            random.seed(0)
            yield
    finally:
        random.setstate(python)
        if numpy is not None:
            numpy.random.set_state(legacy)


@contextmanager
def one_thread() -> Iterator[None]:
    """Let torch use one thread for the block, in the thread that asks; threads that begin meanwhile inherit it."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def uncollected() -> Iterator[None]:
    """Let the garbage collector rest for the block: it would walk through all that torch has loaded and find nothing."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


@contextmanager
def unsaid() -> Iterator[None]:
    """Keep torch from printing a traceback of its own for an op that refuses its sizes, and warnings from ending a run.

    Our error says the first in a line; whoever runs the network itself meets the second there.
    """
    logger = logging.getLogger("torch._subclasses.fake_tensor")
    was = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(was)


@contextmanager
def whole_attention() -> Iterator[None]:
    """Switch off the fused transformer block, which hides its products from whoever counts them."""
    was = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        yield
    finally:
        torch.backends.mha.set_fastpath_enabled(was)


@contextmanager
def eval_mode(module: nn.Module) -> Iterator[None]:
    """Put a module in eval mode for the block; give every submodule its mode, and every buffer its values back."""
    modes = [(part, part.training) for part in module.modules()]
    # A network may write to its buffers even in eval mode (counters, caches, a batch normalisation that switches itself to
    # train mode, whose writes torch does not count as a new version: values are compared).
    buffers = [(buffer, buffer.detach().clone()) for buffer in module.buffers()]
    try:
        module.eval()
        yield
    finally:
        for part, training in modes:
            part.training = training
        with torch.no_grad():
            for buffer, values in buffers:
                if not torch.equal(buffer, values):
                    buffer.copy_(values)
