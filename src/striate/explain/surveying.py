"""The survey of units among the methods of understanding."""

from __future__ import annotations

from striate.explain.method import method
from striate.observe.survey import survey as _survey

survey = method("What does every unit of every layer answer to?", section="methods/survey")(_survey)
