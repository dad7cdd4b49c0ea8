"""The data of a search that has run, loaded again and checked to be the same."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import torch

from optuna_dnc._errors import InputError, shown
from optuna_dnc._files import read_json
from optuna_dnc.data import (
    DATASET_NAMES,
    Dataset,
    DatasetSource,
    PreparedData,
    Preprocessing,
    load_dataset,
    prepare,
)
from optuna_dnc.nets import NetworkFamily
from optuna_dnc.runs.folder import RunFolder
from optuna_dnc.training import threads_for


def data_of_run(
    path: Path,
    settings: Mapping[str, Any],
    data: DatasetSource | None = None,
    data_root: str | Path | None = None,
) -> Dataset:
    """Load what a search was run on, as it was cut down then.

    Args:
        path: The run's folder.
        settings: As :func:`optuna_dnc.runs.run.read_settings` gives them.
        data: As given to the search; may be left out for data sets that are known by name.
        data_root: Where torchvision's data sets lie.

    Raises:
        InputError: The data are needed, cannot be read, or are not those of the search.
    """
    if data is None:
        data = settings["dataset"]
        if data not in DATASET_NAMES:
            raise InputError(
                f"data: the search in {path} was run on {shown(data)}, which is not known by "
                "name; give the same data again with data=."
            )
    dataset = load_dataset(
        data,
        task=settings["task"],
        data_root=data_root,
        max_train=settings["max_train"],
        seed=settings["seed"],
    )
    if names := names_of_run(path):
        dataset = dataset.with_columns(names)
    if dataset.fingerprint() != settings["data"]:
        raise InputError(
            f"data: {dataset.name} holds other samples than those that the search in "
            f"{path} was run on; give the same ones with data=."
        )
    return dataset


def names_of_run(path: Path) -> tuple[str, ...] | None:
    """The names of the features that the search of a finished run was given, if it was."""
    config = RunFolder(path).config
    if not config.exists():
        return None
    try:
        return Preprocessing.from_dict(read_json(config)["preprocessing"]).feature_names
    except (KeyError, TypeError) as error:
        raise InputError(f"{config} is damaged: {error}.") from None


def prepared_data_of_run(
    settings: Mapping[str, Any], family: NetworkFamily, dataset: Dataset, device: torch.device
) -> PreparedData:
    """Split and normalise the data of a search as the search did."""
    return prepare(
        dataset,
        val_fraction=settings["val_fraction"],
        seed=settings["seed"],
        device=device,
        channels_last=family.convolutional,
    )


def threads_of_run(
    settings: Mapping[str, Any], family: NetworkFamily, dataset: Dataset
) -> AbstractContextManager[None]:
    """Train with as many threads as the search: sums over several differ in their last digits."""
    if family.convolutional:
        return nullcontext()
    largest = family.most_params(dataset.input_shape, dataset.n_outputs)
    return threads_for(largest, settings["batch_size"])
