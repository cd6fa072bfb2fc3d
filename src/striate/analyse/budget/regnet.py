"""RegNet: the widths of a whole network from four numbers."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from math import inf, log
from typing import Literal

from striate.blueprint import Blueprint
from striate.errors import InputError

Rounding = Literal["published", "torchvision"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RegNetStage:
    """Blocks of one width.

    Attributes:
        width: Channels between blocks.
        depth: Blocks.
        group_width: Channels in each group of the 3×3 convolution.
        inner: Channels of the 3×3 convolution.
    """

    width: int
    depth: int
    group_width: int
    inner: int


def regnet_widths(w_a: float, w_0: float, w_m: float, depth: int, *, q: int = 8) -> tuple[int, ...]:
    """Return the width of every block.

    **Definition.** A line u_j = w_0 + w_a·j over the blocks j = 0 … depth − 1; s_j = log(u_j ÷ w_0) ÷ log(w_m) rounded to
    whole steps; the width w_0·w_m^s_j, rounded to multiples of q. Halves are rounded to even. Blocks of equal width are a
    stage.

    Args:
        w_a: How much wider each block is, in channels; 0 or more.
        w_0: The first width; at least q.
        w_m: By how much stages widen; above 1.
        depth: Blocks.
        q: What widths are multiples of.

    Raises:
        InputError: Numbers outside these ranges.

    Source:
        Radosavovic et al., "Designing Network Design Spaces", CVPR 2020, section 4, equations 2 to 4. Differs: None.

    Example:
        >>> regnet_widths(24.48, 24, 2.54, 22)[:5], sorted(set(regnet_widths(24.48, 24, 2.54, 22)))   # X-400MF
        ((24, 64, 64, 152, 152), [24, 64, 152, 392])
    """
    is_within = 0 <= w_a < inf and 1 <= q <= w_0 < inf and 1 < w_m < inf and depth >= 1
    if not is_within:
        raise InputError(
            "a RegNet must have w_a of at least 0, w_0 of at least q, w_m above 1, and depth and q of at least 1",
            got=f"w_a {w_a}, w_0 {w_0}, w_m {w_m}, depth {depth}, q {q}",
        )
    line = (w_0 + w_a * block for block in range(depth))
    steps = (round(log(width / w_0) / log(w_m)) for width in line)
    return tuple(q * round(w_0 * w_m**step / q) for step in steps)


def regnet_stages(
    w_a: float,
    w_0: float,
    w_m: float,
    depth: int,
    *,
    group_width: int,
    bottleneck_ratio: float = 1.0,
    rounding: Rounding = "published",
) -> tuple[RegNetStage, ...]:
    """Return the stages, widths adjusted so that groups divide them.

    A group is never wider than the 3×3 convolution it is in; that convolution's width goes to the nearest multiple of the
    group's. A half goes to the even number as published; torchvision takes it up, and never gives away over a tenth of a
    width, which is another X-400MF than the paper's.

    Args:
        w_a: As for `regnet_widths`.
        w_0: The same.
        w_m: The same.
        depth: The same.
        group_width: Channels in each group.
        bottleneck_ratio: Width of the 3×3 convolution ÷ width between blocks.
        rounding: "published", or "torchvision".

    Source:
        Radosavovic et al., CVPR 2020, section 4; the adjustment as in the authors' pycls. Differs: None.

    Example:
        >>> [(stage.width, stage.depth, stage.group_width) for stage in regnet_stages(24.48, 24, 2.54, 22, group_width=16)]
        [(32, 1, 16), (64, 2, 16), (160, 7, 16), (384, 12, 16)]
    """
    if group_width < 1 or not 0 < bottleneck_ratio < inf:
        raise InputError(
            "a RegNet must have groups of at least 1 channel, and a bottleneck ratio above 0",
            got=f"group width {group_width}, bottleneck ratio {bottleneck_ratio}",
        )
    found = []
    for width, blocks in groupby(regnet_widths(w_a, w_0, w_m, depth)):
        inner = max(int(width * bottleneck_ratio), 1)
        group = min(group_width, inner)
        whole = group * max(round(inner / group), 1) if rounding == "published" else _upward(inner, group)
        found.append(
            RegNetStage(width=int(whole / bottleneck_ratio), depth=len(list(blocks)), group_width=group, inner=whole)
        )
    return tuple(found)


def regnet(  # noqa: PLR0913 - the numbers of the paper
    w_a: float,
    w_0: float,
    w_m: float,
    depth: int,
    *,
    group_width: int,
    bottleneck_ratio: float = 1.0,
    rounding: Rounding = "published",
    classes: int = 1000,
) -> Blueprint:
    """Return a RegNetX for 224 px: a stem of 32 filters, stages that begin with stride 2, a mean, the classes.

    Arguments as for `regnet_stages`.

    Source:
        Radosavovic et al., CVPR 2020, figure 3 and appendix. Differs: None for X; Y, with squeeze-excitation, is not made.

    Example:
        >>> plan = regnet(36.44, 24, 2.49, 13, group_width=8)   # X-200MF
        >>> plan.to_text()   # doctest: +NORMALIZE_WHITESPACE
        'input 3x224x224; conv 3 32 stride 2, batchnorm, relu; bottleneck 24 expand 1 stride 2 groups 3;
         bottleneck 56 expand 1 stride 2 groups 7; bottleneck 152 expand 1 stride 2 groups 19;
         (bottleneck 152 expand 1 groups 19) x3; bottleneck 368 expand 1 stride 2 groups 46;
         (bottleneck 368 expand 1 groups 46) x6; globalavgpool; classes 1000'
    """
    parts = ["input 3x224x224", "conv 3 32 stride 2, batchnorm, relu"]
    stages = regnet_stages(
        w_a, w_0, w_m, depth, group_width=group_width, bottleneck_ratio=bottleneck_ratio, rounding=rounding
    )
    for stage in stages:
        inner = f" inner {stage.inner}" if stage.inner != stage.width else ""
        count = stage.inner // stage.group_width
        groups = f" groups {count}" if count > 1 else ""
        parts.append(f"bottleneck {stage.width} expand 1 stride 2{groups}{inner}")
        if stage.depth > 1:
            parts.append(f"(bottleneck {stage.width} expand 1{groups}{inner}) x{stage.depth - 1}")
    return Blueprint.from_text("; ".join([*parts, "globalavgpool", f"classes {classes}"]))


def _upward(width: int, group: int) -> int:
    """Return the multiple of a group that stands for a width in torchvision."""
    near = max(group, (width + group // 2) // group * group)
    return near if near >= 0.9 * width else near + group
