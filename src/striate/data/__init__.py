"""Data sets of images, signals and volumes: samples with stable ids, bounded decoding, splits, preprocessing and batches."""

from striate.data.batching import Batch, batches, shuffled
from striate.data.dataset import Dataset
from striate.data.entering import said_entering
from striate.data.folds import Folds
from striate.data.foreground import apart_from_border, foreground
from striate.data.grouping import folder_labels, with_groups
from striate.data.listing import Listing, list_data
from striate.data.load import load_data
from striate.data.masks import box_mask, has_masks, read_mask, read_masks
from striate.data.measuring import measure_preprocessing
from striate.data.picture import Picture, read_picture
from striate.data.preparing import normalise, prepare, unprepare
from striate.data.read_as import ReadAs
from striate.data.sample import Sample, SetAside
from striate.data.single import read_input, read_noted, read_stored
from striate.data.splits import Split
from striate.data.subsets import evenly_spread, subset

__all__ = [
    "Batch",
    "Dataset",
    "Folds",
    "Listing",
    "Picture",
    "ReadAs",
    "Sample",
    "SetAside",
    "Split",
    "apart_from_border",
    "batches",
    "box_mask",
    "evenly_spread",
    "folder_labels",
    "foreground",
    "has_masks",
    "list_data",
    "load_data",
    "measure_preprocessing",
    "normalise",
    "prepare",
    "read_input",
    "read_mask",
    "read_masks",
    "read_noted",
    "read_picture",
    "read_stored",
    "said_entering",
    "shuffled",
    "subset",
    "unprepare",
    "with_groups",
]
