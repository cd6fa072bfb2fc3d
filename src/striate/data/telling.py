"""What people should know about data that were just read, a sentence each."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Sequence

from striate.data.sample import Sample, SetAside, one_line
from striate.events import Events
from striate.numbers import count


def tell(samples: tuple[Sample, ...], shapes: Sequence[tuple[int, ...]], aside: list[SetAside], events: Events) -> None:
    """Log what people should know about the data."""
    if aside:
        events.log(first_of(aside))
    twice = len(samples) - len({sample.content for sample in samples})
    if twice:
        events.log(f"{twice} samples repeat another's content; a split keeps them together")
    for line in sound_words([sample.sample_rate_hz for sample in samples], shapes):
        events.log(line)


def first_of(aside: Sequence[SetAside]) -> str:
    """Return how many were set aside, and why the first was."""
    return f"{len(aside)} set aside, the first: {one_line(aside[0].place)}: {aside[0].reason}"


def sound_words(rates_hz: Sequence[int], shapes: Sequence[tuple[int, ...]]) -> tuple[str, ...]:
    """Return what is uneven about sounds: lengths, rates, channels; nothing of samples that are no sounds.

    Example:
        >>> sound_words([8000, 8000, 16000], [(1, 8000), (2, 8000), (1, 16000)])
        ('sounds at 8000 Hz (2), 16000 Hz (1); each is resampled to the rate of the network', \
'sounds with 1 channel (2), 2 channels (1); a network of one channel hears their mean')
    """
    if not any(rates_hz):
        return ()
    seconds = [shape[1] / rate for shape, rate in zip(shapes, rates_hz, strict=True)]
    words = []
    if max(seconds) > min(seconds):
        words.append(
            f"sounds of {min(seconds):.3g} to {max(seconds):.3g} s, half of them above "
            f"{statistics.median(seconds):.3g} s; a network hears the middle of long ones, and silence around short ones"
        )
    rates = Counter(rates_hz)
    if len(rates) > 1:
        those = ", ".join(f"{rate} Hz ({count(rates[rate])})" for rate in sorted(rates))
        words.append(f"sounds at {those}; each is resampled to the rate of the network")
    channels = Counter(shape[0] for shape in shapes)
    if max(channels) > 1:
        those = ", ".join(
            f"{number} channel{'s' if number > 1 else ''} ({count(channels[number])})" for number in sorted(channels)
        )
        words.append(f"sounds with {those}; a network of one channel hears their mean")
    return tuple(words)
