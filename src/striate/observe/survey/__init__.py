"""One pass over a data set, every unit of every layer at once: what it answers to, how often, and whether that is one thing."""

from striate.observe.survey.collecting import SurveyCollector
from striate.observe.survey.folder import read_survey, write_survey
from striate.observe.survey.judging import judge_units
from striate.observe.survey.patches import patches_of
from striate.observe.survey.survey import survey

__all__ = ["SurveyCollector", "judge_units", "patches_of", "read_survey", "survey", "write_survey"]
