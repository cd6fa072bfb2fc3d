"""Modules that torch does not have, by the name a kind calls them; plug-ins add theirs here."""

from __future__ import annotations

from torch import nn

from striate.registry import Registry

BLOCKS: Registry[type[nn.Module]] = Registry("block", "striate.blocks")
