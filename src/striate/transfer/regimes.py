"""The ways to adapt a network that are measured: the classic four, and candidates of our own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from striate.records.adapting import CutPoint, Regime
from striate.records.training import Norm, Recipe
from striate.trace import Recording

WIDE = 256
BODY_RATE = 0.1
WARM_UP = 0.1
# What is tried of each regime, in this order, as far as the time goes: first every regime once, then the next idea.
_IDEAS: tuple[tuple[float, Norm], ...] = (
    (0.01, "train"),
    (0.001, "train"),
    (0.01, "reestimate"),
    (0.03, "train"),
    (0.001, "keep"),
    (0.01, "keep"),
)
_STILL: tuple[tuple[float, Norm], ...] = ((0.01, "keep"), (0.001, "keep"), (0.03, "keep"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Which modules of a cut network are trained beside the head.

    Attributes:
        frozen: Paths that stay as they are.
        trained_share: Share of the first part's MACs behind which gradients must flow, 0 … 1.
    """

    frozen: tuple[str, ...]
    trained_share: float


def solved_regimes(cut: CutPoint, end: CutPoint) -> tuple[Regime, ...]:
    """Return the regimes whose new layers are trained on stored features: nothing flows through the network again."""
    frozen = Regime(
        name="frozen",
        title="New output on the frozen network",
        lecture="similar, little",
        cut=end.name,
        hidden=(),
        trained="head",
        start="probe",
    )
    one = Regime(
        name="cut + 1 FC",
        title=f"Cut at {cut.name}; one new fully connected layer and the output on the frozen first part",
        lecture="different, little",
        cut=cut.name,
        hidden=(WIDE,),
        trained="head",
        start="new",
    )
    two = replace(
        one,
        name="cut + 2 FC",
        title=f"Cut at {cut.name}; two new fully connected layers and the output on the frozen first part",
        hidden=(WIDE, WIDE // 2),
    )
    if cut.name == end.name:
        words = " on the frozen network"
        return (
            frozen,
            replace(one, name="frozen + 1 FC", title=f"One new fully connected layer and the output{words}"),
            replace(two, name="frozen + 2 FC", title=f"Two new fully connected layers and the output{words}"),
        )
    read = replace(
        frozen, name="cut", title=f"Cut at {cut.name}; new output on the frozen first part", lecture="", cut=cut.name
    )
    return frozen, read, one, two


def trained_regimes(cut: CutPoint, end: CutPoint) -> tuple[Regime, ...]:
    """Return the regimes in which pretrained layers are trained, each with every rate and policy worth a look.

    The order is that in which they are tried: every regime once before any is tried again.
    """
    whole = Regime(
        name="fine-tune all",
        title="New output; the whole network fine-tuned, the pretrained part at a tenth of the rate",
        lecture="similar, much",
        cut=end.name,
        hidden=(),
        trained="all",
        start="new",
        body_rate=BODY_RATE,
    )
    families = [
        replace(whole, name="new output, all fine-tuned", title="New output; the whole network fine-tuned at one rate",
                lecture="different, much", body_rate=1.0),
        replace(whole, name="probe, then fine-tune", lecture="", start="probe",
                title="The output solved on frozen features; then all fine-tuned, what was pretrained at a tenth of the rate"),
        whole,
        replace(whole, name="last block", lecture="", trained="last block", start="probe", body_rate=1.0,
                title="The last block and the output trained, what is before it frozen"),
        replace(whole, name="first block", lecture="", trained="first block", start="probe", body_rate=1.0,
                title="The first block and the output trained, what is between them frozen"),
    ]  # fmt: skip
    if cut.name != end.name:
        title = f"Cut at {cut.name}; new output, what is left fine-tuned at one rate"
        families.insert(0, replace(whole, name="cut + fine-tune", title=title, lecture="", cut=cut.name, body_rate=1.0))
    made = []
    for turn in range(max(len(_IDEAS), len(_STILL))):
        for family in families:
            ideas = _IDEAS if family.trained == "all" else _STILL
            if turn < len(ideas):
                rate, norm = ideas[turn]
                made.append(replace(family, rate=rate, norm=norm))
    return tuple(made)


def parts(regime: Regime, cuts: Sequence[CutPoint], recording: Recording) -> Parts:
    """Return what stays frozen of a cut network, by its own paths ("body.layer1").

    The last block is what lies between the last two cut points up to the regime's cut, the first block what lies before the
    first.

    Args:
        regime: What is trained.
        cuts: All cut points, in depth order.
        recording: The uncut network's trace.
    """
    if regime.trained == "all":
        return Parts(frozen=(), trained_share=1.0)
    if regime.trained == "head":
        return Parts(frozen=("body",), trained_share=0.0)
    own = cuts[: [cut.name for cut in cuts].index(regime.cut) + 1]
    if regime.trained == "last block":
        border = own[-2] if len(own) > 1 else None
        before = owners(recording, border.op) if border else []
        share = 1.0 - (border.macs / max(own[-1].macs, 1) if border else 0.0)
        return Parts(frozen=tuple(f"body.{path}" for path in before), trained_share=share)
    first = owners(recording, own[0].op)
    behind = [path for path in owners(recording, own[-1].op) if path not in first]
    return Parts(frozen=tuple(f"body.{path}" for path in behind), trained_share=1.0)


def owners(recording: Recording, op: str) -> list[str]:
    """Return the modules whose own parameters are used up to an op, in the order they run; of the network itself the names."""
    found: dict[str, None] = {}
    for one in recording.graph:
        for param in one.params:
            if param.key:
                found[param.key.rpartition(".")[0] or param.key] = None
        if one.name == op:
            break
    return list(found)


def recipe(regime: Regime, frozen: tuple[str, ...], *, batch: int, seed: int = 0) -> Recipe:
    """Return how a regime's training is done: SGD with momentum, warm-up, one cosine down."""
    return Recipe(
        optimizer="sgd",
        rate=regime.rate,
        schedule="cosine",
        epochs=max(regime.epochs, 1),
        batch=batch,
        frozen=frozen,
        rates=(("body", regime.body_rate),) if regime.body_rate != 1.0 else (),
        norm=regime.norm,
        warm_up=WARM_UP,
        seed=seed,
    )


def regime_key(regime: Regime) -> dict[str, Any]:
    """Return what decides an attempt, in plain values."""
    return {
        "cut": regime.cut, "hidden": list(regime.hidden), "trained": regime.trained, "start": regime.start,
        "rate": regime.rate, "body_rate": regime.body_rate, "norm": regime.norm, "epochs": regime.epochs,
    }  # fmt: skip
