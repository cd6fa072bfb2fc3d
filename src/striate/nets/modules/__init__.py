"""Modules that torch does not have, by the name a kind calls them; plug-ins add theirs here.

One file holds one of them and imports torch alone: `Blueprint.to_source` copies it into what it writes.
"""

from __future__ import annotations

from torch import nn

from striate.nets.modules.add import Add
from striate.nets.modules.channel_norm import ChannelNorm
from striate.nets.modules.concat import Concat
from striate.nets.modules.conv_same import Conv1dSame, Conv2dSame, Conv3dSame
from striate.nets.modules.coordinates import Coordinates
from striate.nets.modules.drop_path import DropPath
from striate.nets.modules.global_mean import GlobalMean
from striate.nets.modules.global_sum_pool import GlobalSumPool
from striate.nets.modules.layer_scale import LayerScale
from striate.nets.modules.multiply import Multiply
from striate.nets.modules.permute import Permute
from striate.nets.modules.with_heads import WithHeads
from striate.registry import Registry

MODULES: Registry[type[nn.Module]] = Registry("module", "striate.modules")

for _module in (
    Add, ChannelNorm, Concat, Conv1dSame, Conv2dSame, Conv3dSame, Coordinates, DropPath, GlobalMean, GlobalSumPool,
    LayerScale, Multiply, Permute, WithHeads,
):  # fmt: skip
    MODULES.add(_module.__name__, _module)
