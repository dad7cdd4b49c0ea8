"""Data sets from samples and targets, given as two arguments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from optuna_dnc._errors import InputError, shown
from optuna_dnc.data.dataset import Dataset
from optuna_dnc.data.load import load_dataset
from optuna_dnc.data.loader import is_path
from optuna_dnc.data.tables.options import DataSource


def load_data(source: DataSource, y: Any, **keywords: Any) -> Dataset:
    """Load a data set, or make one of samples and targets.

    Args:
        source: Anything that :func:`optuna_dnc.data.load_dataset` takes, with options; with ``y``
            the samples: an array ``(n, ...)`` or a data frame of ``n`` rows.
        y: ``(n,)`` or ``(n, n_outputs)``, targets of the samples; None if the source has them.
        **keywords: Other keywords of :func:`optuna_dnc.data.load_dataset`.
    """
    x = source.data
    if y is None:
        return load_dataset(source, **keywords)
    if isinstance(y, str):
        raise InputError(
            f"y must be the targets of the samples, got {y!r}; name a column with target={y!r}."
        )
    if isinstance(x, str | Mapping | Dataset) or is_path(x):
        what = shown(x) if isinstance(x, str) else f"a {type(x).__name__}"
        raise InputError(f"y must be None for {what}, which has its own targets; leave it out.")
    try:
        return load_dataset(DataSource((x, y), source.options), **keywords)
    except InputError as error:
        message = str(error).replace("arrays: ", "").replace("xtr", "x").replace("ytr", "y")
        raise type(error)(message) from None
