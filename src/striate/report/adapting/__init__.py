"""The page of an adaptation: what was chosen and why, every regime on one axis, and the receipt."""
