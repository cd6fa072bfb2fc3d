"""What the rules said, in the forms other programs read: pure functions from a report to text."""

from striate.lint.formats.github import to_github
from striate.lint.formats.sarif import to_sarif
from striate.lint.formats.subject import Subject

__all__ = ["Subject", "to_github", "to_sarif"]
