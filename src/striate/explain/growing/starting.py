"""An ascent with what its prior needs of real images."""

from __future__ import annotations

from torch import Tensor

from striate.errors import InputError, Quoted
from striate.events import Task
from striate.explain.growing.ascent import Ascent
from striate.explain.growing.colours import colour_axes
from striate.explain.growing.natural import Natural
from striate.explain.growing.prior import Prior
from striate.nets import Network


def around(  # noqa: PLR0913 - each is a field of the ascent
    network: Network,
    shape: tuple[int, int, int],
    prior: Prior,
    steps: int,
    seed: int,
    task: Task,
    *,
    start: Tensor | None = None,
    real: Tensor | None = None,
    natural: Network | None = None,
) -> Ascent:
    """Return an ascent with colour axes and natural statistics measured from real images, where its prior asks for them.

    Args:
        network: That is climbed.
        shape: (c, h, w) of the images.
        prior: What they are held to.
        steps: Of Adam.
        seed: Of noise and views.
        task: Told of each image's step.
        start: (c, h, w) on the stored scale.
        real: Real images on the stored scale; None if there are none.
        natural: Whose features are compared; the network's own if None.

    Raises:
        InputError: The prior needs real images and there are none.
    """
    if real is None and (prior.decorrelated or prior.natural):
        part = "decorrelated colour" if prior.decorrelated else "natural statistics"
        raise InputError(f"a prior with {part} must have real images", got=Quoted("none"), hint="Give `real`.")
    return Ascent(
        network=network,
        shape=shape,
        prior=prior,
        steps=steps,
        seed=seed,
        task=task,
        start=start,
        colours=colour_axes(real) if real is not None and prior.decorrelated else None,
        natural=Natural(natural or network, real) if real is not None and prior.natural else None,
    )
