"""Links between the notes of a search."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Links:
    """Links to the pages of the studies of a search."""

    study_ids: Mapping[str, int]
    """Ids of the studies in the storage by stage name."""

    def study(self, stage: str, text: str) -> str:
        """Return a link to the plots of a stage, or ``text`` if it has no study yet."""
        return self._link(stage, text, "")

    def trial(self, trial: str) -> str:
        """Return a link to the trial ``stage/number``."""
        stage, _, number = trial.rpartition("/")
        return self._link(stage, trial, f"/trials?numbers={number}")

    def _link(self, stage: str, text: str, page: str) -> str:
        study_id = self.study_ids.get(stage)
        return text if study_id is None else f"[{text}](/dashboard/studies/{study_id}{page})"
