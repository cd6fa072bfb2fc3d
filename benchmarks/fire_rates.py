"""How often each design rule fires on networks that are known to be good, at their own input size, random weights.

A rule that fires often on good networks teaches people to ignore it. Run: make bench, or python benchmarks/fire_rates.py;
Limits were chosen while looking at the first list, so the fair figure is that of the second, which nobody tuned on;
with --write the measurement goes into the package, where the rules' pages read it.
"""

import json
import sys
from collections import Counter
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from healthy_networks import EXEMPT, HEALTHY, HELD_OUT
from machine import heading

from striate import schema
from striate.lint import RULES, lint
from striate.lint.fire_rates import FILE, SCHEMA_VERSION, Share
from striate.nets import load_network
from striate.observe import wilson
from striate.trace import trace

TARGET = Path(__file__).parents[1] / "src" / "striate" / "lint" / FILE


def listed(found: dict[str, dict[str, str]]) -> dict[str, list[str]]:
    """Return each network's findings as "rule: severity"."""
    return {
        reference: [f"{name}: {level}" for name, level in sorted(rules.items())] for reference, rules in found.items()
    }


def share(count: int, of: int) -> Share:
    """Return a share with Wilson's interval."""
    low, high = wilson(count / of, of)
    return Share(count=count, of=of, low=round(low, 4), high=round(high, 4))


def findings(reference: str) -> dict[str, str]:
    """Return the severity of every rule that fires on a network's design."""
    network = load_network(reference)
    report = lint(graph=trace(network.module, (1, *network.input_shape)).graph)
    if report.failures:
        sys.exit(f"{reference}: {report.failures[0]}")
    # Gravest last, so that it is the one that stays.
    return {finding.name: finding.severity for finding in reversed(report.findings)}


def troubled(found: dict[str, dict[str, str]]) -> list[str]:
    """Return the networks with a warning or an error that is not exempt."""
    return [
        reference
        for reference, rules in found.items()
        if any(level != "note" and (reference, name) not in EXEMPT for name, level in rules.items())
    ]


def main() -> None:
    """Print the table; with --write keep it."""
    print(heading(f"Design rules on {len(HEALTHY)} good networks"))
    found = {reference: findings(reference) for reference in HEALTHY}
    counts = Counter(name for rules in found.values() for name in rules)
    design = [rule.name for rule in RULES.values() if rule.section == "network"]
    fired = {name: share(counts[name], len(found)) for name in design}
    for name in sorted(design, key=lambda name: -counts[name]):
        print(f"{name:<32} {fired[name]}")
    total = share(len(troubled(found)), len(found))
    print(f"\nwith a warning or an error, limits chosen on these: {total}: {', '.join(troubled(found)) or 'none'}")
    unseen = {reference: findings(reference) for reference in HELD_OUT}
    fair = share(len(troubled(unseen)), len(unseen))
    print(f"with a warning or an error, no limit chosen on these: {fair}: {', '.join(troubled(unseen)) or 'none'}")
    if "--write" in sys.argv:
        document = {
            "schema": schema.stamp("fire-rates", SCHEMA_VERSION),
            "date": f"{datetime.now(UTC):%Y-%m-%d}",
            "versions": ", ".join(f"{package} {version(package)}" for package in ("torch", "torchvision", "timm")),
            "troubled": asdict(total),
            "held_out": asdict(fair),
            "fired": {name: asdict(rate) for name, rate in fired.items()},
            "exempt": {f"{network}: {rule}": reason for (network, rule), reason in EXEMPT.items()},
            "found": listed(found),
            "found_held_out": listed(unseen),
        }
        TARGET.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        print(f"wrote {TARGET.name}")


if __name__ == "__main__":
    main()
