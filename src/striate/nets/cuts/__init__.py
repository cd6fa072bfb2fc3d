"""Networks cut at one of their values and given a new end."""

from striate.nets.cuts.cutting import cut_at
from striate.nets.cuts.ending import CutNetwork, Ending
from striate.nets.cuts.points import END, cut_points, point_at

__all__ = ["END", "CutNetwork", "Ending", "cut_at", "cut_points", "point_at"]
