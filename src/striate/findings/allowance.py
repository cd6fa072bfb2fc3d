"""`Allowance`: a finding that somebody looked at and wants to keep, with the reason."""

from __future__ import annotations

from dataclasses import dataclass

from striate.errors import InputError


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """One rule that may be broken, at one op or everywhere, because of something.

    Attributes:
        rule: Name or code of the rule.
        op: The op it may be broken at, "" for the whole network.
        reason: Why; never empty.

    Raises:
        InputError: Without a rule or a reason.

    Example:
        >>> str(Allowance(rule="unaligned-padding", op="conv1", reason="The border of a digit is empty."))
        'unaligned-padding at conv1, because: The border of a digit is empty.'
    """

    rule: str
    op: str = ""
    reason: str

    def __post_init__(self) -> None:
        if not self.rule.strip():
            raise InputError("an allowance must name its rule", got=self.rule, where="allow")
        if not self.reason.strip() or "\n" in self.reason:
            raise InputError(
                "an allowance must have a reason, in one line",
                got=self.reason,
                where=f"allow {self.subject}",
                hint="Say why this network may do what the rule advises against.",
            )

    @property
    def subject(self) -> str:
        """The rule, and the op if it is about one."""
        return f"{self.rule} at {self.op}" if self.op else self.rule

    def __str__(self) -> str:
        return f"{self.subject}, because: {self.reason}"
