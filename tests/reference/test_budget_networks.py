"""Known networks at published costs, and half their cost."""

import pytest

from striate.analyse import cost
from striate.analyse.budget import solve
from striate.blueprint import Blueprint
from striate.blueprint.known import known

pytestmark = pytest.mark.reference


def mobilenet_macs(factor):
    """The cost of table 1 with a width multiplier, by hand: 3×3 depthwise, then 1×1, from 32 channels at 112 places a side."""
    rows = [(32, 64, 1), (64, 128, 2), (128, 128, 1), (128, 256, 2), (256, 256, 1), (256, 512, 2)]
    rows += [(512, 512, 1)] * 5 + [(512, 1024, 2), (1024, 1024, 1)]
    side, total = 112, 112**2 * 27 * 32 * factor + 1000 * 1024 * factor
    for reads, width, stride in rows:
        side //= stride
        total += side**2 * (9 * reads * factor + reads * width * factor**2)
    return int(total)


@pytest.mark.parametrize(
    ("millions", "factor", "params"),
    [
        pytest.param(325, 0.75, 2.6, marks=pytest.mark.long),
        (149, 0.5, 1.3),
        pytest.param(41, 0.25, 0.5, marks=pytest.mark.long),
    ],
)
def test_the_width_multipliers_of_mobilenet(millions, factor, params):
    """Howard et al., arXiv 1704.04861, table 6."""
    wanted = mobilenet_macs(factor)

    found = solve(known("mobilenet_v1").plan, macs=wanted)

    assert wanted / 1e6 == pytest.approx(millions, abs=1)
    assert found.residual_percent == 0
    assert {(change.before, change.after) for change in found.widths} == {
        (width, round(factor * width)) for width in (32, 64, 128, 256, 512, 1024)
    }
    assert round(found.after.params / 1e6, 1) == params


@pytest.mark.parametrize(
    ("millions", "side"),
    [
        pytest.param(418, 192, marks=pytest.mark.long),
        pytest.param(290, 160, marks=pytest.mark.long),
        (186, 128),
    ],
)
def test_the_resolutions_of_mobilenet(millions, side):
    """Howard et al., arXiv 1704.04861, table 7."""
    found = solve(known("mobilenet_v1").plan, macs=millions * 10**6, over="input", multiple=32)

    assert found.plan.input == (3, side, side)
    assert found.reached / 1e6 == pytest.approx(millions, abs=1)


@pytest.mark.slow
@pytest.mark.parametrize("name", [pytest.param("convnext_tiny", marks=pytest.mark.long), "squeezenet", "m5"])
def test_half_the_cost_has_the_same_layers(name):
    plan = known(name).plan
    wanted = cost(plan.graph()).total.macs // 2

    found = solve(plan, macs=wanted)

    made = Blueprint.from_text(found.plan.to_text()).graph()
    assert [op.kind for op in made] == [op.kind for op in plan.graph()]
    assert cost(made).total.macs == found.reached == pytest.approx(wanted, rel=0.02)
    assert found.smaller < found.reached < found.larger
    assert made.output.shape == plan.graph().output.shape
    # The cost of most networks goes with the square of the widths.
    assert 0.6 < found.amount < 0.75
