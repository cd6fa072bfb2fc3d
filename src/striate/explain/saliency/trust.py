"""Whether a method's maps can be believed: the test with random weights over images and classes, as one verdict's figures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from torch import Tensor

from striate.events import SILENT, Events
from striate.explain.method import method
from striate.explain.saliency.answered import answers_of
from striate.explain.saliency.sanity import randomised_layers
from striate.nets import Network
from striate.records import ClassTrust, Trust
from striate.train.paired import mean_interval


@method("Do a method's maps depend on what the network learned?", section="methods/trust")
def trust(  # noqa: PLR0913 - each says one thing about the test
    network: Network,
    images: Tensor,
    targets: Tensor | None = None,
    *,
    by: str = "gradient",
    is_cascade: bool = False,
    settings: Mapping[str, Any] | None = None,
    seed: int = 0,
    events: Events = SILENT,
) -> Trust:
    """Return how alike a method's maps stay when the weights are drawn anew, over images and classes.

    Args:
        network: Any with at least one layer with weights.
        images: Preprocessed, (n, c, axes…).
        targets: Output units, int64 (n,) or (n, k); None for the answer. Every column is tested by itself.
        by: Name of the saliency method, as in `SALIENCY`.
        is_cascade: Whether layers are also drawn anew one after the other from the last, at up to six depths; else all at once.
        settings: Of the method, by name.
        seed: Of the random layers.
        events: Hears of each depth.

    Returns:
        The mean rank correlation with its interval over images, beside chance, and the mean for each output. Maps that stay
        alike beyond 0.5 and beyond chance do not show what was learned.

    Raises:
        UnknownNameError: No such method.
        InputError: A network without weights; whatever the method refuses.
        ShapeError: Not a row of targets for each image.
        Cancelled: The watcher asked to stop.

    When it misleads:
        As `randomised_layers`: a border that is black has no gradient whatever the weights, and the interval knows of these
        images only. Few places, as of a 7×7 map, make chance high.

    Source:
        Adebayo et al., "Sanity Checks for Saliency Maps", NeurIPS 2018. Differs: as `randomised_layers`; a mean over images with
        its interval beside chance, class by class.

    Cost:
        That of `randomised_layers` for each column of targets: with all layers at once the method twice.

    Example:
        >>> import torch
        >>> from striate.blueprint import Blueprint
        >>> from striate.nets import from_blueprint
        >>> network = from_blueprint(Blueprint.from_text("input 1x8x8; conv 3x3 4, relu; classes 3"))
        >>> found = trust(network, torch.rand(4, 1, 8, 8), torch.tensor([[0, 1]] * 4))
        >>> found.images, found.depths, [row.target for row in found.classes]
        (4, (2,), [0, 1])
    """
    if not len(images):
        return Trust(method=by, seed=seed, reason="no image was given")
    units = answers_of(network, images) if targets is None else targets
    columns = units[:, None] if units.ndim == 1 else units
    found = [
        randomised_layers(
            network,
            images,
            column,
            by=by,
            depths=None if is_cascade else [-1],
            settings=settings,
            seed=seed,
            events=events,
        )
        for column in columns.unbind(1)
    ]
    # (columns, depths, images): an image counts once, however many of its outputs are asked about.
    correlations = np.stack([one.correlations for one in found]).astype(np.float64)
    deepest = correlations[:, -1]
    mean, interval = mean_interval([float(value) for value in deepest.mean(0)])
    means = [float(value) for value in correlations.mean((0, 2))]
    targeted = columns.T.cpu().numpy()
    return Trust(
        method=by,
        images=len(images),
        depths=found[0].depths,
        layers=found[0].layers,
        correlations=(*means[:-1], mean),
        interval=(max(interval[0], -1.0), min(interval[1], 1.0)),
        chance=float(np.mean([one.chance for one in found])),
        classes=tuple(
            ClassTrust(
                target=int(unit),
                images=int((targeted == unit).sum()),
                correlation=float(deepest[targeted == unit].mean()),
            )
            for unit in np.unique(targeted)
        ),
        seed=seed,
    )
