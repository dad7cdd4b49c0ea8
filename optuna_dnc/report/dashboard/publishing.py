"""Publication of a search for optuna-dashboard: notes, figures and the network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from filelock import FileLock, Timeout
from optuna.artifacts import FileSystemArtifactStore

from optuna_dnc._errors import InputError, brief
from optuna_dnc._names import check_only_files
from optuna_dnc.report.dashboard.notes_studies import study_note
from optuna_dnc.report.dashboard.notes_trials import Links, former_note, noted_records, trial_note
from optuna_dnc.report.dashboard.publishing_page import FIGURE_PREFIX, StudyPage
from optuna_dnc.report.figure_registry import position
from optuna_dnc.runs import Run
from optuna_dnc.runs.storage import is_storage_failure

PATIENCE = 10.0
"""Seconds to wait for another process that is publishing the same search."""

Pages = Mapping[str, StudyPage]
"""Pages of the studies by stage name."""


def publish(search: Run, *, with_figures: bool = True) -> None:
    """Publish notes, figures and the saved network of a search in its storage.

    Only changes are written. Notes that a user wrote or edited are kept. A process that is running
    the search is not disturbed.

    Args:
        search: The search, opened just now; it is not read again.
        with_figures: Whether to publish figures, which take nine tenths of the time.

    Raises:
        InputError: The storage or the folder cannot be written, or plotly is missing.
    """
    with _lock(search), _storage_errors(search):
        pages = {name: StudyPage(study) for name, study in search.study_of.items()}
        _upload_network(search, pages)
        if with_figures:
            _write_figures(search, pages)
        _write_notes(search, pages)


def artifact_store(search: Run) -> FileSystemArtifactStore:
    """Return the artifact store of a search, the folder ``artifacts`` of the run."""
    folder = search.path / "artifacts"
    check_only_files(folder)
    folder.mkdir(exist_ok=True)
    return FileSystemArtifactStore(folder)


def _upload_network(search: Run, pages: Pages) -> None:
    if search.answer is None:
        return
    page = pages.get(search.answer["best"]["stage"])
    for path in (search.folder.model, search.folder.config):
        if page is not None and path.exists():
            page.upload(artifact_store(search), path)


def _write_figures(search: Run, pages: Pages) -> None:
    from optuna_dnc.report.figures import figures  # plotly is optional

    for name, figure in figures(search).items():
        # Figures named after a stage are shown in its study only.
        own = [page for stage, page in pages.items() if name.endswith(f"-{stage}")]
        for page in own or pages.values():
            page.write_figure(f"{FIGURE_PREFIX}{name}", figure)


def _write_notes(search: Run, pages: Pages) -> None:
    links = Links({name: page.study_id for name, page in pages.items()})
    records = noted_records(search)
    for stage in search.stages:
        page = pages.get(stage.name)
        if page is None:
            continue
        titles = {
            name.removeprefix(FIGURE_PREFIX): title for name, title in page.figure_titles().items()
        }
        names = sorted(titles, key=lambda name: (position(name), name))
        page.write_note(study_note(search, stage, links, {name: titles[name] for name in names}))
        notes = {
            record.trial_number: trial_note(search, record, links)
            for record in records
            if record.stage == stage.name
        }
        former = dict.fromkeys(page.noted_trials(), former_note(search))
        for number, note in (former | notes).items():
            page.write_note(note, number)


@contextmanager
def _lock(search: Run) -> Iterator[None]:
    """Exclude other processes, whose notes would be taken for edits by a user."""
    try:
        with FileLock(search.path / ".publishing.lock", timeout=PATIENCE):
            yield
    except Timeout:
        raise InputError(
            f"{search.path} is being published by another process; try again later."
        ) from None


@contextmanager
def _storage_errors(search: Run) -> Iterator[None]:
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
            f"the storage of {search.path} does not respond ({brief(error.__cause__ or error)}); "
            "try again later."
        ) from error
