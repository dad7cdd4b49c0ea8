"""Samples from files and data frames, matched to the training data of a network."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from optuna_dnc.data.frames import is_table
from optuna_dnc.data.images.image_files import ImageFiles
from optuna_dnc.data.loader import RawSamples
from optuna_dnc.data.preprocessing import Preprocessing


def matched(samples: RawSamples, preprocessing: Preprocessing) -> NDArray[Any] | ImageFiles:
    """Return samples with their columns in the order of training; image files are not read.

    Raises:
        InputError: A column is missing or unknown, or a table cannot be encoded.
    """
    files = preprocessing.files_in(samples.x)
    if files is not None:
        return files
    if samples.feature_names is not None:
        return preprocessing.in_order(samples.x, samples.feature_names)
    return preprocessing.checked(samples.x) if is_table(samples.x) else samples.x
