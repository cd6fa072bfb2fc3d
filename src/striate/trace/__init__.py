"""Any module to its table and its runnable program."""

from striate.trace.hearing import Site, hearing
from striate.trace.prefix import Edit, trace_until
from striate.trace.program import Program, Result
from striate.trace.record import Recording, trace
from striate.trace.tap import tap

__all__ = ["Edit", "Program", "Recording", "Result", "Site", "hearing", "tap", "trace", "trace_until"]
