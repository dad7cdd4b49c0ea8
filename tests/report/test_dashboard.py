"""The dashboard over HTTP: what a browser gets, and what a second person may change."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from optuna_dnc.report.dashboard.publishing import publish
from optuna_dnc.report.dashboard.serve import STYLE
from optuna_dnc.runs import open_run
from tests.report.dashboard_server import served


@pytest.fixture(scope="module")
def url(published_search: Path) -> Iterator[str]:
    with served(published_search) as url:
        yield url


def get(url: str, **headers: str) -> bytes:
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as answer:
        return bytes(answer.read())


def get_json(url: str) -> Any:
    return json.loads(get(url))


def studies(url: str) -> dict[str, int]:
    """Numbers of the studies by their names."""
    found = get_json(f"{url}api/studies")["study_summaries"]
    return {study["study_name"]: study["study_id"] for study in found}


def test_all_trials_of_the_three_stages_are_there(url: str, published_search: Path) -> None:
    search = open_run(published_search)
    names = [f"run/{stage.label}" for stage in search.stages]
    found = studies(url)
    assert sorted(found) == names
    for name, stage in zip(names, search.stages, strict=True):
        detail = get_json(f"{url}api/studies/{found[name]}?after=0")
        assert len(detail["trials"]) == len(search.ledger.of_stages(stage.name))
        assert detail["objective_names"] == ["log10 loss"]


def test_a_study_has_its_note_its_plots_and_the_notes_of_trials(url: str) -> None:
    detail = get_json(f"{url}api/studies/{studies(url)['run/3-training']}?after=0")
    assert "**complete**" in detail["note"]["body"]
    plots = {
        plot["id"]: json.loads(plot["graph_object"]) for plot in detail["plotly_graph_objects"]
    }
    assert plots["dnc-cost"]["layout"]["title"]["text"] in detail["note"]["body"]
    assert any(trial["note"]["body"].startswith("## ") for trial in detail["trials"])


def test_the_network_can_be_downloaded(url: str, published_search: Path) -> None:
    best = json.loads((published_search / "result.json").read_text())["best"]["stage"]
    number = next(number for name, number in studies(url).items() if name.endswith(best))
    artifacts = get_json(f"{url}api/studies/{number}?after=0")["artifacts"]
    ids = {artifact["filename"]: artifact["artifact_id"] for artifact in artifacts}
    downloaded = get(f"{url}artifacts/{number}/{ids['model.safetensors']}")
    assert downloaded == (published_search / "model.safetensors").read_bytes()


def test_pages_have_our_style_also_where_a_browser_has_an_older_page(url: str) -> None:
    stored = {"If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"}
    page = get(f"{url}dashboard/studies/1", **stored).decode()
    assert page.count(STYLE) == 1
    assert page.rstrip().endswith("</html>")


def test_nothing_but_pages_is_styled(url: str) -> None:
    assert b"<style>" not in get(f"{url}static/bundle.js", **{"Accept-Encoding": "identity"})[:500]
    with pytest.raises(urllib.error.HTTPError, match="404"):
        get(f"{url}static/nothing.js", **{"Accept-Encoding": "identity"})


def test_a_note_written_in_the_browser_stays(finished_copy: Path) -> None:
    publish(open_run(finished_copy), with_figures=False)
    with served(finished_copy) as url:
        study = f"{url}api/studies/1"
        version = get_json(f"{study}?after=0")["note"]["version"]
        mine = {"version": version + 1, "body": "Mine."}
        request = urllib.request.Request(
            f"{study}/note",
            method="PUT",
            data=json.dumps(mine).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request) as answer:
            assert answer.status == 204
        publish(open_run(finished_copy), with_figures=True)
        assert get_json(f"{study}?after=0")["note"]["body"] == "Mine."
