"""How far around an image the network is the linear function that its gradient takes it for."""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from striate.errors import InputError
from striate.events import SILENT, Events, Task
from striate.explain.answers import parts, undisturbed
from striate.explain.method import method
from striate.explain.saliency.attributing import pick_units
from striate.explain.saliency.scored import Scored
from striate.nets import Network
from striate.records import LinearView

# In units of the preprocessed input: from a 4,000th of a standard deviation to four.
STEPS = tuple(2.0**power for power in range(-12, 3))
_MOST_OFF = 1e6


@method("How far around the image does its gradient foretell the score?", section="methods/linear-view")
def linear_view(
    network: Network,
    images: Tensor,
    targets: Tensor | None = None,
    *,
    tolerance: float = 0.1,
    directions: int = 8,
    seed: int = 0,
    events: Events = SILENT,
) -> tuple[LinearView, ...]:
    """Return how far one can go from each image until the gradient foretells the change of a score no longer.

    Steps double from 2⁻¹² to 4 (root mean square over pixels and channels, in units of the preprocessed input), up the
    gradient and along random directions. A step holds if the score changes by what the gradient says, give or take the
    tolerance, and all smaller steps hold. Computed in double precision.

    Args:
        network: As for `gradient`.
        images: As for `gradient`.
        targets: As for `gradient`; k units make k records for each image.
        tolerance: Share of the foretold change by which the true one may be off.
        directions: Random directions, normal.
        seed: Of them; all images get the same.
        events: Hears of each image.

    Returns:
        Records, image by image. A linear network holds at all steps: infinity. Where the gradient is zero there is no way up it:
        `holds_gradient` is 0, and a note says so.

    Raises:
        InputError: A tolerance or number of directions that is not above 0; a target that is no output; images that are not
            finite; a network that breaks the way back.
        ShapeError: Not a row of targets for each image.
        Cancelled: The watcher asked to stop.

    When it misleads:
        Along a random direction the foretold change is small, so that being off by a tenth of it comes soon. It says how far
        the picture may be taken at its word, not whether it is right about more than the score's slope. Steps are a factor of
        two apart.

    Source:
        Ours. That a gradient is a first-order Taylor expansion of the score: Simonyan et al. 2014, sec. 3. Differs: measured.

    Cost:
        For each image and unit 15 forward passes for each direction, and one backward pass, in double precision.

    Example:
        >>> from striate.blueprint import Blueprint
        >>> from striate.nets import from_blueprint
        >>> network = from_blueprint(Blueprint.from_text("input 1x4x4; classes 3"))
        >>> [seen] = linear_view(network, torch.rand(1, 1, 4, 4), torch.tensor([2]))
        >>> seen.holds_gradient, seen.holds_random
        (inf, inf)
    """
    if not tolerance > 0:
        raise InputError("tolerance must be above 0", got=tolerance)
    if directions < 1:
        raise InputError("directions must be at least 1", got=directions)
    scored = Scored(network, images, dtype=torch.float64)
    picks = pick_units(scored, targets)
    shape = scored.inputs.shape[1:]
    drawn = torch.randn(directions, *shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    drawn = _unit(drawn.to(scored.inputs))
    task = Task("linear view", total=len(scored.inputs), unit="image", events=events)
    records: list[LinearView] = []
    sample = 0
    with undisturbed(scored.network.module):
        for part, pick in zip(parts(scored.inputs, scored.at_once), picks, strict=True):
            scores, units, slopes = scored.answer(part, pick)
            for row in range(len(part)):
                for unit, slope in zip(units[row].tolist(), slopes[row], strict=True):
                    off = _off(scored, part[row], float(scores[row, unit]), unit, slope, drawn)
                    records.append(
                        _record(sample, unit, off, tolerance, seed, scored.notes, is_flat=not bool(slope.any()))
                    )
                sample += 1
                task.advance()
    return tuple(records)


def _unit(directions: Tensor) -> Tensor:
    """Return directions (d, …) with root mean square 1; zero stays zero."""
    size = directions.flatten(1).square().mean(1).sqrt().view(-1, *[1] * (directions.ndim - 1))
    return directions / torch.where(size == 0, 1, size)


def _off(scored: Scored, image: Tensor, score: float, unit: int, slope: Tensor, drawn: Tensor) -> NDArray[np.float64]:
    """Return by what share of the foretold change the true one is off, (1 + directions, steps)."""
    ways = torch.cat([_unit(slope[None]), drawn])
    foretold = (ways * slope).flatten(1).sum(1)[:, None] * ways.new_tensor(STEPS)
    found = []
    with torch.no_grad():
        for way in ways:
            points = image + way * way.new_tensor(STEPS).view(-1, *[1] * image.ndim)
            found.append(torch.cat([scored.scores(part)[:, unit] for part in parts(points, scored.at_once)]) - score)
    away = (torch.stack(found) - foretold).abs()
    # What is left of rounding is no change.
    away[away <= 1e-12 * max(1.0, abs(score))] = 0
    share = torch.where(away == 0, 0, away / foretold.abs())
    off: NDArray[np.float64] = share.nan_to_num(nan=_MOST_OFF, posinf=_MOST_OFF).clamp(max=_MOST_OFF).cpu().numpy()
    return off


def _record(
    sample: int,
    unit: int,
    off: NDArray[np.float64],
    tolerance: float,
    seed: int,
    notes: tuple[str, ...],
    *,
    is_flat: bool,
) -> LinearView:
    holds = [_holds(row, tolerance) for row in off]
    if is_flat:
        # No step goes up a gradient of zero, whatever the score does elsewhere.
        holds[0] = 0.0
        notes += ("The gradient is zero: there is no direction in which to go up.",)
    return LinearView(
        sample=sample,
        target=unit,
        tolerance=tolerance,
        steps=np.array(STEPS, dtype=np.float32),
        along_gradient=off[0].astype(np.float32),
        along_random=off[1:].astype(np.float32),
        holds_gradient=holds[0],
        holds_random=float(np.median(holds[1:])),
        seed=seed,
        notes=notes,
    )


def _holds(off: NDArray[np.float64], tolerance: float) -> float:
    """Return the largest step up to which all are within tolerance.

    Example:
        >>> _holds(np.array([0.01, 0.05, 0.2] + [0.0] * 12), 0.1) == STEPS[1]
        True
    """
    beyond = np.flatnonzero(off > tolerance)
    if not len(beyond):
        return math.inf
    return STEPS[beyond[0] - 1] if beyond[0] else 0.0
