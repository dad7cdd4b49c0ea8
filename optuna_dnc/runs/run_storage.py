"""Where the studies of a search are that is about to run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from optuna.storages import BaseStorage

from optuna_dnc._errors import InputError
from optuna_dnc.runs.database import sqlite_file
from optuna_dnc.runs.folder import RunFolder
from optuna_dnc.runs.stage_keys import StageKey
from optuna_dnc.runs.storage import open_storage
from optuna_dnc.runs.studies import Studies, name_in_own_file


@dataclass(frozen=True)
class RunStorage:
    """A storage that was given, or the file in the run's folder."""

    folder: RunFolder
    given: str | BaseStorage | None
    """A storage or its URL; None for study.db."""
    stages: Sequence[StageKey]

    def open(self, identity: dict[str, Any]) -> Studies:
        """Open it, or create it where it is a file.

        Args:
            identity: Of the search, see :attr:`StagedSearch.identity`.

        Raises:
            InputError: It cannot be opened, or holds another search under this name.
        """
        opened = open_storage(self.folder.study if self.given is None else self.given)
        if self.given is None:
            name, place = name_in_own_file(opened, self.folder), str(self.folder.study)
        else:
            name, place = self.folder.name, "the storage"
        studies = Studies(opened, name, self.stages, place)
        studies.check_ours(identity, None if self.given is None else self.folder)
        return studies

    def known(self, identity: dict[str, Any]) -> Studies | None:
        """The same, but None where it is a file that is to be created."""
        file = self.folder.study
        if self.given is not None:
            named = sqlite_file(self.given) if isinstance(self.given, str) else None
            # Without its folder it cannot be created, which is told at once.
            if named is None or not named.parent.is_dir():
                return self.open(identity)
            file = named
        return self.open(identity) if file.exists() else None

    def holds_search(self) -> bool:
        """Whether study.db holds a search, whose settings.json may be missing."""
        try:
            opened = open_storage(self.folder.study, create=False, to_read=True)
            name = name_in_own_file(opened, self.folder)
            return Studies(opened, name, self.stages).settings() is not None
        except InputError:
            return False

    def close(self, studies: Studies) -> None:
        """Close what :meth:`open` has opened."""
        if not isinstance(self.given, BaseStorage):
            studies.close()
