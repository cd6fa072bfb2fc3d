"""Where weights begin, one file each. Importing this package registers them; plug-ins add more (`striate.beginnings`)."""

from striate.nets.beginnings import (  # isort: skip
    he,
    small,
    xavier,
    orthogonal,
    lsuv,
    krahenbuhl,
    kmeans,
    pca,
    ica,
    gabor,
    sobel,
    laplacian,
    gaussian,
    dct,
    file,
    copied,
)
from striate.nets.beginnings.beginning import BEGINNINGS, Beginning, Ground, read_beginning, register

__all__ = ["BEGINNINGS", "Beginning", "Ground", "read_beginning", "register"]

_ = (
    he,
    small,
    xavier,
    orthogonal,
    lsuv,
    krahenbuhl,
    kmeans,
    pca,
    ica,
    gabor,
    sobel,
    laplacian,
    gaussian,
    dct,
    file,
    copied,
)
