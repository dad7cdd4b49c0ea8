"""Data of a run, loaded again and checked against the fingerprint of the search."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import torch

from optuna_dnc._errors import InputError, shown
from optuna_dnc.data import (
    DATASET_NAMES,
    Dataset,
    DatasetSource,
    PreparedData,
    Preprocessing,
    is_path,
    load_dataset,
    prepare,
)
from optuna_dnc.data.array_loader import frames_as_arrays
from optuna_dnc.data.frames import is_table
from optuna_dnc.data.preparation import Split, other_folds, repeated_folds
from optuna_dnc.data.tables import DataSource
from optuna_dnc.nets import NetworkFamily
from optuna_dnc.results.trained_network import read_config
from optuna_dnc.runs.folder import RunFolder
from optuna_dnc.runs.recipe import PUBLISHED, USUAL_FOLDS, of_this_version
from optuna_dnc.runs.source import read_options, read_source
from optuna_dnc.training import TrainingConfig, threads_for
from optuna_dnc.training.scoring import check_metric, with_scored_folds


def data_of_run(
    path: Path,
    settings: Mapping[str, Any],
    data: DatasetSource | None = None,
    data_root: str | Path | None = None,
) -> Dataset:
    """Load the data of a search, with the same limit on training samples.

    Args:
        path: The run's folder.
        settings: Settings from :func:`optuna_dnc.runs.run.read_settings`.
        data: Data of the search, which are only needed if they were in memory or their file moved.
        data_root: Folder of torchvision's data sets.

    Raises:
        InputError: The data are missing, unreadable, or not those of the search.
    """
    of_run = preprocessing_of_run(path)
    source = _source(path, settings, data)
    dataset = load_dataset(
        source if of_run is None or of_run.table is not None else frames_as_arrays(source),
        task=settings["task"],
        data_root=data_root,
        max_train=settings["max_train"],
        seed=settings["seed"],
    )
    if of_run is not None and of_run.feature_names is not None:
        dataset = dataset.with_columns(of_run.feature_names, of_run.table)
    if dataset.fingerprint() != settings["data"]:
        raise InputError(
            f"data: {dataset.name} holds other samples than those that the search in "
            f"{path} was run on; give the same ones with data=."
        )
    return dataset


def _source(path: Path, settings: Mapping[str, Any], data: Any) -> Any:
    """Return the given data with the options of the search, or else the data that it noted."""
    folder = RunFolder(path)
    if isinstance(data, Dataset | DataSource):
        return data
    if data is not None:
        options = read_options(folder)
        options = options if is_path(data) or is_table(data) else options.beside
        return DataSource(data, options) if options.model_fields_set else data
    if settings["dataset"] in DATASET_NAMES:
        return settings["dataset"]
    noted = read_source(folder)
    if noted is None:
        raise InputError(
            f"data: the search in {path} was run on {shown(settings['dataset'])}, which is not "
            "known by name; give the same data again with data=."
        )
    if is_path(noted.data) and not Path(noted.data).exists():
        raise InputError(
            f"data: the search in {path} was run on {noted.data}, which no longer exists; "
            "give the same data again with data=."
        )
    return noted


def preprocessing_of_run(path: Path) -> Preprocessing | None:
    """Return the preprocessing of a finished run; None if the run is not finished."""
    folder = RunFolder(path)
    if not folder.config.exists():
        return None
    return Preprocessing.from_dict(read_config(folder)["preprocessing"])


def prepared_data_of_run(
    settings: Mapping[str, Any], family: NetworkFamily, dataset: Dataset, device: torch.device
) -> PreparedData:
    """Split and normalize the data as the search did.

    Raises:
        InputError: The metric or the class weights make no sense for the data.
    """
    prepared = prepare(
        dataset,
        val_fraction=settings["val_fraction"],
        seed=settings["seed"],
        device=device,
        channels_last=family.convolutional,
        scaling=settings["scaling"],
        target_transform=settings["target_transform"],
        metric=settings.get("metric"),
        class_weight=settings.get("class_weight"),
        n_folds=of_this_version(settings)["n_folds"],
    )
    check_metric(prepared, dataset)
    return with_scored_folds(prepared)


N_REPEATS = 3
"""Cross-validations of a leading network besides that of its trial."""


def folds_of_run(
    settings: Mapping[str, Any], family: NetworkFamily, dataset: Dataset, device: torch.device
) -> list[Callable[[], PreparedData]]:
    """Return functions that split and normalize the data in other ways than the search did.

    There are none for searches with the published recipe and those of a trade-off, whose networks
    are not compared on other splits.
    """
    if settings["recipe"] == PUBLISHED or settings["shares_trials"]:
        return []
    splits = other_folds(
        dataset,
        n_folds=USUAL_FOLDS,
        val_fraction=settings["val_fraction"],
        seed=settings["seed"],
        scaling=settings["scaling"],
    )

    def placed(split: Callable[[], Split]) -> PreparedData:
        return split().placed(device, channels_last=family.convolutional)

    return [partial(placed, split) for split in splits]


def repeats_of_run(
    settings: Mapping[str, Any], dataset: Dataset, data: PreparedData
) -> list[Callable[[], PreparedData]]:
    """Return functions that divide the data of a search into other folds than its own.

    There are none for the searches of a trade-off.

    Args:
        settings: Settings of the search.
        dataset: Its data set.
        data: The prepared data, with folds.
    """
    if settings["shares_trials"]:
        return []

    def repeat(number: int) -> PreparedData:
        folds = repeated_folds(
            dataset,
            number,
            n_folds=len(data.folds),
            val_fraction=settings["val_fraction"],
            seed=settings["seed"],
        )
        device = data.train.x.device
        return replace(data, folds=tuple(torch.from_numpy(fold).to(device) for fold in folds))

    return [partial(repeat, number) for number in range(1, N_REPEATS + 1)]


def threads_of_run(
    settings: Mapping[str, Any], family: NetworkFamily, dataset: Dataset
) -> AbstractContextManager[None]:
    """Use as many threads as the search: sums over more or fewer differ in their last digits."""
    largest = family.most_params(dataset.input_shape, dataset.n_outputs)
    batch_size = settings["batch_size"] or TrainingConfig().batch_size
    return threads_for(largest, batch_size, convolutional=family.convolutional)
