"""Integrated gradients: the change of a score from a baseline to the image, shared out over the pixels."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from striate.errors import InputError, Quoted, ShapeError
from striate.events import SILENT, Events
from striate.explain.saliency.attributing import PER_SCORE, Maps, Pick, attributions, saliency_method
from striate.explain.saliency.scored import Scored
from striate.graph import times
from striate.nets import Network
from striate.records import Attribution


@saliency_method("How does each pixel share in what these scores gained over a baseline?")
def integrated_gradients(
    network: Network,
    images: Tensor,
    targets: Tensor | None = None,
    *,
    baseline: float | Tensor = 0.0,
    steps: int = 50,
    events: Events = SILENT,
) -> tuple[Attribution, ...]:
    """Return the mean gradient on the straight line from a baseline to each image, times what the line changes.

    Args:
        network: As for `gradient`.
        images: As for `gradient`.
        targets: As for `gradient`.
        baseline: Preprocessed: one number for all pixels (0, the mean of the data, if left out), or an input (c, axes…).
        steps: Points on the line, at the places and with the weights of Gauss and Legendre.
        events: Hears of each step's backward passes, one for each score; can cancel between them.

    Returns:
        Maps (k, c, axes…) in score. They should sum to score − score of the baseline; `gaps` is by how much they do not.

    Raises:
        InputError: A target that is no output; fewer than one step; a baseline that is not finite; images that are not
            finite; a network that breaks the way back.
        ShapeError: Not a row of targets for each image; a baseline of another size.
        Cancelled: The watcher asked to stop.

    When it misleads:
        Everything is told against the baseline: pixels that equal it get nothing. A large gap says that there were too few
        steps. Images on the line are none the network ever saw.

    Source:
        Sundararajan, Taly, Yan, "Axiomatic Attribution for Deep Networks", ICML 2017. Differs: Gauss-Legendre instead of equal
        steps; the gap is part of the result.

    Cost:
        As many forward passes as steps and two, and as many backward passes as steps for each score.

    Example:
        >>> from striate.blueprint import Blueprint
        >>> from striate.nets import from_blueprint
        >>> network = from_blueprint(Blueprint.from_text("input 1x8x8; conv 3x3 4, relu; classes 3"))
        >>> [seen] = integrated_gradients(network, torch.rand(1, 1, 8, 8), torch.tensor([2]))
        >>> seen.maps.shape, bool(abs(seen.gaps[0]) < 0.01)
        ((1, 1, 8, 8), True)
    """
    if steps < 1:
        raise InputError("steps must be at least 1", got=steps)
    scored = Scored(network, images)
    origin = baseline_of(scored, baseline)
    nodes, weights = np.polynomial.legendre.leggauss(steps)

    def core(part: Tensor, pick: Pick) -> Maps:
        with torch.no_grad():
            scores, before = scored.scores(part.clone()), scored.scores(origin[None].clone())
        units = pick(scores)
        change = part - origin
        mean = scored.weighted_slopes(lambda n: origin + (1 + nodes[n]) / 2 * change, (weights / 2).tolist(), units)
        maps = mean * change[:, None]
        gained = (scores - before).gather(1, units)
        return Maps(scores=scores, units=units, maps=maps, gaps=maps.flatten(2).sum(2) - gained)

    return attributions(
        scored,
        targets,
        core,
        name="integrated_gradients",
        unit=PER_SCORE,
        events=events,
        settings=(("baseline", baseline if isinstance(baseline, int | float) else "given"), ("steps", steps)),
        passes=(steps + 2, steps),
    )


def baseline_of(scored: Scored, baseline: float | Tensor) -> Tensor:
    """Return a baseline (c, axes…) like one of the images.

    Raises:
        ShapeError: It has another size.
        InputError: It is not finite.
    """
    shape = scored.inputs.shape[1:]
    if isinstance(baseline, Tensor) and baseline.shape != shape:
        raise ShapeError(
            f"a baseline must be a number or an input, {times(tuple(shape))}", got=Quoted(times(tuple(baseline.shape)))
        )
    found = torch.as_tensor(baseline).detach().clone().to(scored.inputs).expand(shape)
    if not bool(torch.isfinite(found).all()):
        raise InputError("a baseline must hold finite numbers", got=Quoted("NaN or infinity"))
    return found
