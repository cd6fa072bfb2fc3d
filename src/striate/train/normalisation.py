"""What running statistics of the trained part do while it is trained: follow the batches, stay, or be measured anew."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from striate.data import Dataset, batches
from striate.records.output import Preprocessing


def with_statistics(module: nn.Module) -> dict[str, nn.Module]:
    """Return the modules that keep running statistics of their own, by path: batch normalisation of every kind.

    Example:
        >>> net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.GroupNorm(1, 2))
        >>> list(with_statistics(net))
        ['1']
    """
    return {
        path: part
        for path, part in module.named_modules()
        if isinstance(getattr(part, "running_mean", None), Tensor)
        and isinstance(getattr(part, "running_var", None), Tensor)
    }


def keep_statistics(module: nn.Module) -> None:
    """Let running statistics normalise and stay as they are; to be called after every `.train()`.

    Scale and shift are trained or not as their own rate says: only the module's own flag is put down, not its children's.
    """
    for part in with_statistics(module).values():
        part.training = False


def reestimate_statistics(  # noqa: PLR0913 - what is estimated, on what, where
    module: nn.Module,
    dataset: Dataset,
    indices: tuple[int, ...],
    preprocessing: Preprocessing,
    *,
    batch_size: int,
    device: torch.device,
    is_frozen: Callable[[str], bool] = lambda _path: False,
    check: Callable[[], None] = lambda: None,
) -> int:
    """Set running statistics to those of these samples, in one pass without gradients; return how many modules were set.

    Every batch is normalised by itself on its way, its mean and variance are averaged with equal weight over the batches, and
    everything else (dropout, frozen parts) is in eval mode. An incomplete last batch is left out, unless it is the only one.

    Args:
        module: Changed in these statistics only; modes are left as they were.
        dataset: Where the samples are.
        indices: Which; in the order in which they should make batches.
        preprocessing: How they become inputs.
        batch_size: Samples in a batch.
        device: Where the module is.
        is_frozen: Whether a module, by its path, keeps its statistics.
        check: Called before each batch; raises to stop.

    When it misleads:
        The mean of the batches' variances lies below the variance of all samples where batches differ in their mean. A batch of
        few values gives a rough one.

    Source:
        Li et al., "Revisiting Batch Normalization For Practical Domain Adaptation" (AdaBN), 2016; torch's
        `optim.swa_utils.update_bn`. Differs from the latter: dropout is off, frozen parts stay.

    Example:
        >>> from striate.data import load_data
        >>> net = nn.Sequential(nn.BatchNorm2d(1), nn.Flatten())
        >>> data = load_data((torch.full((4, 2, 2), 51, dtype=torch.uint8), [0, 0, 1, 1]))
        >>> how = Preprocessing(shape=(1, 2, 2), mean=(0.0,), std=(1.0,))
        >>> found = reestimate_statistics(net, data, (0, 1, 2, 3), how, batch_size=2, device=torch.device("cpu"))
        >>> found, round(net[0].running_mean.item(), 6), net[0].running_var.item()   # 51 / 255
        (1, 0.2, 0.0)
    """
    kept = with_statistics(module).items()
    # Some frozen kinds have statistics and no way to measure them.
    chosen = [part for path, part in kept if hasattr(part, "reset_running_stats") and not is_frozen(path)]
    whole = len(indices) - len(indices) % batch_size
    with _measuring(module, chosen), torch.no_grad():
        for batch in batches(dataset, indices[: whole or None], preprocessing, batch_size=batch_size):
            check()
            module(batch.images.to(device))
    return len(chosen)


@contextmanager
def _measuring(module: nn.Module, chosen: list[nn.Module]) -> Iterator[None]:
    """Put statistics at their beginning and let them average cumulatively; give modes and momenta back."""
    modes = [(part, part.training) for part in module.modules()]
    momenta = [(part, part.momentum) for part in chosen if hasattr(part, "momentum")]
    try:
        module.eval()
        for part in chosen:
            part.training = True
            part.momentum = None  # type: ignore[assignment]  # torch: None averages with equal weight
            part.reset_running_stats()  # type: ignore[operator]  # of every batch normalisation
        yield
    finally:
        for part, mode in modes:
            part.training = mode
        for part, momentum in momenta:
            part.momentum = momentum
