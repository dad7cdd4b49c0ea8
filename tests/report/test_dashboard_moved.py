"""A run that was copied, renamed or moved is published and shown as it was."""

from __future__ import annotations

import json
import shutil
import threading
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from optuna.storages import RDBStorage

from optuna_dnc import InputError
from optuna_dnc.report.dashboard import serve
from optuna_dnc.report.dashboard.server import DashboardServer
from optuna_dnc.runs import search_status
from tests.report.conftest import FEWEST

Search = Callable[..., Path]
N_STAGES = 3


def shown(folder: Path, monkeypatch: pytest.MonkeyPatch, **options: Any) -> list[dict[str, Any]]:
    """What the dashboard's pages get for each study of its storage."""
    details: list[dict[str, Any]] = []

    def get(url: str) -> Any:
        with urllib.request.urlopen(url) as answer:
            return json.loads(answer.read())

    def visit(server: DashboardServer) -> None:
        studies = get(f"{server.url}api/studies")["study_summaries"]
        urls = (f"{server.url}api/studies/{study['study_id']}?after=0" for study in studies)
        details.extend(map(get, urls))
        server.shutdown()

    serve_forever = DashboardServer.serve_forever

    def serve_a_visitor(server: DashboardServer) -> None:
        visitor = threading.Thread(target=visit, args=(server,))
        visitor.start()
        serve_forever(server, 0.01)
        visitor.join()

    with monkeypatch.context() as patch:
        patch.setattr(DashboardServer, "serve_forever", serve_a_visitor)
        patch.setattr(serve, "PATIENCE", 60.0)
        serve.serve_dashboard(folder, port=0, **options)
    return details


def is_whole(detail: dict[str, Any]) -> bool:
    return "**complete**" in detail["note"]["body"] and bool(detail["plotly_graph_objects"])


@pytest.mark.parametrize("name", ["ein Lauf ü (copy)", "a?b%20c"])
def test_a_copy_under_another_name_shows_notes_and_figures(
    finished_search: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    copy = shutil.copytree(finished_search, tmp_path / name)
    details = shown(copy, monkeypatch)
    assert [is_whole(detail) for detail in details] == [True] * N_STAGES


def test_a_published_run_that_was_moved_keeps_its_notes_figures_and_files(
    published_search: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved = shutil.copytree(published_search, tmp_path / "elsewhere" / "moved")
    details = shown(moved, monkeypatch)
    assert all(is_whole(detail) for detail in details)
    artifacts = [a for detail in details for a in detail["artifacts"]]
    assert {a["filename"] for a in artifacts} == {"model.safetensors", "config.json"}
    assert all((moved / "artifacts" / a["artifact_id"]).exists() for a in artifacts)


def test_a_renamed_run_with_a_storage_elsewhere_shows_notes_and_figures(
    run_search: Search, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path}/shared.db"
    run_search(name="other", storage=url, **FEWEST)
    renamed = run_search(storage=url).rename(tmp_path / "renamed")
    details = shown(renamed, monkeypatch, storage=url)
    ours = [is_whole(detail) for detail in details if detail["name"].startswith("run/")]
    assert ours == [True] * N_STAGES
    assert not any(is_whole(detail) for detail in details if detail["name"].startswith("other/"))
    assert search_status(renamed, url).best is not None


def test_a_storage_without_its_studies_is_told(finished_search: Path, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/other.db"
    RDBStorage(url)
    with pytest.raises(InputError, match=r"holds no study of the search in .*storage="):
        search_status(finished_search, url)
