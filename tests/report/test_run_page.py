"""The page of a run: what it shows, and who may pause, resume and choose."""

from __future__ import annotations

import io
import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from optuna.storages import InMemoryStorage, RDBStorage

from optuna_dnc.report.dashboard import actions as actions_module
from optuna_dnc.report.dashboard.actions import Actions
from optuna_dnc.report.dashboard.run_app import RunApp
from optuna_dnc.report.dashboard.run_content import state_content
from optuna_dnc.report.dashboard.server import BY_PROXY
from optuna_dnc.runs import open_run
from optuna_dnc.runs.folder import RunFolder

ECHO = "import sys, pathlib; pathlib.Path('{file}').write_text(' '.join(sys.argv[1:]))"
FAIL = "import sys; sys.exit('optuna-dnc: the data are gone.')"

Answer = tuple[str, Any]


class Page:
    """The page of a run, asked as by a browser on this machine."""

    def __init__(self, folder: Path, *, is_in_file: bool = True) -> None:
        storage = RDBStorage(f"sqlite:///{folder}/study.db")
        self.folder = folder
        self.actions = Actions(folder, storage, is_in_file=is_in_file)
        self.app = RunApp(open_run(folder), storage, self.actions, lambda environ, start: [b"?"])

    def ask(self, path: str, method: str = "GET", body: str = "", **environ: str) -> Answer:
        path, _, query = path.partition("?")
        started: list[str] = []
        request = {
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "REQUEST_METHOD": method,
            "REMOTE_ADDR": "127.0.0.1",
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.input": io.BytesIO(body.encode()),
        }
        answer = b"".join(
            self.app(request | environ, lambda status, headers: started.append(status))
        )
        content = answer.decode()
        return started[0][:3], json.loads(content) if content.startswith("{") else content

    def post(self, name: str, **content: Any) -> Answer:
        return self.ask(f"/run/{name}", "POST", json.dumps(content), HTTP_X_TOKEN=self.app.token)

    def wait(self) -> None:
        assert self.actions._process is not None
        self.actions._process.wait()


@pytest.fixture
def page(published_search: Path, tmp_path: Path) -> Page:
    """Of a complete search."""
    return Page(Path(shutil.copytree(published_search, tmp_path / "run")))


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Replaces optuna-dnc by a line of Python."""

    def replace(line: str) -> None:
        monkeypatch.setattr(actions_module, "PROGRAM", (sys.executable, "-c", line))

    return replace


def test_the_page_has_the_figure_with_the_trials_of_its_points(page: Page) -> None:
    status, text = page.ask("/run")
    assert status == "200"
    assert page.app.token in text
    assert '"ids":["core-architecture' in text
    assert "Networks evaluated on the test set: 1." in text


def test_a_network_is_shown_with_layers_curve_and_cost(page: Page) -> None:
    best = open_run(page.folder).ledger.best
    assert best is not None
    status, network = page.ask(f"/run/network?trial={best.label}")
    assert (status, network["title"], network["is_answer"]) == ("200", best.description, True)
    assert network["layers"][-1][2] == "3"
    assert len(network["curve"]["train_loss"]) == best.measured.epochs_run
    titles = [title for title, _ in network["facts"]]
    assert {"validation accuracy", "test accuracy", "parameters"} <= set(titles)


def test_the_test_score_of_other_networks_is_unknown(page: Page) -> None:
    row = next(row for row in open_run(page.folder).leaderboard if row.rank > 1)
    _, network = page.ask(f"/run/network?trial={row.record.label}")
    assert not [title for title, _ in network["facts"] if title.startswith("test")]


def test_what_is_no_trial_or_no_page_is_refused(page: Page) -> None:
    assert page.ask("/run/network?trial=%3Cscript%3E")[0] == "400"
    assert page.ask("/run/nothing")[0] == "404"
    assert page.post("nothing")[0] == "404"
    assert page.ask("/run", "PUT")[0] == "405"
    assert page.app({"PATH_INFO": "/"}, lambda *_: None) == [b"?"]  # the other application


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"HTTP_X_TOKEN": "guess"},
        {"HTTP_X_TOKEN": "TOKEN", "REMOTE_ADDR": "192.0.2.1"},
        {"HTTP_X_TOKEN": "TOKEN", BY_PROXY: "yes"},
    ],
    ids=["without a token", "another token", "another machine", "a proxy"],
)
@pytest.mark.parametrize("name", ["pause", "resume", "extend", "choose"])
def test_others_may_do_nothing(
    page: Page, program: Callable[[str], None], name: str, environ: dict[str, str]
) -> None:
    program(FAIL)
    known = {key: value.replace("TOKEN", page.app.token) for key, value in environ.items()}
    assert page.ask(f"/run/{name}", "POST", '{"trial": "best"}', **known)[0] == "403"
    assert page.actions._process is None


def test_a_pause_is_wanted_of_a_search_that_has_not_ended(
    stopped_search: Path, tmp_path: Path
) -> None:
    page = Page(Path(shutil.copytree(stopped_search, tmp_path / "run")))
    assert page.post("pause") == ("200", {})
    state = page.ask("/run/state")[1]
    assert (state["state"], offered(state)) == ("paused", {"resume", "extend"})


def offered(state: dict[str, Any]) -> set[str]:
    """Return the actions that have a button."""
    return {name.removeprefix("may_") for name in state if name.startswith("may_") and state[name]}


def test_a_complete_search_is_extended_or_another_network_chosen(page: Page) -> None:
    assert offered(page.ask("/run/state")[1]) == {"extend", "choose"}
    text = page.ask("/run")[1]
    assert f"optuna-dnc extend {page.folder} --steps STEPS" in text
    assert "optuna-dnc pause" not in text
    assert "optuna-dnc resume" not in text


def test_only_a_search_that_trains_is_paused(page: Page, stopped_search: Path) -> None:
    with RunFolder(page.folder).claimed():  # a complete search is judged, or tests another network
        assert offered(page.ask("/run/state")[1]) == set()
    other = Page(Path(shutil.copytree(stopped_search, page.folder.parent / "stopped" / "run")))
    with RunFolder(other.folder).claimed():
        assert offered(other.ask("/run/state")[1]) == {"pause"}


def test_a_search_of_a_tradeoff_is_not_continued_alone(stopped_search: Path) -> None:
    search = open_run(stopped_search)
    search.settings["shares_trials"] = True
    actions = Actions(stopped_search, InMemoryStorage(), is_in_file=True)
    state = state_content(search, actions)
    assert offered(state) == set()
    assert "trade-off" in state["no_choice"]


def test_with_a_storage_of_its_own_commands_alone_start_anything(
    published_search: Path,
) -> None:
    page = Page(published_search, is_in_file=False)
    state = page.ask("/run/state")[1]
    assert offered(state) == set()
    assert "on the command line" in state["no_choice"]
    assert "extend" in page.ask("/run")[1]


def test_a_search_gets_more_trials_and_time(
    page: Page, program: Callable[[str], None], tmp_path: Path
) -> None:
    program(ECHO.format(file=tmp_path / "words"))
    assert page.post("extend", trials=10, seconds=90) == ("200", {})
    page.wait()
    words = f"extend {page.folder} --quiet --steps=12 --timeout=90"
    assert (tmp_path / "words").read_text() == words
    assert page.post("extend", seconds=90.5)[0] == "200"
    page.wait()
    assert (tmp_path / "words").read_text() == f"extend {page.folder} --quiet --timeout=90.5"


@pytest.mark.parametrize(
    "growth",
    [
        {},
        {"trials": 0},
        {"trials": -1},
        {"trials": 1.5},
        {"trials": "1"},
        {"trials": 10**9},
        {"seconds": -1},
        {"seconds": "--data=x"},
        {"seconds": True},
    ],
)
def test_what_adds_nothing_is_refused(page: Page, growth: dict[str, Any]) -> None:
    assert page.post("extend", **growth)[0] == "400"
    assert page.actions._process is None


def test_a_complete_search_is_not_paused(page: Page) -> None:
    status, answer = page.post("pause")
    assert status == "400"
    assert "has ended" in answer["problem"]


def test_choice_and_resumption_are_commands_in_processes_of_their_own(
    page: Page, program: Callable[[str], None], tmp_path: Path
) -> None:
    program(ECHO.format(file=tmp_path / "words"))
    assert page.post("choose", trial="training/1")[0] == "200"
    page.wait()
    assert (tmp_path / "words").read_text() == f"choose {page.folder} -- training/1"
    assert page.post("resume")[0] == "200"
    page.wait()
    assert (tmp_path / "words").read_text() == f"resume {page.folder} --quiet"


def test_while_one_process_works_no_other_is_started(
    page: Page, program: Callable[[str], None]
) -> None:
    program("import time; time.sleep(60)")
    page.post("choose", trial="best")
    state = page.ask("/run/state")[1]
    assert (state["doing"], state["may_choose"]) == ("choosing best", False)
    assert page.post("resume")[0] == "409"
    assert page.actions._process is not None
    page.actions._process.kill()
    page.wait()


def test_the_reason_of_a_failure_is_shown(page: Page, program: Callable[[str], None]) -> None:
    program(FAIL)
    page.post("choose", trial="best")
    page.wait()
    assert page.ask("/run/state")[1]["problem"] == "optuna-dnc: the data are gone."


@pytest.mark.parametrize("body", ["", "[]", '{"network": 1}', "x" * 2000])
def test_a_request_without_a_trial_is_refused(page: Page, body: str) -> None:
    answer = page.ask("/run/choose", "POST", body, HTTP_X_TOKEN=page.app.token)
    assert answer[0] == "400"


def test_with_a_storage_of_its_own_the_command_is_shown(
    published_search: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(published_search, tmp_path / "run"))
    page = Page(folder, is_in_file=False)
    status, answer = page.post("choose", trial="best")
    assert status == "400"
    assert f"optuna-dnc choose {folder} --storage URL" in answer["problem"]
