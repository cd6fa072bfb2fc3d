"""Widths that go together: those that are equal, and those that sums of branches or groups tie to each other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import gcd, lcm

from striate.analyse.budget.forms import Form, ties
from striate.analyse.budget.sites import Site, layers, stated, terms, wide_settings, width_arguments
from striate.blueprint import Blueprint


@dataclass(frozen=True, slots=True, kw_only=True)
class Bond:
    """Places whose numbers keep their ratios: each is `value // unit` times one whole number.

    Attributes:
        values: The places with their present numbers.
        step: What that whole number must be a multiple of.
    """

    values: dict[Site, int]
    step: int

    @property
    def unit(self) -> int:
        """The greatest number that divides all of them."""
        return gcd(*self.values.values())

    def at(self, factor: Fraction) -> dict[Site, int]:
        """Return the numbers nearest to so many times what they are; a half goes up, and none falls to zero.

        Example:
            >>> bond = Bond(values={Site(setting="w"): 64, Site(setting="v"): 32}, step=4)
            >>> list(bond.at(Fraction(1, 3)).values())   # 32 ÷ 3 = 10⅔: 12 is the nearest multiple of 4
            [24, 12]
        """
        whole = self.step * max(1, (factor * self.unit / self.step + Fraction(1, 2)).__floor__())
        return {site: value // self.unit * whole for site, value in self.values.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bonds:
    """The widths of a blueprint, by what goes together.

    Attributes:
        free: What can be scaled.
        fixed: Places that stay as they are, since the input or the outputs hold them.
        groups: Groups that go with the channels they read.
    """

    free: tuple[Bond, ...]
    fixed: dict[Site, int]
    groups: dict[Site, Form]


def bonds(plan: Blueprint, *, multiple: int = 1) -> Bonds:
    """Return which widths of a blueprint go together, and in which steps.

    Equal widths stay equal, wherever they stand, unless one of them is held by the input or the outputs.

    Args:
        plan: A blueprint without open choices.
        multiple: What every width must be a multiple of.

    Example:
        >>> plan = Blueprint.from_text("input 3x8x8; conv 3 8; concat(conv 1 16 | conv 3 16 groups 4); conv 3 32; classes 2")
        >>> [(list(bond.values.values()), bond.step) for bond in bonds(plan).free]
        [([8], 4), ([16, 16], 4), ([32], 1)]
    """
    values, tied = stated(plan), ties(plan)
    groups = _Groups(values)
    for form in _widths(plan):
        groups.hold(form, multiple)
    for difference in tied.equal:
        groups.tie(difference)
    for form, count in tied.whole:
        groups.divide(form, count)
    held = groups.held()
    # Equal widths stay equal; those that are held cannot take others with them.
    by_value: dict[int, list[Site]] = {}
    for site, value in values.items():
        if site not in held:
            by_value.setdefault(value, []).append(site)
    for sites in by_value.values():
        groups.join(sites)
    members: dict[Site, list[Site]] = {}
    for site in values:
        if site not in held:
            members.setdefault(groups.root(site), []).append(site)
    return Bonds(
        free=tuple(groups.bond(sites) for sites in members.values()),
        fixed={site: value for site, value in values.items() if site in held},
        groups=tied.groups,
    )


def followed(bonded: Bonds, values: dict[Site, int]) -> dict[Site, int]:
    """Return the groups that go with widths, for stated numbers of these.

    Example:
        >>> bonded = bonds(Blueprint.from_text("input 3x8x8; conv 3 8; conv 3 8 groups 8; classes 2"))
        >>> [*followed(bonded, bonded.free[0].at(Fraction(2))).values()]
        [16]
    """
    known = bonded.fixed | values
    return {
        place: int(form.constant + sum(share * known[site] for site, share in form.shares.items()))
        for place, form in bonded.groups.items()
    }


class _Groups:
    """Places that are joined, with the steps that each and all of them keep to."""

    def __init__(self, values: dict[Site, int]) -> None:
        self.values = values
        self.parent = {site: site for site in values}
        self.steps = dict.fromkeys(values, 1)
        self.totals: list[tuple[Form, int]] = []
        self.stuck: set[Site] = set()

    def tie(self, difference: Form) -> None:
        """Keep a difference at zero: what is in it keeps its ratios, or stays where a constant is in it."""
        if difference.constant:
            self.stuck.update(difference.shares)
        self.join(difference.shares)

    def divide(self, form: Form, count: int) -> None:
        """Keep a sum a multiple: each of its parts where they are such, else their common measure."""
        if all((share * self.values[site] / count).denominator == 1 for site, share in form.shares.items()):
            self.hold(form, count)
        elif form.constant:
            self.stuck.update(form.shares)
        else:
            self.totals.append((form, count))
            self.join(form.shares)

    def hold(self, form: Form, count: int) -> None:
        """Hold every part of a sum to multiples of a number."""
        for site, share in form.shares.items():
            self.steps[site] = lcm(self.steps[site], (share / count).denominator)

    def held(self) -> set[Site]:
        """Return the places that stay as they are."""
        roots = {self.root(site) for site in self.stuck}
        return {site for site in self.values if self.root(site) in roots}

    def bond(self, sites: Sequence[Site]) -> Bond:
        """Return joined places with the step of their common measure."""
        values = {site: self.values[site] for site in sites}
        unit = gcd(*values.values())
        step = lcm(*(Fraction(value // unit, self.steps[site]).denominator for site, value in values.items()))
        for form, count in self.totals:
            if values.keys() >= form.shares.keys():
                total = sum((share * values[site] for site, share in form.shares.items()), Fraction(0))
                step = lcm(step, (total / unit / count).denominator)
        return Bond(values=values, step=step)

    def root(self, site: Site) -> Site:
        while self.parent[site] != site:
            site = self.parent[site]
        return site

    def join(self, sites: Iterable[Site]) -> None:
        roots = [self.root(site) for site in sites]
        for root in roots[1:]:
            self.parent[self.root(root)] = self.root(roots[0])


def _widths(plan: Blueprint) -> list[Form]:
    """Return every width that is written."""
    wide = wide_settings(plan)
    return [
        Form(terms(layer.arguments[argument], plan, wide) or {Site(path=path, argument=argument): Fraction(1)})
        for path, layer in layers(plan.items)
        for argument in width_arguments(layer)
    ]
