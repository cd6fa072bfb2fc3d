"""From a network and data to one report: gathering the evidence, the sections as data, one HTML file."""

from striate.report.inspection import Inspection, inspect

__all__ = ["Inspection", "inspect"]
