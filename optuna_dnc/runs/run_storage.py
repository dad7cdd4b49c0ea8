"""Storage of a search that is about to run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from optuna.storages import BaseStorage

from optuna_dnc._errors import InputError, shown
from optuna_dnc._optuna_compat import for_worker
from optuna_dnc.runs.database import has_studies, sqlite_file
from optuna_dnc.runs.folder import RunFolder, occupied, read_stored_settings
from optuna_dnc.runs.identity import check_same_search
from optuna_dnc.runs.stage_keys import StageKey
from optuna_dnc.runs.storage import open_storage
from optuna_dnc.runs.studies import Studies, name_in_own_file


@dataclass(frozen=True)
class RunStorage:
    """Storage of the user, or study.db in the run's folder."""

    folder: RunFolder
    storage: str | BaseStorage | None
    """A storage or its URL; None for study.db."""
    stages: Sequence[StageKey]

    def check_same(self, identity: dict[str, Any]) -> None:
        """Check that the folder is free, or holds this search with its trials in this storage.

        Raises:
            InputError: It does not.
        """
        folder = self.folder
        if folder.settings.exists():
            check_same_search(read_stored_settings(folder), identity, str(folder.path))
        elif folder.study.exists() and not self.holds_search():
            raise occupied(folder.path, "search")
        if self.storage is not None and folder.study.exists():
            raise InputError(
                f"storage: the trials of the search in {folder.path} are in its study.db; "
                "drop storage (and the variable OPTUNA_DNC_STORAGE), or choose another folder "
                "with out=."
            )
        if self.storage is None and folder.is_stored_elsewhere:
            raise InputError(
                f"storage: the trials of the search in {folder.path} are in another storage; "
                "give the storage= that it was started with, or choose another folder with out=."
            )

    def open(self, identity: dict[str, Any]) -> Studies:
        """Open the studies; create a missing file.

        Args:
            identity: Identity of the search, see :attr:`StagedSearch.identity`.

        Raises:
            InputError: The storage cannot be opened, or holds another search of this name.
        """
        opened = for_worker(
            open_storage(self.folder.study if self.storage is None else self.storage)
        )
        if self.storage is None:
            name, holder = name_in_own_file(opened, self.folder), str(self.folder.study)
        else:
            name, holder = self.folder.name, "the storage"
        studies = Studies(opened, name, self.stages, holder)
        studies.check_ours(identity, None if self.storage is None else self.folder)
        return studies

    def known(self, identity: dict[str, Any]) -> Studies | None:
        """Open the studies; None if the storage is a file that does not exist yet."""
        file = self.folder.study
        if self.storage is not None:
            named = sqlite_file(self.storage) if isinstance(self.storage, str) else None
            # Without its folder the file cannot be created: opening it raises the error.
            if named is None or not named.parent.is_dir():
                return self.open(identity)
            file = named
        return self.open(identity) if file.exists() else None

    def has_begun(self) -> bool:
        """Return whether a search was started here, so that its storage can be opened.

        A worker must not create the tables of an SQLite file that another process is creating.
        """
        file = self.folder.study
        if self.storage is not None:
            named = sqlite_file(self.storage) if isinstance(self.storage, str) else None
            if named is None:
                return self.folder.settings.exists()
            file = named
        return self.folder.settings.exists() and has_studies(file)

    def holds_search(self) -> bool:
        """Return whether study.db holds a search, also without settings.json."""
        try:
            opened = open_storage(self.folder.study, create=False, to_read=True)
            name = name_in_own_file(opened, self.folder)
            return Studies(opened, name, self.stages).settings() is not None
        except InputError:
            return False

    def close(self, studies: Studies) -> None:
        """Close studies from :meth:`open`, unless the user opened the storage."""
        if not isinstance(self.storage, BaseStorage):
            studies.close()


def check_storage(storage: object) -> None:
    """Raise :class:`InputError` unless it is an Optuna storage, its URL, or None."""
    if not isinstance(storage, str | BaseStorage | None):
        raise InputError(
            f"storage must be an Optuna storage or its URL, got {shown(storage)}; change it."
        )
