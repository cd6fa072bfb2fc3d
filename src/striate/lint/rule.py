"""What a rule is, and the registry of rules."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from functools import cache
from typing import Any, ClassVar, Generic, Literal, TypeVar

from striate.findings import Cure, Finding, Measure, Severity
from striate.graph import Graph
from striate.lint.page import flat, sections, summary
from striate.lint.paper import Paper
from striate.records import Evidence
from striate.registry import Registry

Section = Literal[
    "network",
    "beginnings",
    "training",
    "splits",
    "filters",
    "weights",
    "activations",
    "through-training",
    "patches",
    "map",
    "downstream",
    "occlusion",
    "saliency",
    "shortcuts",
    "backward",
    "class-images",
    "invariance",
    "entering",
    "mistakes",
]
Seen = TypeVar("Seen")


class Rule(ABC, Generic[Seen]):
    """One rule: what it needs to see, and how it judges that. Its docstring is its page.

    Attributes:
        code: Theme letters and three digits; permanent, never reused.
        name: What is wrong, so that it reads well after "allow".
        severity: Of its findings as a rule.
        also: Other severities its findings can have.
        section: The part of the report that shows the evidence.
    """

    code: ClassVar[str]
    name: ClassVar[str]
    severity: ClassVar[Severity]
    also: ClassVar[tuple[Severity, ...]] = ()
    section: ClassVar[Section]

    @abstractmethod
    def seen(self, evidence: Evidence, paper: Paper | None) -> Seen | None:
        """Return what the rule judges, None if it was not measured."""

    @abstractmethod
    def judge(self, seen: Seen) -> Iterator[Finding]:
        """Yield a finding for whatever is on the wrong side of its limit."""

    def check(self, evidence: Evidence, graph: Graph | None = None) -> Iterator[Finding]:
        """Yield the findings; nothing without evidence."""
        paper = None if graph is None else Paper.of(graph, evidence)
        seen = self.seen(evidence, paper)
        if seen is not None:
            yield from self.judge(seen)

    def told(self, seen: Seen) -> str:
        """Return, for a rule that found nothing, its figure in a few words; "" if it tells none.

        "0 of 3,764 squares off the object change an answer"
        """
        del seen
        return ""

    def finding(
        self,
        message: str,
        todo: str,
        *,
        measure: Measure,
        op: str = "",
        severity: Severity | None = None,
        cure: Cure | None = None,
    ) -> Finding:
        """Return a finding of this rule; why and source stand on its page."""
        why, source = _why_and_source(type(self))
        return Finding(
            code=self.code,
            name=self.name,
            severity=severity or self.severity,
            message=message,
            todo=todo,
            why=why,
            source=source,
            section=self.section,
            op=op,
            measure=measure,
            cure=cure,
        )

    @property
    def severities(self) -> tuple[Severity, ...]:
        """Every severity a finding of this rule can have."""
        return (self.severity, *self.also)

    @property
    def summary(self) -> str:
        """What it looks for, in one line."""
        return summary(self.__doc__ or "")

    def sections(self) -> dict[str, str]:
        """Return the sections of the page, by heading."""
        return dict(sections(self.__doc__ or ""))


class TableRule(Rule[Paper]):
    """A rule about the design: it looks at the table and what is read off it."""

    section = "network"

    def seen(self, evidence: Evidence, paper: Paper | None) -> Paper | None:
        """Return the paper if this rule can judge it."""
        del evidence
        return paper if paper is not None and self.applies(paper) else None

    def applies(self, paper: Paper) -> bool:
        """Return whether the table says what this rule has to know."""
        del paper
        return True


class PictureRule(Rule[Seen]):
    """A rule about what was measured on the network: it looks at the records."""

    def seen(self, evidence: Evidence, paper: Paper | None) -> Seen | None:
        """Return the record this rule judges."""
        del paper
        return self.look(evidence)

    @abstractmethod
    def look(self, evidence: Evidence) -> Seen | None:
        """Return the record this rule judges, None if it was not made."""


@cache
def _why_and_source(rule: type[Rule[Any]]) -> tuple[str, str]:
    page = sections(rule.__doc__ or "")
    return flat(page.get("Why it matters", "")), flat(page.get("Sources", ""))


RULES: Registry[Rule[Any]] = Registry("rule", "striate.rules", is_tolerant=True)
AnyRule = TypeVar("AnyRule", bound=Rule[Any])


def register(rule: type[AnyRule]) -> type[AnyRule]:
    """Add a rule to the registry; a decorator for the classes in `rules` and in plug-ins."""
    RULES.add(rule.name, rule())
    return rule
