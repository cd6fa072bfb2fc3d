"""Modules that torch does not have, by the name a kind calls them; plug-ins add theirs here.

One file holds one of them and imports torch alone: `Blueprint.to_source` copies it into what it writes.
"""

from __future__ import annotations

from torch import nn

from striate.nets.blocks.add import Add
from striate.nets.blocks.channel_norm import ChannelNorm
from striate.nets.blocks.concat import Concat
from striate.nets.blocks.conv_same import Conv1dSame, Conv2dSame, Conv3dSame
from striate.nets.blocks.coordinates import Coordinates
from striate.nets.blocks.drop_path import DropPath
from striate.nets.blocks.global_sum_pool import GlobalSumPool
from striate.nets.blocks.layer_scale import LayerScale
from striate.nets.blocks.multiply import Multiply
from striate.nets.blocks.permute import Permute
from striate.nets.blocks.with_heads import WithHeads
from striate.registry import Registry

BLOCKS: Registry[type[nn.Module]] = Registry("block", "striate.blocks")

for _block in (
    Add, ChannelNorm, Concat, Conv1dSame, Conv2dSame, Conv3dSame, Coordinates, DropPath, GlobalSumPool, LayerScale,
    Multiply, Permute, WithHeads,
):  # fmt: skip
    BLOCKS.add(_block.__name__, _block)
