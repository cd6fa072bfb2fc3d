"""He: variance by the number of values a layer reads, for rectified units."""

from __future__ import annotations

from striate.errors import InputError
from striate.nets.beginnings.beginning import Beginning, Ground, register
from striate.nets.beginnings.following import followers, gain
from striate.nets.beginnings.weighted import begin_he, draw, fans, reset_normalisation, weighted


@register
class He(Beginning):
    """Normal weights of variance 2 / fan-in, so that rectified values keep their size from layer to layer; biases 0.

    `he:fan-in`, `he:fan-out` and `he:average` take the gain of the activation that follows each layer in the network's
    table (1 where none does) and divide by what one output reads, by what one value goes to, or by the mean of the two.

    When it misleads:
        Plain "he" treats every layer as if ReLU followed, the last one too: its first scores are of order one, not zero.
        Sums of branches add variances that no fan counts. Where batch normalisation follows, the scale hardly matters.

    Source:
        He et al., "Delving Deep into Rectifiers", ICCV 2015, section 2.2. Differs: the average of both fans is Glorot's.
    """

    name = "he"
    arguments = ("fan-in", "fan-out", "average")

    def begin(self, ground: Ground) -> tuple[str, ...]:
        if not ground.argument:
            begin_he(ground.module, ground.generator)
            return ()
        table = ground.table()
        if table is None:
            raise InputError(
                f"he:{ground.argument} must know the input's shape, to find the activations",
                got=None,
                hint='Pass shape=, or take plain "he".',
            )
        behind = followers(table)
        for name, layer in weighted(ground.module).items():
            fan_in, fan_out = fans(layer)
            fan = {"fan-in": fan_in, "fan-out": fan_out, "average": (fan_in + fan_out) / 2}[ground.argument]
            draw(layer, gain(behind.get(name)) / fan**0.5, ground.generator)
        reset_normalisation(ground.module)
        unknown = sorted(
            {op.kind.removeprefix("unknown:") for op in behind.values() if op is not None and ":" in op.kind}
        )
        return tuple(f"{kind} is an activation nobody knows: taken as ReLU." for kind in unknown)
