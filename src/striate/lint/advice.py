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
        rules=("border-never-read", "odd-input-side"),
    ),
    Advice(text="Use small filters.", rules=("large-kernel-where-small-do", "kernel-above-map")),
    Advice(text="Use small strides.", rules=("stride-above-kernel", "late-large-stride", "subsampling-shortcut")),
    Advice(
        text="Pad with zeros, so that filters stay aligned over the layers.",
        rules=("unaligned-padding", "misaligned-merge", "work-on-padding"),
    ),
    Advice(
        text="Add filters with care: each costs memory and time.",
        rules=("thousands-of-filters", "width-jump", "macs-in-one-layer"),
    ),
    Advice(
        text="Pool over small windows, two or three wide, with a stride of one or two.",
        rules=("large-pooling-window", "pooling-after-pooling", "late-large-stride"),
    ),
    Advice(
        text="A large stride late in the network destroys information.", rules=("late-large-stride", "map-collapses")
    ),
    Advice(
        text="Reduce fast in the first layers, where neighbours repeat each other, but leave enough to look at.",
        rules=("slow-reduction", "stem-too-eager"),
    ),
    Advice(text="Reduce slowly after the first layers.", rules=("reduction-too-fast",)),
    Advice(
        text="End with a small representation to predict from.",
        rules=("large-final-representation", "narrow-final-representation"),
    ),
    Advice(
        text="Every activation is kept for the backward pass: watch what fills the memory, and reduce early.",
        rules=("memory-in-one-stage", "slow-reduction"),
    ),
    Advice(text="Momentum and Adam keep copies of all parameters.", rules=("optimizer-step-is-the-peak",)),
    Advice(
        text="Convolution is slower for each multiplication than a fully connected layer: mind where the work is.",
        rules=("macs-in-one-layer", "narrow-groups", "channels-off-the-grid"),
    ),
    Advice(
        text="Fully connected layers hold most parameters, and overfit.",
        rules=("fc-holds-most-parameters", "deep-head"),
    ),
    Advice(
        text="Fully connected layers on a map fix the input size; global pooling frees it.",
        rules=("fixed-size-head", "fc-holds-most-parameters"),
    ),
    Advice(
        text="Dropout does not go well with batch normalisation; keep it for the fully connected part.",
        rules=("dropout-beside-batchnorm", "dropout-on-maps", "dropout-above-half"),
    ),
    Advice(
        text="Normalise in deep networks.",
        rules=("deep-without-normalisation", "batchnorm-over-few-values", "normalisation-of-one-value"),
    ),
    Advice(
        text="Put an activation behind each convolution, a rectified unit as a rule.",
        rules=("layers-without-activation", "double-activation", "saturating-activations"),
    ),
    Advice(text="1×1 convolutions alone integrate nothing over space.", rules=("only-1x1-convolutions",)),
    Advice(text="Pooling over one pixel does nothing.", rules=("window-1-pooling",)),
    Advice(
        text="Units at the top must be able to see the whole input.", rules=("top-cannot-see-input", "dilation-holes")
    ),
    Advice(text="Deeper helps, up to a point beyond which nothing is gained.", rules=("layers-past-the-border",)),
    Advice(
        text="Begin with small random weights, scaled for rectified units.",
        rules=("vanishing-start", "exploding-start", "filters-as-noisy-as-random", "dead-units"),
    ),
)
