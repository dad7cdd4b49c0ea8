"""Samples of files, which are read as the command ``predict`` reads them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from optuna_dnc.data import Preprocessing, read_labels, read_samples
from optuna_dnc.data.frames import is_table
from optuna_dnc.data.images import ImageFiles
from optuna_dnc.data.loader import RawSamples
from optuna_dnc.data.matching import matched


def samples_in(x: Any, preprocessing: Preprocessing) -> Any:
    """Return the samples of a file as a network takes them, and anything else as it is.

    Raises:
        InputError: The file cannot be read, or does not fit the network.
    """
    return matched(read_samples(x), preprocessing) if isinstance(x, str | Path) else x


def labels_beside(
    samples: RawSamples, file: str | Path, preprocessing: Preprocessing
) -> NDArray[Any] | None:
    """Return the labels that come with the samples of a file; None if there are none.

    Raises:
        InputError: Some are missing, or of another type than in training.
    """
    is_described = is_table(samples.x) or isinstance(samples.x, ImageFiles)
    return preprocessing.labels_in(samples.x) if is_described else read_labels(file)
