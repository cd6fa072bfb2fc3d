"""Words that stand for several layers, one file a family. Importing this package registers them all."""

from striate.blueprint.blocks import fire, inception, inverted, residual, separable, squeeze
from striate.blueprint.blocks.block import BLOCK_WORDS, Block

__all__ = ["BLOCK_WORDS", "Block"]

_ = (fire, inception, inverted, residual, separable, squeeze)
