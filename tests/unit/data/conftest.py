"""Small real image files, and watchers that remember."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image  # noqa: TID253 - tests write real files

from striate.events import Events, Progress

Write = Callable[..., Path]


class Memory(Events):
    """Remembers everything it hears; asks to stop after some units."""

    def __init__(self, stop_after: int | None = None) -> None:
        self.heard: list[Progress] = []
        self.lines: list[str] = []
        self.stop_after = stop_after

    def progress(self, progress: Progress) -> None:
        self.heard.append(progress)

    def log(self, message: str) -> None:
        self.lines.append(message)

    def is_cancelled(self) -> bool:
        return self.stop_after is not None and self.heard[-1].done >= self.stop_after


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> Iterator[None]:
    """Tensors here are small: threads would mostly wait for one another."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def memory() -> type[Memory]:
    return Memory


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write an image of seeded noise below tmp_path and return its path."""

    def write_image(name: str, *, seed: int = 0, size: tuple[int, int] = (6, 4), mode: str = "RGB") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        noise = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
        Image.fromarray(noise).convert(mode).save(path)
        return path

    return write_image


@pytest.fixture
def pets(write: Write, tmp_path: Path) -> Path:
    """A folder with four cats and three dogs, all different."""
    for number in range(4):
        write(f"pets/cats/{number}.png", seed=number)
    for number in range(3):
        write(f"pets/dogs/{number}.png", seed=10 + number)
    return tmp_path / "pets"


@pytest.fixture
def tone(tmp_path: Path) -> Write:
    """Write a WAV of 16 bits that holds one sine, or the samples given, below tmp_path and return its path."""

    def write_tone(
        name: str, *, hz: float = 440.0, rate_hz: int = 8000, seconds: float = 0.5, samples: object = None
    ) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        times = np.arange(round(seconds * rate_hz)) / rate_hz
        wave = 0.5 * np.sin(2 * np.pi * hz * times) if samples is None else np.asarray(samples, float)
        path.write_bytes(wav(wave, rate_hz))
        return path

    return write_tone


def wav(samples: np.ndarray, rate_hz: int) -> bytes:
    """Return a WAV of 16 bits, written field by field; samples (n,) or (n, channels), −1 … 1."""
    channels = 1 if samples.ndim == 1 else samples.shape[1]
    stored = np.clip(np.rint(samples * 32768), -32768, 32767).astype("<i2").tobytes()
    form = struct.pack("<HHIIHH", 1, channels, rate_hz, rate_hz * channels * 2, channels * 2, 16)
    parts = b"WAVEfmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", len(stored)) + stored
    return b"RIFF" + struct.pack("<I", len(parts)) + parts
