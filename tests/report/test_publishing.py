"""What is published is where optuna-dashboard looks for it, and only ever ours."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import optuna
import pytest
from filelock import FileLock
from optuna.artifacts import FileSystemArtifactStore, download_artifact, get_all_artifact_meta
from optuna.storages import RDBStorage
from optuna_dashboard import get_note, save_note
from plotly import graph_objects as go

from optuna_dnc._errors import InputError
from optuna_dnc._optuna_compat import noted_trial, storage_and_id
from optuna_dnc.report import figures
from optuna_dnc.report.dashboard import publishing, publishing_page
from optuna_dnc.report.dashboard.publishing import publish
from optuna_dnc.runs import Record, Run, open_run

STAGES = ("core-architecture", "remaining-architecture", "training")
LARGEST_FIGURE = 100_000


def copy_of(folder: Path, tmp_path: Path) -> Path:
    """A copy that may be changed, under the same name, which names the studies."""
    return shutil.copytree(folder, tmp_path / folder.name)


@pytest.fixture
def published(published_search: Path) -> Run:
    return open_run(published_search)


@pytest.fixture
def figure(monkeypatch: pytest.MonkeyPatch) -> None:
    """One figure instead of all, which are worth a second."""
    drawn = {"cost": go.Figure(layout={"title": {"text": "Accuracy against cost"}})}
    monkeypatch.setattr(figures, "figures", lambda search: drawn)


def study_of(search: Run, stage: str) -> optuna.Study:
    study = next(search.studies.existing(s) for s in search.stages if s.name == stage)
    assert study is not None
    return study


def note_of(search: Run, record: Record) -> str:
    study = study_of(search, record.stage)
    trial = study.get_trials(deepcopy=False)[record.trial_number]
    return str(get_note(noted_trial(study, trial)))


def attributes(search: Run) -> list[dict[str, Any]]:
    """All that the dashboard stores in the studies."""
    ids = (storage_and_id(study_of(search, stage)) for stage in STAGES)
    return [storage.get_study_system_attrs(number) for storage, number in ids]


def plots(search: Run, stage: str) -> dict[str, str]:
    """The custom plots of a study, put together as the dashboard does it."""
    chunks: dict[str, dict[int, str]] = {}
    for key, value in attributes(search)[STAGES.index(stage)].items():
        if key.startswith("dashboard:plot_data:"):
            name, _, number = key.removeprefix("dashboard:plot_data:").rpartition(":")
            chunks.setdefault(name, {})[int(number)] = value
    return {name: "".join(parts[i] for i in sorted(parts)) for name, parts in chunks.items()}


def test_studies_and_leading_trials_get_notes(published: Run) -> None:
    for stage in STAGES:
        assert "**complete**" in get_note(study_of(published, stage))
    best = published.ledger.best
    assert best is not None
    assert note_of(published, best).startswith("## 1st of ")
    noted = {row.record.label for row in published.leaderboard}
    for key in published.stages:
        ranked = sorted(published.ledger.of_stages(key.name), key=lambda record: record.rank)
        noted |= {record.label for record in ranked[:3]}
    records = published.ledger.records
    assert {record.label for record in records if note_of(published, record)} == noted
    assert len(noted) < len(records)


def test_figures_become_small_custom_plots_of_every_study(published: Run) -> None:
    for stage in STAGES:
        shown = plots(published, stage)
        assert {"dnc-cost", "dnc-course", "dnc-learning-curves"} <= shown.keys()
        assert max(map(len, shown.values())) < LARGEST_FIGURE
        assert json.loads(shown["dnc-course"])["data"]


def test_a_figure_of_one_stage_is_shown_there_alone(published: Run) -> None:
    owners = {stage for stage in STAGES if "dnc-parameters-training" in plots(published, stage)}
    assert owners == {"training"}


def test_publishing_again_changes_nothing(published: Run) -> None:
    before = attributes(published)
    publish(open_run(published.path))
    assert attributes(published) == before
    assert len(list((published.path / "artifacts").iterdir())) == 2


def test_the_network_is_an_artifact_of_the_study_that_found_it(
    published: Run, tmp_path: Path
) -> None:
    assert published.summary is not None
    found = get_all_artifact_meta(study_of(published, published.summary["best"]["stage"]))
    ids = {meta.filename: meta.artifact_id for meta in found}
    assert ids.keys() == {"model.safetensors", "config.json"}
    download_artifact(
        artifact_store=FileSystemArtifactStore(published.path / "artifacts"),
        artifact_id=ids["model.safetensors"],
        file_path=str(tmp_path / "downloaded"),
    )
    saved = published.path / "model.safetensors"
    assert (tmp_path / "downloaded").read_bytes() == saved.read_bytes()


@pytest.mark.usefixtures("figure")
@pytest.mark.parametrize("edited", ["Mine. Do not touch.", ""], ids=["edited", "emptied"])
def test_what_somebody_made_of_a_note_stays(finished_copy: Path, edited: str) -> None:
    search = open_run(finished_copy)
    study = study_of(search, "training")
    publish(search, with_figures=False)
    save_note(study, edited)
    publish(search, with_figures=True)  # has more to say
    assert get_note(study) == edited


def test_a_note_that_was_there_before_stays(finished_copy: Path) -> None:
    search = open_run(finished_copy)
    best = search.ledger.best
    assert best is not None
    study = study_of(search, best.stage)
    trial = study.get_trials(deepcopy=False)[best.trial_number]
    save_note(noted_trial(study, trial), "Try this one on the phone.")
    publish(search, with_figures=False)
    assert note_of(search, best) == "Try this one on the phone."


@pytest.mark.usefixtures("figure")
def test_our_note_is_kept_up_to_date(finished_copy: Path) -> None:
    search = open_run(finished_copy)
    study = study_of(search, "training")
    publish(search, with_figures=False)
    assert "Accuracy against cost" not in get_note(study)
    publish(search, with_figures=True)
    assert "Accuracy against cost" in get_note(study)


@pytest.mark.usefixtures("figure")
def test_a_note_that_was_cut_short_is_written_again(
    finished_copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    search = open_run(finished_copy)
    study = study_of(search, "core-architecture")
    publish(search, with_figures=False)

    def dying(*arguments: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as killed:
        killed.setattr(publishing_page, "save_note", dying)
        with pytest.raises(KeyboardInterrupt):
            publish(search, with_figures=True)
    publish(open_run(finished_copy), with_figures=True)
    assert "Accuracy against cost" in get_note(study)


def test_a_trial_that_no_longer_leads_says_so(
    finished_copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    search = open_run(finished_copy)
    publish(search, with_figures=False)
    former = publishing.noted_records(search)[-1]
    monkeypatch.setattr(publishing, "noted_records", lambda search: [search.ledger.best])
    publish(search, with_figures=False)
    assert note_of(search, former).startswith("No longer one of")


def test_a_search_that_was_stopped_is_published_without_a_network(
    stopped_search: Path, tmp_path: Path
) -> None:
    search = open_run(shutil.copytree(stopped_search, tmp_path / stopped_search.name))
    publish(search, with_figures=False)
    assert "**stopped**" in get_note(study_of(search, "core-architecture"))
    assert not (search.path / "artifacts").exists()


def test_another_storage_is_published_too(finished_copy: Path, tmp_path: Path) -> None:
    folder = finished_copy
    url = f"sqlite:///{tmp_path}/elsewhere.db"
    (folder / "study.db").rename(tmp_path / "elsewhere.db")
    publish(open_run(folder, url), with_figures=False)
    assert "**complete**" in get_note(study_of(open_run(folder, url), "training"))
    assert not (folder / "study.db").exists()


def test_a_locked_storage_is_one_line(finished_copy: Path) -> None:
    url = f"sqlite:///{finished_copy}/study.db"
    impatient = RDBStorage(url, engine_kwargs={"connect_args": {"timeout": 0.05}})
    search = open_run(finished_copy, impatient)
    other = sqlite3.connect(finished_copy / "study.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(InputError, match=r"does not respond .*locked.*try again later"):
        publish(search, with_figures=False)
    other.close()


def test_two_processes_do_not_publish_at_once(
    finished_copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "PATIENCE", 0.05)
    with (
        FileLock(finished_copy / ".publishing.lock"),
        pytest.raises(InputError, match="another process"),
    ):
        publish(open_run(finished_copy), with_figures=False)
