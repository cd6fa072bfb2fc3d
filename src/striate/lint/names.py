"""Names of classes, as far as the evidence knows them."""

from __future__ import annotations

from striate.records import Evidence


def class_name(evidence: Evidence, number: int) -> str:
    """Return the name of a class; its number if nobody named it.

    Example:
        >>> class_name(Evidence(), 4)
        '4'
    """
    names = evidence.predictions.output.names if evidence.predictions is not None else ()
    return names[number] if 0 <= number < len(names) else str(number)
