"""The laws of the backward pass: for each operation, how it hands a gradient on, by arithmetic of our own."""

from striate.explain.laws.group import check_group, law_of_group
from striate.explain.laws.law import LAWS, Checked, Law, check, law_of

__all__ = ["LAWS", "Checked", "Law", "check", "check_group", "law_of", "law_of_group"]
