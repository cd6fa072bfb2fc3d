"""Independent components of patches."""

from __future__ import annotations

import warnings

import torch
from torch import Tensor

from striate.nets.beginnings.beginning import register
from striate.nets.beginnings.fitted import Fitted, both_signs, with_one_sign


@register
class ICA(Fitted):
    """First-layer filters are the basis patches of an independent component analysis; `ica:deep` goes on.

    Each patch is a sum of basis patches with coefficients as independent as can be; for natural images these are edges and bars.
    The filters are the basis patches (columns of the mixing matrix), their largest entry made positive, in the order of
    FastICA. More filters than components: each again with the other sign, then He's. Twice as many patches as values in a
    window are needed. Scale: as strong as He, see `Fitted`.

    When it misleads:
        With few patches, or a window of much noise, components are single pixels. FastICA may not settle; that is told.

    Source:
        Bell and Sejnowski, "The Independent Components of Natural Scenes Are Edge Filters", Vision Research 1997; Hyvärinen,
        "Fast and Robust Fixed-Point Algorithms", 1999 (scikit-learn). Differs: reduced to as many principal components as
        there are filters first.
    """

    name = "ica"

    def needed(self, filters: int, width: int) -> int:
        del filters
        return 2 * width

    def filters(self, rows: Tensor, number: int, seed: int) -> tuple[Tensor, str]:
        from sklearn.decomposition import FastICA
        from sklearn.exceptions import ConvergenceWarning

        rank = int(torch.linalg.matrix_rank(rows - rows.mean(0)))
        size = min(number, rank)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", ConvergenceWarning)
            found = FastICA(size, whiten="unit-variance", max_iter=300, tol=1e-3, random_state=seed).fit(rows.numpy())
        made, twice = both_signs(with_one_sign(torch.from_numpy(found.mixing_.T.copy())), number)
        settled = "" if not any(issubclass(one.category, ConvergenceWarning) for one in caught) else ", not settled"
        return made, f"{size} independent components{settled}" + (f", {twice} with both signs" if twice else "")
