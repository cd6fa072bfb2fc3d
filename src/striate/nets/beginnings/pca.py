"""Principal components of patches."""

from __future__ import annotations

import torch
from torch import Tensor

from striate.nets.beginnings.beginning import register
from striate.nets.beginnings.fitted import Fitted, both_signs, with_one_sign


@register
class PCA(Fitted):
    """First-layer filters are the principal components of training patches, strongest first; `pca:deep` goes on.

    Components are at right angles; their largest entry is made positive. More filters than components: each component again with
    the other sign, then He's. Twice as many patches as values in a window are needed. Scale: as strong as He, see `Fitted`, so
    that weak components are amplified as much as whitening would.

    When it misleads:
        Components are ordered by how much of the images they make up, not by how much they tell; the first are blurs and waves
        over the whole window.

    Source:
        Krähenbühl, Doersch, Donahue and Darrell, "Data-dependent Initializations of Convolutional Neural Networks", ICLR 2016,
        section 3.2. Differs: the signs, and what is done when components run out.
    """

    name = "pca"

    def needed(self, filters: int, width: int) -> int:
        del filters
        return 2 * width

    def filters(self, rows: Tensor, number: int, seed: int) -> tuple[Tensor, str]:
        from sklearn import decomposition

        size = min(number, rows.shape[1])
        found = decomposition.PCA(size, svd_solver="covariance_eigh", random_state=seed).fit(rows.numpy())
        # A direction that does not vary has no component: its response could not be scaled.
        has_spread = found.explained_variance_ > 1e-10 * found.explained_variance_.max()
        made, twice = both_signs(with_one_sign(torch.from_numpy(found.components_[has_spread])), number)
        return made, f"{len(made) - twice} principal components" + (f", {twice} with both signs" if twice else "")
