"""Where the data of a run came from, so that later commands find them."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from optuna_dnc._errors import InputError
from optuna_dnc._files import DamagedFile, check_sealed, read_json, write_sealed
from optuna_dnc.runs.folder import RunFolder

if TYPE_CHECKING:
    from optuna_dnc.data import Dataset
    from optuna_dnc.data.tables import DataOptions, DataSource


def with_options(data: Any, settings: Mapping[str, Any]) -> tuple[DataSource, dict[str, Any]]:
    """Return data together with their options, and the settings without these.

    Args:
        data: What :func:`optuna_dnc.data.load_dataset` takes.
        settings: Settings of a search; those of ``DataOptions`` are for the data.
    """
    from optuna_dnc.data.tables import DataOptions, DataSource

    if isinstance(data, DataSource):
        return data, dict(settings)
    names = set(DataOptions.model_fields) & set(settings)
    options = DataOptions(**{name: settings[name] for name in names})
    others = {name: value for name, value in settings.items() if name not in names}
    return DataSource(data, options), others


def write_source(folder: RunFolder, dataset: Dataset, fingerprint: str) -> None:
    """Write data.json, unless it exists: path or name of the data, options and fingerprint.

    Data in memory cannot be found again; their source is null. Paths that JSON cannot hold are not
    written.
    """
    origin = dataset.origin or {"source": None, "options": {}}
    if folder.data.exists() or not (dataset.can_be_loaded_again or origin["options"]):
        return
    with suppress(UnicodeEncodeError):
        str(origin["source"]).encode()
        write_sealed(folder.data, {**origin, "fingerprint": fingerprint})


def read_source(folder: RunFolder) -> DataSource | None:
    """Return the data that a run was started with; None if it cannot find them again.

    Raises:
        InputError: The file is damaged.
    """
    noted = _noted(folder)
    return None if noted.data is None else noted


def read_options(folder: RunFolder) -> DataOptions:
    """Return the options of the data that a run was begun with, also of data in memory.

    Raises:
        InputError: The file is damaged.
    """
    return _noted(folder).options


def _noted(folder: RunFolder) -> DataSource:
    from optuna_dnc.data.tables import DataOptions, DataSource

    if not folder.data.exists():
        return DataSource(None, DataOptions())
    stored = read_json(folder.data)
    check_sealed(folder.data, stored)
    try:
        source = stored["source"]
        options = DataOptions(**stored["options"])
        return DataSource(None if source is None else str(source), options)
    except (KeyError, TypeError, InputError):
        raise DamagedFile(folder.data, "it is not as a search wrote it") from None
