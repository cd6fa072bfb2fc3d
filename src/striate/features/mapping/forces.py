"""The forces between all points of a map, by interpolation on a grid or pair by pair, and those along its neighbourhoods."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Plane = npt.NDArray[np.float64]

# Of the grid, in units of the map, where the kernel has width 1; and nodes along an axis at least.
SPACING = 0.5
FEWEST_NODES = 64
# So few points that all their pairs are summed sooner than the smallest grid is transformed.
FEW = 256
# Smaller grids are transformed sooner than threads are woken.
_NODES_FOR_THREADS = 128
# Nodes beside the outermost points, which splines reach.
_MARGIN = 2


class GridForces:
    """t-SNE's gradient for openTSNE's optimiser: pass it as `negative_gradient_method`.

    Every two points repel each other by (1 + d²)⁻² · (difference). The sum over all n² pairs is a convolution: points are
    spread on a grid by cubic splines, the grid is convolved by FFT, and read again at the points. The kernel's
    transform is kept from step to step while the grid stays as it is. Of up to 256 points the pairs themselves are summed.

    The grid is transformed in float32, whose rounding is far below the splines'. The result does not depend on the number of
    threads: each sum is taken in one order.

    When it misleads:
        Forces of more than 256 points are wrong by some 1 to 2 % (root mean square; openTSNE's own by 2 to 3 % on its finest
        grid, Barnes-Hut's at θ = 0.5 by 1.7 %), which maps do not show: their neighbours are kept as well.

    Cost:
        A step is O(n) and four FFTs of a grid of (4 · span)² numbers: 50 ms of one core for 20,000 points that span 190. Of up to
        256 points it is O(n²): 0.5 ms for 256.

    Source:
        Linderman et al., "Fast interpolation-based t-SNE for improved visualization of single-cell RNA-seq data", Nature
        Methods 2019. Differs: the vector kernel itself is convolved (one charge, three kernels) in place of three charges
        that cancel; cubic splines over a uniform grid, whose smoothing is divided out of the kernel's transform, in place of
        polynomials in boxes: Essmann et al., "A smooth particle mesh Ewald method", Journal of Chemical Physics 1995.
    """

    def __init__(self) -> None:
        self._kernels: Any = None
        self._kept: tuple[int, float] = (0, 0.0)

    def __call__(  # noqa: D102 - openTSNE's signature
        self,
        embedding: Plane,
        P: Any,  # noqa: ANN401, N803 - a sparse matrix; the name openTSNE passes
        dof: float,
        should_eval_error: bool = False,  # noqa: FBT001, FBT002
        n_jobs: int = 1,
        **_: object,
    ) -> tuple[float, Plane]:
        from openTSNE import _tsne

        places = np.ascontiguousarray(embedding, np.float64)
        forces, total = self.repulsion(places, threads=n_jobs)
        gradient = -forces / total
        sum_p, divergence = _tsne.estimate_positive_gradient_nn(
            P.indices, P.indptr, P.data, places, places, gradient, dof,
            num_threads=n_jobs, should_eval_error=should_eval_error,
        )  # fmt: skip
        if should_eval_error:
            divergence += sum_p * np.log(total)
        return divergence, gradient

    def repulsion(self, places: Plane, *, threads: int = 1) -> tuple[Plane, float]:
        """Return for each point Σ (1 + d²)⁻² (yᵢ − yⱼ), and the sum over all pairs of (1 + d²)⁻¹.

        Args:
            places: (n, 2).
            threads: Of the FFTs; the result is the same.
        """
        from scipy.fft import irfft2, rfft2

        if len(places) <= FEW:
            return _pairwise(places)
        spread, nodes, spacing = _spreading(places)
        threads = threads if nodes >= _NODES_FOR_THREADS else 1
        self._prepare(nodes, spacing, threads)
        charge = (spread.T @ np.ones(len(places))).reshape(nodes, nodes).astype(np.float32)
        side = 2 * nodes
        spectrum = rfft2(charge, (side, side), workers=threads)
        fields = irfft2(self._kernels * spectrum, (side, side), workers=threads)[:, :nodes, :nodes]
        read = spread @ np.ascontiguousarray(fields.reshape(3, -1).T)
        # Each point is among its own others, at distance nought.
        return read[:, 1:], float(read[:, 0].sum() - len(places))

    def _prepare(self, nodes: int, spacing: float, threads: int) -> None:
        from scipy.fft import rfft2

        if self._kept == (nodes, spacing):
            return
        steps = np.fft.fftfreq(2 * nodes, 1 / (2 * nodes)) * spacing
        x, y = steps[:, None], steps[None, :]
        near = 1 / (1 + x**2 + y**2)
        # Splines smooth, once when points are spread and once when the grid is read: that is divided out.
        smooth = np.sinc(np.fft.fftfreq(2 * nodes)) ** 8
        kernels = rfft2(np.stack([near, near**2 * x, near**2 * y]), workers=threads)
        self._kernels = (kernels / (smooth[:, None] * smooth[None, : nodes + 1])).astype(np.complex64)
        self._kept = (nodes, spacing)


def _pairwise(places: Plane) -> tuple[Plane, float]:
    """Return the same sums, pair by pair: each in one order, as no product of matrices promises."""
    apart_x, apart_y = (column[:, None] - column for column in places.T)
    near = 1 / (1 + apart_x * apart_x + apart_y * apart_y)
    pull = near * near
    return np.stack([(pull * apart_x).sum(1), (pull * apart_y).sum(1)], axis=1), float(near.sum() - len(places))


def _spreading(places: Plane) -> tuple[Any, int, float]:
    """Return the sparse matrix (n, nodes²) of cubic weights, the nodes along an axis, and their distance."""
    from scipy.fft import next_fast_len
    from scipy.sparse import csr_matrix

    low = places.min(0)
    span = float((places.max(0) - low).max())
    needed = int(span / SPACING) + 2 * _MARGIN + 1
    nodes = next_fast_len(max(needed, FEWEST_NODES), real=True)
    spacing = SPACING if needed >= FEWEST_NODES else max(span, 1e-12) / (nodes - 2 * _MARGIN - 1)
    at = (places - low) / spacing + 1
    cell = np.minimum(at.astype(np.int64), nodes - 3)
    along_x, along_y = (_cubic(at[:, axis] - cell[:, axis]) for axis in (0, 1))
    weights = (along_x[:, :, None] * along_y[:, None, :]).reshape(-1)
    offsets = np.arange(-1, 3)
    columns = (cell[:, 0, None] + offsets)[:, :, None] * nodes + (cell[:, 1, None] + offsets)[:, None, :]
    starts = np.arange(0, 16 * len(places) + 1, 16)
    return csr_matrix((weights, columns.reshape(-1), starts), (len(places), nodes**2)), nodes, spacing


def _cubic(part: Plane) -> Plane:
    """Return the cubic B-spline's weights (n, 4) of the nodes −1, 0, 1, 2 for places 0 … 1 between the middle two."""
    rest = 1 - part
    inner = [(4 - 6 * square + 3 * cube) / 6 for square, cube in ((part**2, part**3), (rest**2, rest**3))]
    return np.stack([rest**3 / 6, *inner, part**3 / 6], axis=1)
