"""The dashboard in a real browser: pages load, and notes and plots show."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from optuna_dnc.report.figures import figures
from optuna_dnc.runs import Run, open_run
from tests.report.browser import Pages, first_value
from tests.report.dashboard_server import served
from tests.sealing import reseal

DESKTOP, PHONE = 1280, 390

Show = Callable[..., Any]
"""Opens a page at a width and gives a JavaScript value as soon as there is one."""


@pytest.fixture(scope="module")
def published(published_search: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """With attributes of trials that are as long as after many epochs."""
    folder = tmp_path_factory.mktemp("long") / published_search.name
    shutil.copytree(published_search, folder)
    long = json.dumps({"train_loss": [0.1234] * 200})
    with closing(sqlite3.connect(folder / "study.db")) as database, database:
        database.execute(
            "UPDATE trial_user_attributes SET value_json = ? WHERE key = 'epochs'", (long,)
        )
    reseal(folder)
    return open_run(folder)


@pytest.fixture(scope="module")
def show(browser: Pages, published: Run) -> Iterator[Show]:
    with served(published.path) as url:

        def shown(page: str, value: str, width: int = DESKTOP) -> Any:
            async def look(tab: Any) -> Any:
                return await first_value(tab, value)

            return browser.visit(f"{url}dashboard{page}", look, width=width)

        yield shown


def if_shown(text: str) -> str:
    """JavaScript: whether the page shows this text."""
    return f"document.body?.innerText.includes({text!r})"


def test_the_three_stages_and_all_their_trials_are_listed(show: Show, published: Run) -> None:
    labels = [f"run/{stage.label}" for stage in published.stages]
    assert show("", " && ".join(map(if_shown, labels)))
    for number, stage in enumerate(published.stages, start=1):
        n_trials = len(published.ledger.of_stages(stage.name))
        assert show(f"/studies/{number}/trials", if_shown(f"{n_trials} Trials"))


def test_the_note_of_a_study_is_rendered_with_its_links(show: Show) -> None:
    heading, links = "document.querySelector('h1')?.innerText", "document.querySelectorAll('td a')"
    assert show("/studies/3/note", f"{heading} && [{heading}, {links}.length >= 3]") == [
        "Search for a small, accurate MLP on arrays",
        True,
    ]


def test_every_figure_is_drawn_with_its_title_and_in_order(show: Show, published: Run) -> None:
    drawn = figures(published)
    names = [name for name in drawn if name != "parameters-core-architecture"]
    cards = "[...document.querySelectorAll('[id^=\"user-defined-plot:dnc-\"]:has(.gtitle)')]"
    top = "c.getBoundingClientRect().top"
    told = f"{cards}.map(c => [c.id, c.querySelector('.gtitle').textContent, {top}])"
    found = show("/studies/3", f"{cards}.length == {len(names)} && {told}")
    assert {(plot, title) for plot, title, _ in found} == {
        (f"user-defined-plot:dnc-{name}", drawn[name].layout.title.text) for name in names
    }
    top_of = {plot.partition(":dnc-")[2]: top for plot, _, top in found}
    assert top_of["cost"] == top_of["network"] < top_of["course"] < top_of["time-spent"]


@pytest.mark.parametrize("width", [DESKTOP, PHONE])
def test_the_note_of_the_best_trial_fits_the_window(
    show: Show, published: Run, width: int
) -> None:
    best = published.ledger.best
    assert best is not None
    number = [stage.name for stage in published.stages].index(best.stage) + 1
    heading = "document.querySelector('h2')"
    told = f"[{heading}.innerText, {heading}.getBoundingClientRect().right]"
    page = f"/studies/{number}/trials?numbers={best.trial_number}"
    text, right = show(page, f"{heading} && {told}", width)
    assert text.endswith(best.description)
    assert right <= width
