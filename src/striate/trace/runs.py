"""One run of a copy under the recorder: without values where that is enough, on values where it is not."""

from __future__ import annotations

import re
import weakref
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import (
    DataDependentOutputException,
    DynamicOutputShapeException,
    UnsupportedFakeTensorException,
)

from striate.errors import InputError, Quoted, ShapeError
from striate.graph import Mode, size, times
from striate.kinds import kinds_by_aten
from striate.trace.hollow import FakeTensors, Hollow, MetaTensors, NotPlain, hollow_for
from striate.trace.inputs import Inputs
from striate.trace.quick import Quick
from striate.trace.replay import Replay, Unfit, replay, same_calls
from striate.trace.shell import Holdings, Shell, again, holdings, with_values, without_values
from striate.trace.state import kept_randomness, uncollected, unsaid, whole_attention
from striate.trace.table import table
from striate.trace.tape import Failure, Recorder, Tape, plainly

# The batches a program is recorded at. Further apart than 2 and 3, or min(4, n) and n // 4 would
# pass for even growth.
_BATCHES = (2, 5)
_NEEDS_VALUES = (
    DataDependentOutputException,
    DynamicOutputShapeException,
    UnsupportedFakeTensorException,
)
_SIZE_WORDS = ("size", "shape", "dim", "channels", "stride", "kernel", "elements")
# Larger inputs are answered on paper or not at all: a run on values could take all the memory there is.
_MOST_VALUES = 2**26


class NeedsValues(Exception):  # noqa: N818 - not an error: the network is then run on values
    """A run without values broke, and not because of its sizes."""


class HollowRuns:
    """Runs of a module's copies on tensors without values.

    Args:
        module: The original; it is copied here and not needed afterwards, unless it turns out at another batch that it is not
            plain.
        asked: The inputs the table is wanted for.
        mode: Whether the copies run in eval or train mode.
        found: The module's tensors, if they are known already.
    """

    def __init__(self, module: nn.Module, asked: Inputs, mode: Mode, found: Holdings | None = None) -> None:
        self._asked, self._mode = asked, mode
        self._original = weakref.ref(module)
        found = found or holdings(module)
        self._begin(hollow_for(module, found), module, found)
        self.tape: Tape | None = None

    def first(self, found: Holdings | None = None) -> Tape:
        """Return the tape of the inputs asked for; `found` are the original's tensors, if they are known already.

        Raises:
            NeedsValues: It takes values to run.
            ShapeError: An op refused its sizes.
        """
        self.tape = self._tape(self._asked, found or self._original_holdings())
        return self.tape

    def replay(self) -> Replay:
        """Return the steps that run again, for every batch if the calls do not depend on it."""
        tape = self.tape
        if tape is None:
            raise Unfit("nothing was recorded")
        if not self._asked.has_one_batch:
            return replay(tape, self._asked.batch)
        try:
            few, many = (self._at(batch) for batch in _BATCHES)
            if same_calls(tape, few):
                return replay(few, _BATCHES[0], many, _BATCHES[1])
        except (Unfit, NeedsValues, InputError):
            pass
        # A network that does not run at other batches, or makes other calls there, can still be run at its own.
        return replay(tape, self._asked.batch)

    def _begin(self, hollow: Hollow, module: nn.Module, found: Holdings) -> None:
        self._hollow, self._quick = hollow, Quick(hollow)
        with undisturbed(module), uncollected():
            self._shell = without_values(module, found, hollow)
        self._device = hollow.place(device_of(module))
        self.skipped_hooks = self._shell.skipped_hooks

    def _at(self, batch: int) -> Tape:
        if self.tape is not None and batch == self._asked.batch:
            return self.tape
        return self._tape(self._asked.with_batch(batch), self._original_holdings())

    def _original_holdings(self) -> Holdings | None:
        original = self._original()
        return None if original is None else holdings(original)

    def _tape(self, inputs: Inputs, found: Holdings | None) -> Tape:
        if isinstance(self._hollow, MetaTensors):
            try:
                return _from_somewhere(self._taped(inputs, found))
            except Exception as error:
                # Whatever it was, fake tensors say it as the network's own would.
                original = self._original()
                if original is None:
                    raise NeedsValues from error
                self._begin(FakeTensors(), original, found or holdings(original))
        return self._taped(inputs, found)

    def _taped(self, inputs: Inputs, found: Holdings | None) -> Tape:
        # A copy may change its own attributes while it runs (caches, counters): each run gets a
        # fresh one.
        shell = again(self._shell, self._hollow)
        # Held while its tensors' numbers are in use. A `forward` put on from outside may lead back
        # to it.
        if found is not None:
            shell.places.update(found.places())
        with undisturbed(shell.module), uncollected(), unsaid(), torch.inference_mode(), self._hollow.running():
            return _recorded(shell, inputs, inputs.empty(self._device), self._mode, self._quick)


def _from_somewhere(tape: Tape) -> Tape:
    """Refuse a tape with a tensor that came from nowhere: on meta tensors its values are lost."""
    if any(value.origin == "constant" for value in tape.values):
        raise NotPlain
    return tape


def real_tape(module: nn.Module, asked: Inputs, mode: Mode, cause: Exception) -> Tape:
    """Return the tape of a run on values: the examples, or standard-normal ones.

    Raises:
        InputError: The network raised, and the message names the place and what it said; or the inputs
            are too large to be run on values.
    """
    values = sum(size(shape) for shape in asked.shapes)
    if values > _MOST_VALUES:
        raise InputError(
            f"a network whose control flow depends on data must be run on values, at most {_MOST_VALUES:,} of them",
            got=Quoted(f"{values:,}, as {', '.join(map(times, asked.shapes))}"),
            hint="Give a smaller input.",
        ) from cause
    with undisturbed(module):
        try:
            shell = with_values(module)
            with torch.inference_mode():
                return _recorded(shell, asked, asked.drawn(device_of(module)), mode)
        except InputError as error:
            # Some networks take gradients inside `forward`, which inference mode does not allow.
            if not any(word in str(error) for word in ("grad", "inference")):
                raise error from cause
        shell = with_values(module)
        with torch.enable_grad():
            return _recorded(shell, asked, asked.drawn(device_of(module)), mode)


def _recorded(shell: Shell, inputs: Inputs, tensors: list[Tensor], mode: Mode, quick: Quick | None = None) -> Tape:
    shell.module.train(mode == "train")
    named = dict(zip(inputs.names, tensors, strict=True))
    recorder = Recorder(shell, frozenset(kinds_by_aten()), named, quick or plainly)
    try:
        with recorder.listening():
            output = inputs.call(shell.module, tensors)
        return recorder.finish(output)
    except Exception as error:
        failure = recorder.failures.get(id(error), Failure(""))
        # An op that refuses its inputs does so with values too; anything else may be for want of
        # them.
        refused = failure.operator and type(error) in (RuntimeError, ValueError, IndexError)
        if quick is not None and (isinstance(error, _NEEDS_VALUES) or not refused):
            raise NeedsValues from error
        said = told(error, failure)
        said.reached = table(recorder.tape, shell.found, inputs, mode).graph
        said.operator, said.shapes = failure.operator, failure.shapes
        raise said from error


def told(error: Exception, failure: Failure | None) -> InputError:
    """Return what went wrong in our words, with the place, the shapes and what the network said."""
    failure = failure or Failure("")
    said = (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
    where = failure.path or "the network itself"
    if not failure.operator:
        return InputError(
            "a network must run on the inputs it is traced for",
            got=Quoted(f"{type(error).__name__}: {said}"),
            where=where,
            hint=_cure(said) or "Give inputs of the sizes and types it was made for.",
        )
    shapes = ", ".join(times(shape) or "1" for shape in failure.shapes)
    is_about_sizes = any(word in said.lower() for word in _SIZE_WORDS)
    kind = ShapeError if is_about_sizes else InputError
    rule = "sizes must fit the op that reads them" if is_about_sizes else "an op must be able to read what it is given"
    cure = _cure(said) or "Change the input or the layer"
    return kind(rule, got=Quoted(f"{failure.operator} of {shapes}"), where=where, hint=f"{cure}; torch says: {said}.")


def _cure(said: str) -> str:
    """Return what to do about a complaint of torch's, if it is a common one."""
    if found := re.search(r"to have (\d+) channels, but got (\d+)", said):
        noun = "channel" if found[1] == "1" else "channels"
        return f"It reads {found[1]} {noun} and is given {found[2]}: change the input or the layer"
    if "scalar types: Long, Int" in said:
        return "It reads whole numbers, such as token ids: give an example tensor of them"
    if any(word in said for word in ("CUDA", "NVIDIA")):
        return "It asks for a graphics card that is not here: load it with map_location='cpu', and name no device in its code."
    return ""


def device_of(module: nn.Module) -> torch.device:
    """Return where a module's tensors are; the CPU for one without any."""
    first = next((tensor for tensor in (*module.parameters(), *module.buffers())), None)
    return torch.device("cpu") if first is None or first.is_meta else first.device


@contextmanager
def undisturbed(module: nn.Module) -> Iterator[None]:
    """Run the block as torch runs by default, and put the user's random numbers and switches back afterwards."""
    with ExitStack() as stack:
        stack.enter_context(kept_randomness())
        stack.enter_context(whole_attention())
        kind = device_of(module).type
        if torch.is_autocast_enabled(kind):
            stack.enter_context(torch.autocast(kind, enabled=False))
        if any(getattr(part, "_compiled_call_impl", None) or hasattr(part, "_orig_mod") for part in module.modules()):
            stack.enter_context(torch.compiler.set_stance("force_eager"))
        yield
