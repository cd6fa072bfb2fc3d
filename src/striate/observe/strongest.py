"""The strongest images of every unit, kept while they stream by."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from striate.errors import InputError

# A value and its sample share one 64-bit number: the value above, the sample below.
_SAMPLE_BITS = 32
_SAMPLES = 2**31 - 1


class Strongest:
    """The `depth` strongest images of every unit, falling, whatever the batches were.

    Every (value, sample) is packed into one number whose order is "higher value, then lower
    sample". No two are equal, so that `torch.topk`, which promises nothing about equal ones, has no
    choice to make.

    Args:
        depth: Images kept a unit.

    Example:
        >>> kept = Strongest(2)
        >>> values = torch.tensor([[0.5], [0.75], [0.75]])
        >>> kept.add(values, torch.tensor([4, 9, 3]), places=torch.tensor([[0], [1], [2]]))
        >>> kept.values.tolist(), kept.samples.tolist(), kept["places"].tolist()
        ([[0.75, 0.75]], [[3, 9]], [[2, 1]])
    """

    def __init__(self, depth: int) -> None:
        self.depth = depth
        self._keys = torch.zeros(0, 0, dtype=torch.int64)
        self._beside: dict[str, Tensor] = {}

    def add(self, values: Tensor, samples: Tensor, **beside: Tensor) -> None:
        """Take in one value an image and unit.

        Args:
            values: (n, units); not-a-number never is strongest.
            samples: (n,) int64: positions in the data set, each seen once.
            beside: More to keep with each value, (n, units) or (n,) int64, by name.
        """
        if int(samples.max()) > _SAMPLES:
            raise InputError(f"a data set must have at most {_SAMPLES} samples", got=int(samples.max()))
        keys = _packed(values, samples).T
        # By unit, as the keys are; what belongs to the image is the same for every unit.
        more = {name: (item.T if item.ndim == 2 else item.expand(len(keys), -1)) for name, item in beside.items()}
        if self._keys.numel():
            keys = torch.cat([self._keys, keys], dim=1)
            more = {name: torch.cat([self._beside[name], item], dim=1) for name, item in more.items()}
        self._keys, order = keys.topk(min(self.depth, keys.shape[1]), dim=1)
        self._beside = {name: item.gather(1, order) for name, item in more.items()}

    def tensors(self) -> dict[str, Tensor]:
        """Return what has to be kept to go on later."""
        return {"keys": self._keys, **self._beside}

    @classmethod
    def of(cls, depth: int, tensors: Mapping[str, Tensor]) -> Strongest:
        """Return what `tensors` gave."""
        found = cls(depth)
        found._keys = tensors["keys"].clone()
        found._beside = {name: item.clone() for name, item in tensors.items() if name != "keys"}
        return found

    def is_entering(self, values: Tensor) -> Tensor:
        """Return which of the values (n, units) may be kept if they are added: those not below all kept ones."""
        if self._keys.shape[1] < self.depth:
            return torch.ones_like(values, dtype=torch.bool)
        return values >= self.values[:, -1].to(values.device)

    @property
    def values(self) -> Tensor:
        """(units, kept) float32, falling along each row."""
        return _unpacked(self._keys)

    @property
    def samples(self) -> Tensor:
        """(units, kept) int64."""
        below = self._keys.bitwise_and(2**_SAMPLE_BITS - 1)
        return below.neg().add(_SAMPLES)

    def __getitem__(self, name: str) -> Tensor:
        return self._beside[name]


def _packed(values: Tensor, samples: Tensor) -> Tensor:
    # Read as integers, floats rise with their value, negative ones fall; adding zero makes −0 and 0
    # one number.
    clean = values.float().where(~values.isnan(), float("-inf")) + 0.0
    bits = clean.contiguous().view(torch.int32)
    rising = torch.where(bits < 0, bits ^ 0x7FFFFFFF, bits).to(torch.int64)
    return (rising << _SAMPLE_BITS) | (_SAMPLES - samples)[:, None]


def _unpacked(keys: Tensor) -> Tensor:
    rising = (keys >> _SAMPLE_BITS).to(torch.int32)
    return torch.where(rising < 0, rising ^ 0x7FFFFFFF, rising).contiguous().view(torch.float32)
