"""Put a search into its storage as optuna-dashboard shows it: notes, figures, the network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from filelock import FileLock, Timeout
from optuna.artifacts import FileSystemArtifactStore

from optuna_dnc._errors import InputError, brief
from optuna_dnc.report.dashboard.notes_links import Links
from optuna_dnc.report.dashboard.notes_studies import study_note
from optuna_dnc.report.dashboard.notes_trials import former_note, noted_records, trial_note
from optuna_dnc.report.dashboard.publishing_figures import PREFIX, place
from optuna_dnc.report.dashboard.publishing_page import StudyPage
from optuna_dnc.runs import Run
from optuna_dnc.runs.storage import is_storage_failure

PATIENCE = 10.0
"""Seconds to wait for another process that publishes the same search."""

Pages = Mapping[str, StudyPage]
"""The page of each stage's study, by the name of the stage."""


def publish(search: Run, *, with_figures: bool = True) -> None:
    """Write notes, figures and the saved network to where optuna-dashboard looks for them.

    Nothing is written that is there already, and a note that somebody has written or edited
    stays. A search that is running elsewhere is not disturbed.

    Args:
        search: As opened just now: it is not read again.
        with_figures: Without them it takes a tenth of the time.

    Raises:
        InputError: The storage or the folder cannot be written now, or plotly is missing.
    """
    with _alone(search), _one_line(search):
        pages = {name: StudyPage(study) for name, study in search.study_of.items()}
        _upload_network(search, pages)
        if with_figures:
            _write_figures(search, pages)
        _write_notes(search, pages)


def artifact_store(search: Run) -> FileSystemArtifactStore:
    """Where the artifacts of a search lie: in the folder ``artifacts`` of the run."""
    folder = search.path / "artifacts"
    folder.mkdir(exist_ok=True)
    return FileSystemArtifactStore(folder)


def _upload_network(search: Run, pages: Pages) -> None:
    if search.summary is None:
        return
    page = pages.get(search.summary["best"]["stage"])
    for path in (search.folder.model, search.folder.config):
        if page is not None and path.exists():
            page.upload(artifact_store(search), path)


def _write_figures(search: Run, pages: Pages) -> None:
    from optuna_dnc.report.figures import figures  # plotly is an extra

    for name, figure in figures(search).items():
        # A figure that bears the name of a stage is shown there alone.
        of_stage = [page for stage, page in pages.items() if name.endswith(f"-{stage}")]
        for page in of_stage or pages.values():
            page.write_figure(f"{PREFIX}{name}", figure)


def _write_notes(search: Run, pages: Pages) -> None:
    links = Links({name: page.study_id for name, page in pages.items()})
    records = noted_records(search)
    for stage in search.stages:
        page = pages.get(stage.name)
        if page is None:
            continue
        titles = page.figure_titles()
        shown = {name.removeprefix(PREFIX): titles[name] for name in sorted(titles, key=place)}
        page.write_note(study_note(search, stage, links, shown))
        notes = {
            record.trial_number: trial_note(search, record, links)
            for record in records
            if record.stage == stage.name
        }
        former = dict.fromkeys(page.noted_trials(), former_note(search))
        for number, note in (former | notes).items():
            page.write_note(note, number)


@contextmanager
def _alone(search: Run) -> Iterator[None]:
    """Two processes that write one note could take each other's for somebody's."""
    try:
        with FileLock(search.path / ".publishing.lock", timeout=PATIENCE):
            yield
    except Timeout:
        raise InputError(
            f"{search.path} is being published by another process; try again when it has ended."
        ) from None


@contextmanager
def _one_line(search: Run) -> Iterator[None]:
    try:
        yield
    except InputError:
        raise
    except OSError as error:
        raise InputError(f"{search.path} cannot be written ({brief(error)}).") from error
    except Exception as error:
        if not is_storage_failure(error):
            raise
        raise InputError(
            f"the storage of {search.path} does not answer ({brief(error.__cause__ or error)}); "
            "try again later."
        ) from error
