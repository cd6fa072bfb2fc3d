"""The page's scales reckoned once more: colours between a scheme's anchors."""

import re
from pathlib import Path

import numpy as np

TOKENS = Path(__file__).parents[2] / "web" / "src" / "styles" / "tokens.css"


def _oklab(colour):
    channels = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return _TO_LAB @ np.cbrt(_TO_LMS @ linear)


_TO_LMS = np.array([
    [0.4122214708, 0.5363325363, 0.0514459929],
    [0.2119034982, 0.6806995451, 0.1073969566],
    [0.0883024619, 0.2817188376, 0.6299787005],
])  # fmt: skip
_TO_LAB = np.array([
    [0.2104542553, 0.7936177850, -0.0040720468],
    [1.9779984951, -2.4285922050, 0.4505937099],
    [0.0259040371, 0.7827717662, -0.8086757660],
])  # fmt: skip


def coloured(shares, name):
    """Colours of the light scheme's scale at shares 0 … 1: linear in OKLab between nine anchors, 256 steps."""
    light = TOKENS.read_text().split("@media (prefers-color-scheme: dark)")[0]
    anchors = np.array([_oklab(colour) for colour in re.findall(rf"--{name}-\d: (#[0-9a-f]{{6}})", light)[:9]])
    steps = np.round(255 * shares) / 255 * 8
    low = np.minimum(steps.astype(int), 7)
    mixed = anchors[low] + (anchors[low + 1] - anchors[low]) * (steps - low)[..., None]
    linear = np.linalg.inv(_TO_LMS) @ (np.linalg.inv(_TO_LAB) @ mixed[..., None]) ** 3
    linear = np.clip(linear[..., 0], 0, 1)
    return np.round(255 * np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055))
