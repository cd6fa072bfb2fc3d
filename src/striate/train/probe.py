"""What a network's features are still worth: a linear read-out, fitted and tested on two fixed batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.hooks import RemovableHandle

from striate.data import Dataset, Split, batches, shuffled
from striate.records.output import OutputKind, Preprocessing
from striate.train.blocks import blocks, spread
from striate.train.paths import is_within

IMAGES = 256
STAGES = 6
# At most an eighth of the training images in each of the two batches, unless they are few.
_SHARE = 8
_FEW = 64
_WEIGHTED = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d)
_PENALTIES = (1e-3, 1e-2, 1e-1, 1.0, 10.0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reading:
    """What one look at the two batches gave.

    Attributes:
        stages: Features of the training batch by block, (n, channels): maps are averaged over space.
        readout: Score of each held-out sample, answered by a linear read-out of the last features.
        own: Score of each held-out sample, answered by the network itself.
    """

    stages: dict[str, Tensor]
    readout: Tensor
    own: Tensor


class Probe:
    """Reads two fixed batches: training samples to fit a ridge regression on, validation samples to score it.

    Scores are 1 or 0 for classes, the share of labels that are right, or a sample's part of R²: their mean is the accuracy or R².

    Args:
        module: Looked at to find its blocks; not kept.
        dataset: Where the samples are.
        split: Training and validation parts; at most 256 of each, fewer for a small training part.
        preprocessing: How samples become inputs.
        batch_size: Images at once.
        check: Called before each batch; raises to stop.

    When it misleads:
        A read-out from few samples is rough, and only great falls are clear. It reads the features that enter the last layer:
        damage that a later layer of weights could mend is damage here.
    """

    def __init__(
        self,
        module: nn.Module,
        dataset: Dataset,
        split: Split,
        preprocessing: Preprocessing,
        *,
        batch_size: int,
        check: Callable[[], None],
    ) -> None:
        most = min(IMAGES, max(_FEW, len(split.train) // _SHARE))
        self._fitted = shuffled(split.train, seed=0, epoch=0)[:most]
        self._tested = shuffled(split.validation, seed=0, epoch=0)[:most]
        self._dataset = dataset
        self._preprocessing = preprocessing
        self._batch_size = batch_size
        self._check = check
        self._stages = spread(_before_the_last_layer(module), STAGES)

    @property
    def images(self) -> int:
        """How many images one look runs forward."""
        return len(self._fitted) + len(self._tested)

    def read(self, module: nn.Module, device: torch.device) -> Reading:
        """Return what the network's features and answers are worth now; it is left in the mode it came in."""
        stages, last, targets, _ = self._features(module, self._fitted, device)
        _, held_out, truth, answers = self._features(module, self._tested, device)
        kind = self._dataset.output.kind
        scale = _scale(kind, truth)
        wanted = _one_hot(targets, self._dataset.output.count) if kind == "classes" else targets.double()
        # Labels are read at a half, as ridge regression meets them: 0 or 1.
        shift = 0.5 if kind == "labels" else 0.0
        read = ridge_answers(last, wanted, held_out) - shift
        return Reading(
            stages=stages,
            readout=sample_scores(kind, read, truth, scale),
            own=sample_scores(kind, self._unscaled(answers), truth, scale),
        )

    def _unscaled(self, answers: Tensor) -> Tensor:
        """Return a network's answers on the scale of the targets."""
        how = self._preprocessing
        if self._dataset.output.kind != "values" or not how.value_mean:
            return answers
        mean, std = torch.tensor(how.value_mean).double(), torch.tensor(how.value_std).double()
        return answers * std + mean

    def _features(
        self, module: nn.Module, indices: tuple[int, ...], device: torch.device
    ) -> tuple[dict[str, Tensor], Tensor, Tensor, Tensor]:
        """Return features by stage, those that enter the last layer, targets and answers, on the processor in float64."""
        kept: list[dict[str, Tensor]] = []
        targets, answers = [], []
        with _looking(module, self._stages, kept), torch.no_grad():
            for batch in batches(self._dataset, indices, self._preprocessing, batch_size=self._batch_size):
                self._check()
                kept.append({})
                answers.append(module(batch.images.to(device)).double().cpu())
                targets.append(batch.targets)
        joined = {path: torch.cat([found[path] for found in kept]) for path in kept[0]}
        last = joined.pop("")
        return joined, last, torch.cat(targets), torch.cat(answers)


def ridge_answers(features: Tensor, targets: Tensor, held_out: Tensor) -> Tensor:
    """Return what a ridge regression fitted on some samples answers for others.

    Features are standardised by the fitted samples; the penalty is the one of five with the least error of leaving one out.

    Args:
        features: (n, d).
        targets: (n, k).
        held_out: (m, d).

    Returns:
        (m, k), float64.

    Source:
        Hoerl and Kennard, Technometrics 1970; leaving one out in closed form as in Hastie et al., The Elements of Statistical
        Learning, section 7.10.

    Example:
        >>> line = torch.arange(5.0).reshape(5, 1)
        >>> ridge_answers(line, 2 * line + 1, torch.tensor([[10.0]])).round(decimals=1)
        tensor([[21.]], dtype=torch.float64)
    """
    fitted, other = features.double(), held_out.double()
    mean, std = fitted.mean(0), fitted.std(0, unbiased=False)
    std = torch.where(std > 1e-12, std, 1.0)
    fitted, other = (fitted - mean) / std, (other - mean) / std
    centre = targets.double().mean(0)
    wanted = targets.double() - centre
    values, vectors = torch.linalg.eigh(fitted @ fitted.T)
    values = values.clamp(min=0)
    turned = vectors.T @ wanted
    scale = values.mean()
    best, answer = float("inf"), torch.zeros(len(other), wanted.shape[1], dtype=torch.float64)
    for penalty in _PENALTIES:
        inverse = 1 / (values + penalty * scale + 1e-12)
        weights = vectors @ (inverse[:, None] * turned)
        kept = (vectors.square() * inverse).sum(1)
        error = float((weights / kept[:, None]).square().mean())
        if error < best:
            best, answer = error, other @ (fitted.T @ weights) + centre
    return answer


def sample_scores(kind: OutputKind, answers: Tensor, truth: Tensor, scale: Tensor) -> Tensor:
    """Return a score for each sample, float64 (n,); the mean is the accuracy or R²."""
    if kind == "classes":
        return (answers.argmax(1) == truth).double()
    if kind == "labels":
        return ((answers > 0) == (truth > 0.5)).double().mean(1)
    return (1 - (answers.double() - truth.double()).square() / scale).mean(1)


def _scale(kind: OutputKind, truth: Tensor) -> Tensor:
    """Return the mean squared deviation of each value from its mean; what is not used for classes and labels is 1."""
    if kind != "values":
        return torch.ones(1, dtype=torch.float64)
    spread_of = truth.double().var(0, unbiased=False)
    return torch.where(spread_of > 0, spread_of, 1.0)


def _before_the_last_layer(module: nn.Module) -> tuple[str, ...]:
    """Return the blocks before the one that holds the last layer with weights."""
    paths = blocks(module)
    layers = [name for name, part in module.named_modules() if isinstance(part, _WEIGHTED)]
    last = next((number for number, path in enumerate(paths) if layers and is_within(layers[-1], path)), len(paths))
    return paths[:last]


def _one_hot(targets: Tensor, count: int) -> Tensor:
    return functional.one_hot(targets, count).double()


@contextmanager
def _looking(module: nn.Module, stages: tuple[str, ...], kept: list[dict[str, Tensor]]) -> Iterator[None]:
    """Keep, in eval mode, what stages make, and under "" what enters the last layer with weights; take all hooks off again."""
    modes = [(part, part.training) for part in module.modules()]
    handles: list[RemovableHandle] = []
    try:
        module.eval()
        handles += [module.get_submodule(path).register_forward_hook(_Keep(path, kept)) for path in stages]
        layers = [part for part in module.modules() if isinstance(part, _WEIGHTED)]
        handles += [layer.register_forward_pre_hook(_KeepInput(kept)) for layer in layers]
        yield
    finally:
        for handle in handles:
            handle.remove()
        for part, mode in modes:
            part.training = mode


class _Keep:
    """A hook that keeps what a module makes, averaged over space."""

    def __init__(self, path: str, kept: list[dict[str, Tensor]]) -> None:
        self._path, self._kept = path, kept

    def __call__(self, _module: nn.Module, _given: object, made: object) -> None:
        if isinstance(made, Tensor) and made.ndim >= 2 and made.is_floating_point():
            self._kept[-1][self._path] = _pooled(made)


class _KeepInput:
    """A hook that keeps what enters a layer; the last call of a pass is the last layer's."""

    def __init__(self, kept: list[dict[str, Tensor]]) -> None:
        self._kept = kept

    def __call__(self, module: nn.Module, given: tuple[object, ...]) -> None:
        if given and isinstance(given[0], Tensor):
            # A fully connected layer reads the last axis, a convolution the second.
            values = given[0].movedim(-1, 1) if isinstance(module, nn.Linear) else given[0]
            self._kept[-1][""] = _pooled(values)


def _pooled(values: Tensor) -> Tensor:
    """Return (n, channels), float64, on the processor."""
    return (values.flatten(2).mean(2) if values.ndim > 2 else values).double().cpu()
