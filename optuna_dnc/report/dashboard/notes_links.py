"""Links from a note to other pages of the dashboard."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Links:
    """Where the studies of a search are shown."""

    study_ids: Mapping[str, int]
    """Number in the storage of each stage's study, by the name of the stage."""

    def study(self, stage: str, text: str) -> str:
        """A link to the plots of a stage; the text alone where it has no study yet."""
        return self._link(stage, text, "")

    def trial(self, place: str) -> str:
        """A link to the trial ``stage/number``."""
        stage, _, number = place.rpartition("/")
        return self._link(stage, place, f"/trials?numbers={number}")

    def _link(self, stage: str, text: str, page: str) -> str:
        study_id = self.study_ids.get(stage)
        return text if study_id is None else f"[{text}](/dashboard/studies/{study_id}{page})"
