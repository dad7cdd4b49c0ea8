"""Notes, figures and artifacts of a study in optuna-dashboard."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import optuna
from optuna.artifacts import FileSystemArtifactStore, upload_artifact
from optuna_dashboard import get_note, save_note, save_plotly_graph_object

from optuna_dnc._optuna_compat import noted_trial, storage_and_id

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

PREFIX = "optuna_dnc:"
"""Prefix of system attributes of the study that record generated content."""
FIGURE_PREFIX = "dnc-"
"""Prefix of the ids of generated figures, which sets them apart from those of users."""


class StudyPage:
    """Generated notes, figures and artifacts of one study.

    System attributes of the study record a fingerprint of each, so that every process recognizes
    generated content and whether it is up to date.
    """

    def __init__(self, study: optuna.Study) -> None:
        self._study = study
        self._storage, self.study_id = storage_and_id(study)
        written = self._storage.get_study_system_attrs(self.study_id)
        self._written = {key: value for key, value in written.items() if key.startswith(PREFIX)}

    def noted_trials(self) -> set[int]:
        """Return the numbers of the trials that have, or had, a generated note."""
        start = f"{PREFIX}note:"
        return {int(key.removeprefix(start)) for key in self._written if key.startswith(start)}

    def write_note(self, body: str, number: int | None = None) -> None:
        """Write the note of the study or of a trial, unless a user wrote, edited or cleared it.

        Args:
            body: The note, in Markdown.
            number: Number of the trial; None for the study.
        """
        key = "note" if number is None else f"note:{number}"
        known, new = self._written.get(PREFIX + key, []), _fingerprint(body)
        if known == [new]:
            return
        target = self._target(number)
        present = get_note(target)
        if not (_fingerprint(present) in known if known else not present):
            return
        # Both fingerprints are recorded first, so that the note is recognized as generated even if
        # the process is killed while writing it.
        self._keep(key, [*known[-1:], new])
        save_note(target, body)
        self._keep(key, [new])

    def _target(self, number: int | None) -> optuna.Study | optuna.Trial:
        if number is None:
            return self._study
        return noted_trial(self._study, self._study.get_trials(deepcopy=False)[number])

    def write_figure(self, name: str, figure: Figure) -> None:
        """Write a figure as a custom plot, unless it is up to date."""
        key = f"figure:{name}"
        content = {"title": figure.layout.title.text, "is": _fingerprint(figure.to_json())}
        if self._written.get(PREFIX + key) == content:
            return
        save_plotly_graph_object(self._study, figure, graph_object_id=name)
        # Recorded last, so that an interrupted figure is written again.
        self._keep(key, content)

    def figure_titles(self) -> dict[str, str]:
        """Return the titles of the generated figures by name."""
        start = f"{PREFIX}figure:"
        return {
            key.removeprefix(start): content["title"]
            for key, content in self._written.items()
            if key.startswith(start)
        }

    def upload(self, store: FileSystemArtifactStore, path: Path) -> None:
        """Upload a file as an artifact of the study, unless its content was uploaded before."""
        key = f"artifact:{_fingerprint(path.read_bytes())}"
        if PREFIX + key not in self._written:
            artifact = upload_artifact(
                artifact_store=store, file_path=str(path), study_or_trial=self._study
            )
            self._keep(key, artifact)

    def _keep(self, key: str, value: Any) -> None:
        self._storage.set_study_system_attr(self.study_id, PREFIX + key, value)
        self._written[PREFIX + key] = value


def _fingerprint(content: str | bytes) -> str:
    data = content.encode() if isinstance(content, str) else content
    return hashlib.sha256(data).hexdigest()[:16]
