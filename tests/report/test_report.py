"""The report: what it says, where it is written, and that it needs nothing else."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest

from optuna_dnc._errors import InputError
from optuna_dnc.objectives import Quality
from optuna_dnc.report import write_report
from optuna_dnc.report.figure_registry import TRADEOFF_FIGURES, caption, position
from optuna_dnc.report.figures import figures
from optuna_dnc.report.html.content import content, usage
from optuna_dnc.report.html.headline import comparisons, headline
from optuna_dnc.runs import Run, open_run
from optuna_dnc.runs.folder import RunFolder
from optuna_dnc.runs.ledger import Ledger
from optuna_dnc.search import SearchResult
from tests.report.conftest import FEWEST, Search, classes

LARGEST = 6_000_000
"""Bytes."""


class Page(HTMLParser):
    """The text that a reader sees, every address, and the figures' data."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.text = ""
        self.addresses: list[str] = []
        self.data: dict[str, str] = {}
        self._script: str | None = None
        self.feed(file.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.addresses += [values[name] or "" for name in ("src", "href") if name in values]
        if tag in ("script", "style"):
            self._script = values.get("id") or ""

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self._script = None

    def handle_data(self, data: str) -> None:
        if self._script is None:
            self.text += data
        elif self._script:
            self.data[self._script] = self.data.get(self._script, "") + data


@pytest.fixture
def report(tmp_path: Path) -> Callable[..., Page]:
    """Write a report and read it."""
    return lambda search: Page(write_report(search, tmp_path / "report.html"))


def test_the_answer_comes_first(
    finished_search: Path, finished: Run, report: Callable[..., Page]
) -> None:
    best = SearchResult.load(finished_search).best
    head = report(finished).text.partition("Figures")[0]
    for shown in (str(best.config), f"{best.n_params:,}", f"{100 * best.test_accuracy:.2f}%"):
        assert shown in head


def test_every_figure_is_in_it_with_its_title_and_how_to_read_it(
    finished: Run, report: Callable[..., Page]
) -> None:
    page = report(finished)
    drawn = figures(finished)
    assert set(page.data) == {f"{name}-data" for name in drawn}
    assert all(json.loads(page.data[f"{name}-data"])["data"] is not None for name in drawn)
    assert all(figure.layout.title.text in page.text for figure in drawn.values())


def test_it_is_one_file_that_fetches_nothing(finished: Run, tmp_path: Path) -> None:
    file = write_report(finished, tmp_path / "report.html")
    assert Page(file).addresses == []
    assert file.stat().st_size < LARGEST
    assert "default-src 'none'" in file.read_text(encoding="utf-8")


def test_how_to_use_and_to_repeat_it(finished_search: Path, report: Callable[..., Page]) -> None:
    page = report(finished_search)
    settings = json.loads((finished_search / "settings.json").read_text())
    for shown in (
        f"SearchResult.load('{finished_search}')",
        f"optuna-dnc predict {finished_search} samples.npz",
        f"optuna-dnc refit {finished_search} --epochs ",
        "--epochs 2",
        "--seed 0",
        settings["data"][:32],
        "torch",
    ):
        assert shown in page.text


def test_a_search_with_another_storage_is_trained_again_without_it(
    run_search: Search, tmp_path: Path
) -> None:
    storage = f"sqlite:///{tmp_path}/all.db"
    search = open_run(run_search(name="elsewhere", storage=storage, **FEWEST), storage)
    (command,) = [code for _, code in usage(search) if "optuna-dnc refit" in code]
    assert "--data DATA" in command
    assert "--storage" not in command


def test_the_best_networks_are_architectures_each_once(
    finished: Run, report: Callable[..., Page]
) -> None:
    leaders = content(finished)["leaders"]
    assert len({leader["description"] for leader in leaders}) == len(leaders) > 1
    assert sum(leader["n_trainings"] for leader in leaders) > len(leaders)
    assert "Each architecture once" in report(finished).text


def test_names_that_a_user_chose_are_shown_as_they_are(
    run_search: Search, report: Callable[..., Page]
) -> None:
    folder = run_search(name="<b>&'run", stop_after=1)
    settings = folder / "settings.json"
    name = "</script><script>alert(1)</script>"
    settings.write_text(json.dumps(json.loads(settings.read_text()) | {"dataset": name}))
    search = open_run(folder)
    wild = dataclasses.replace(search.ledger.records[0], description=name)
    page = report(dataclasses.replace(search, ledger=Ledger([wild])))
    assert page.text.count(name) >= 3
    assert json.loads(page.data["course-data"])["data"]


def test_a_stopped_search_is_told_so_and_has_its_best_network_so_far(
    stopped: Run, report: Callable[..., Page]
) -> None:
    best = stopped.ledger.best
    assert best is not None
    text = report(stopped).text
    assert "stopped" in text
    assert best.description in text
    assert "The network is saved when the search ends." in text


def test_a_search_that_is_running_is_told_so(
    finished_copy: Path, report: Callable[..., Page]
) -> None:
    with RunFolder(finished_copy).claimed():
        assert "mlp on arrays running" in " ".join(report(finished_copy).text.split())


def test_a_search_that_holds_no_trial_yet_has_a_report(
    run_search: Search, report: Callable[..., Page]
) -> None:
    page = report(run_search(stop_after=0))
    assert "No network has been trained to the end yet" in page.text
    assert page.data == {}


def test_a_network_of_a_search_that_ran_out_of_time_is_told(
    finished: Run, report: Callable[..., Page]
) -> None:
    stopped = [dataclasses.replace(record, pruned=True) for record in finished.ledger.records]
    search = dataclasses.replace(finished, ledger=Ledger(stopped))
    found = headline(search)
    assert found is not None
    assert found.best.role == "best so far"
    assert found.best.description in report(search).text


def test_it_is_compared_with_the_first_and_the_largest(finished: Run) -> None:
    found = headline(finished)
    assert found is not None
    records = finished.ledger.records
    sizes = [record.measured.costs["n_params"] for record in records]
    by_role = {line.role: line for line in found.others}
    assert by_role["first measured"].description == records[0].description
    assert by_role["largest measured"].n_params == max(sizes)
    first = dataclasses.replace(
        by_role["first measured"],
        costs={"n_params": 200},
        quality=Quality.of_errors(0.10, None, "classification"),
    )
    found = dataclasses.replace(
        found,
        best=dataclasses.replace(
            found.best,
            costs={"n_params": 100},
            quality=Quality.of_errors(0.05, None, "classification"),
        ),
        others=(first,),
    )
    assert comparisons(found) == [
        "Compared to the first measured network: validation accuracy 5.00 percentage points "
        "higher, 2 times fewer parameters."
    ]


def test_a_regression_is_told_by_its_r2(run_search: Search, report: Callable[..., Page]) -> None:
    x, y, *rest = classes()
    data = (x, y + 0.5, rest[0], rest[1] + 0.5)
    text = report(run_search(data, stop_after=2)).text
    assert "val. R2" in text
    assert "accuracy" not in text.partition("Use the network")[0].replace(
        "Accuracy against cost", ""
    )


def test_what_has_been_advised_is_shown(finished: Run, report: Callable[..., Page]) -> None:
    best = finished.ledger.best
    assert best is not None
    overfitted = dataclasses.replace(
        best,
        measured=dataclasses.replace(best.measured, epochs_run=4),
        epochs={
            "train_loss": [1.0, 0.5, 0.2, 0.1],
            "val_loss": [1.0, 0.8, 1.2, 1.5],
            "val_error": [0.5, 0.4, 0.4, 0.4],
        },
    )
    text = report(dataclasses.replace(finished, ledger=Ledger([overfitted]))).text
    assert "It overfits" in text


def test_the_report_of_a_run_is_replaced_and_nothing_else_is(
    finished_copy: Path, tmp_path: Path
) -> None:
    first = write_report(finished_copy)
    assert first == finished_copy / "report.html"
    assert write_report(finished_copy) == first
    mine = tmp_path / "mine.html"
    mine.write_text("<html>my own page</html>")
    with pytest.raises(InputError, match=r"mine.html exists and is not a report"):
        write_report(finished_copy, mine)
    assert mine.read_text() == "<html>my own page</html>"
    other = write_report(finished_copy, tmp_path / "other.html")
    assert write_report(SearchResult.load(finished_copy), other) == other


@pytest.mark.parametrize(("out", "message"), [("", "is a folder"), ("no/r.html", "no folder")])
def test_where_it_cannot_be_written(
    finished_search: Path, tmp_path: Path, out: str, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        write_report(finished_search, tmp_path / out)
    assert list(tmp_path.iterdir()) == []


def test_captions_are_there_for_every_figure(finished: Run) -> None:
    assert all(caption(name) for name in [*figures(finished), "importance", "brackets"])
    assert all(row.caption for row in TRADEOFF_FIGURES)


def test_figures_of_a_stage_have_the_position_of_their_row(finished: Run) -> None:
    assert position("cost") == 0
    assert position("parameters-training") == position("parameters-joint")
    names = [*figures(finished), "unknown"]
    assert max(names[::-1], key=position) == "unknown"
    assert [position(name) for name in names] == sorted(map(position, names))


def test_a_result_shows_itself_in_a_notebook(finished_search: Path) -> None:
    result = SearchResult.load(finished_search)
    summary = result.summary | {"dataset": "<b>data</b>", "complete": False}
    shown = dataclasses.replace(result, summary=summary)._repr_html_()
    assert "&lt;b&gt;data&lt;/b&gt;" in shown
    assert "not complete" in shown
    assert f"{result.best.n_params:,}" in shown
    cells = re.findall(r"<th[^>]*>([^<]*)</th>", shown)
    assert cells[:3] == ["network", "test accuracy", "validation accuracy"]
