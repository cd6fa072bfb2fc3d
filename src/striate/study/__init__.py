"""Controlled studies: which design helps, at equal cost, over seeds."""

from striate.study.cells import Cell, cells_of
from striate.study.file import read_study, study_from, study_text
from striate.study.forking import fork_study
from striate.study.plan import Study
from striate.study.reading import StudyReading, read_results
from striate.study.ready import ready_studies, ready_study
from striate.study.results import StudyResults
from striate.study.running import run_study
from striate.study.verdict import Verdict, verdict

__all__ = [
    "Cell",
    "Study",
    "StudyReading",
    "StudyResults",
    "Verdict",
    "cells_of",
    "fork_study",
    "read_results",
    "read_study",
    "ready_studies",
    "ready_study",
    "run_study",
    "study_from",
    "study_text",
    "verdict",
]
