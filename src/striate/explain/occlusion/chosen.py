"""What is asked of an occlusion, and what carries out its plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from striate.explain.occlusion.engine import MOST, Engine
from striate.explain.occlusion.local import Local
from striate.explain.occlusion.routes import Numbers, Route, by_engine, by_module
from striate.explain.occlusion.scene import Scene
from striate.nets import Network
from striate.records.occlusion_plan import Approximation, OcclusionPlan, OcclusionRoute


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What is asked for.

    Attributes:
        images: How many images there are.
        windows: How many windows of each are looked at.
        route: The route; None: whichever is quickest.
        batch: Windows at once; None: as many as suit the route.
        approximation: What may be left out.
    """

    images: int
    windows: int
    route: OcclusionRoute | None = None
    batch: int | None = None
    approximation: Approximation | None = None


@dataclass(slots=True)
class Chosen:
    """A plan, and what carries it out.

    Attributes:
        plan: The plan.
        local: The network's calls, unless the module goes through them.
        engine: That of the first image, if one was made for the plan.
        answered: Scores by window of the first image, of those that were answered while the plan was made.
    """

    plan: OcclusionPlan
    local: Local | None = None
    engine: Engine | None = None
    answered: Mapping[int, Tensor] = field(default_factory=dict)

    def begin(self, network: Network, scene: Scene) -> Route:
        """Return what answers for the windows of a scene; the first time, of the scene the plan was made with.

        Raises one of `routes.UNFIT` where the image's values cannot be kept.
        """
        engine, answered = self.engine, self.answered
        self.engine, self.answered = None, {}
        if self.local is None:
            return _known(answered, by_module(network, scene))
        if engine is None:
            most = MOST if self.plan.route == "incremental" else 0.0
            engine = Engine(self.local, scene.image[None], most=most, approximation=self.plan.approximation)
        return _known(answered, by_engine(network, scene, engine))


def _known(answered: Mapping[int, Tensor], go: Route) -> Route:
    """Return a route that does not go again for windows that were answered."""

    def answer(numbers: Numbers) -> Tensor:
        left = np.array([number for number in numbers.tolist() if number not in answered], dtype=np.int64)
        if len(left) == len(numbers):
            return go(numbers)
        found = dict(answered) if not len(left) else dict(answered) | dict(zip(left.tolist(), go(left), strict=True))
        return torch.stack([found[number] for number in numbers.tolist()])

    return answer
