"""What is taught about designing a convolutional network, and the rule that says it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """One piece of advice.

    Attributes:
        text: The advice, as a teacher would say it.
        rules: Names of the rules that find a network which does not follow it; () if there is none yet.
        missing: What no rule says yet, "" if nothing.
    """

    text: str
    rules: tuple[str, ...] = ()
    missing: str = ""


ADVICE = (
    Advice(
        text="Choose input sizes that divide by two many times, powers of two where you can.",
        rules=("border-never-read",),
        missing="sizes that divide but are no power of two, with their timing",
    ),
    Advice(text="Use small filters.", rules=("large-kernel-where-small-do",)),
    Advice(text="Use small strides.", rules=("stride-above-kernel", "late-large-stride")),
    Advice(text="Pad with zeros, so that filters stay aligned over the layers.", rules=("unaligned-padding",)),
    Advice(
        text="Add filters with care: each costs memory and time.",
        missing="widths that jump, or that shrink where the map shrinks",
    ),
    Advice(
        text="Pool over small windows, two or three wide, with a stride of one or two.",
        rules=("late-large-stride",),
        missing="large pooling windows",
    ),
    Advice(text="A large stride late in the network destroys information.", rules=("late-large-stride",)),
    Advice(
        text="Reduce fast in the first layers, where neighbours repeat each other.",
        missing="first layers that reduce too slowly",
    ),
    Advice(text="Reduce slowly after the first layers.", rules=("reduction-too-fast",)),
    Advice(text="End with a small representation to predict from.", missing="a last representation that is large"),
    Advice(
        text="Every activation is kept for the backward pass: watch what fills the memory.",
        missing="layers that hold most of the kept memory",
    ),
    Advice(
        text="Momentum and Adam keep copies of all parameters.",
        missing="optimiser state that outweighs the activations",
    ),
    Advice(
        text="Convolution is slower for each multiplication than a fully connected layer.",
        missing="layers that hold most of the time",
    ),
    Advice(text="Fully connected layers hold most parameters, and overfit.", rules=("fc-holds-most-parameters",)),
    Advice(
        text="Fully connected layers on a map fix the input size; global pooling frees it.",
        rules=("fc-holds-most-parameters",),
        missing="fixed sizes where the fully connected part is small",
    ),
    Advice(text="Dropout does not go well with batch normalisation.", rules=("dropout-beside-batchnorm",)),
    Advice(text="Normalise in deep networks.", missing="deep networks without normalisation"),
    Advice(text="Put an activation behind each convolution.", rules=("layers-without-activation",)),
    Advice(text="1×1 convolutions alone integrate nothing over space.", rules=("only-1x1-convolutions",)),
    Advice(text="Pooling over one pixel does nothing.", rules=("window-1-pooling",)),
    Advice(text="Units at the top must be able to see the whole input.", rules=("top-cannot-see-input",)),
    Advice(
        text="Deeper helps, up to a point beyond which nothing is gained.",
        missing="layers whose inputs see the whole image already",
    ),
    Advice(
        text="Begin with small random weights, scaled for rectified units.",
        missing="first weights whose scale lets activity die out or blow up",
    ),
)
