"""Where the data of a run came from, so that later commands find them."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from optuna_dnc._errors import InputError
from optuna_dnc._files import DamagedFile, read_json, write_json
from optuna_dnc.runs.folder import RunFolder

if TYPE_CHECKING:
    from optuna_dnc.data import Dataset
    from optuna_dnc.data.tables import DataSource


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

    Data in memory cannot be found again and are not written, nor are paths that JSON cannot hold.
    """
    if dataset.origin is None or folder.data.exists():
        return
    with suppress(UnicodeEncodeError):
        str(dataset.origin["source"]).encode()
        write_json(folder.data, {**dataset.origin, "fingerprint": fingerprint})


def read_source(folder: RunFolder) -> DataSource | None:
    """Return the data that a run was started with; None if it did not store them.

    Raises:
        InputError: The file is damaged.
    """
    from optuna_dnc.data.tables import DataOptions, DataSource

    if not folder.data.exists():
        return None
    stored = read_json(folder.data)
    try:
        return DataSource(str(stored["source"]), DataOptions(**stored["options"]))
    except (KeyError, TypeError, InputError):
        raise DamagedFile(
            folder.data, "it is not as a search wrote it", "delete it, and give the data again"
        ) from None
