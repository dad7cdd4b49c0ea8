"""The page of a run in a real browser: a click on a network, and its choice."""

from __future__ import annotations

import asyncio
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from optuna_dnc.runs import open_run
from optuna_dnc.search import SearchResult
from tests.report.browser import Pages, first_value
from tests.report.conftest import Search, classes
from tests.report.dashboard_server import served

PLACE = """(() => {
  const plot = document.getElementById("cost"), { xaxis, yaxis } = plot?._fullLayout ?? {};
  if (!yaxis || typeof show !== "function") return null;
  plot.scrollIntoView();
  const box = plot.getBoundingClientRect(), trial = TRIAL;
  const trace = plot.data.find(({ ids }) => ids?.includes(trial)), i = trace.ids.indexOf(trial);
  return [
    box.left + xaxis._offset + xaxis.d2p(trace.x[i]),
    box.top + yaxis._offset + yaxis.d2p(trace.y[i]),
  ];
})()"""
"""Where the mark of a trial is in the window."""
FITS = "document.documentElement.scrollWidth <= innerWidth"

Ask = Callable[..., Any]


@pytest.fixture(scope="module")
def folder(run_search: Search, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A search whose data other processes find."""
    data = tmp_path_factory.mktemp("data") / "data.npz"
    x_train, y_train, x_test, y_test = classes()
    np.savez(data, xtr=x_train, ytr=y_train, xte=x_test, yte=y_test)
    return Path(shutil.copytree(run_search(data), data.parent / "run"))


@pytest.fixture
def ask(browser: Pages, folder: Path) -> Iterator[Ask]:
    """Open the page at a width, click on a trial, and give the values of some JavaScript."""
    with served(folder) as url:

        def asked(trial: str, *values: str, width: int = 1200, is_dark: bool = False) -> list[Any]:
            async def look(tab: Any) -> list[Any]:
                await click(tab, await first_value(tab, PLACE.replace("TRIAL", repr(trial))))
                return [await first_value(tab, value) for value in values]

            return browser.visit(f"{url}run", look, width=width, is_dark=is_dark)

        yield asked


async def click(tab: Any, place: list[float]) -> None:
    """Move the mouse to a place, and press its left button."""
    for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
        button = {} if kind == "mouseMoved" else {"button": "left", "clickCount": 1}
        where = {"type": kind, "x": place[0], "y": place[1]}
        await tab.send_command("Input.dispatchMouseEvent", params=where | button)
        await asyncio.sleep(0.2)  # figures react to the mouse with a delay


def other(folder: Path) -> str:
    """Return the trial of another network than the best, whose mark no other one covers."""
    records = [record for record in open_run(folder).ledger.records if not record.pruned]
    places = Counter((r.measured.error, r.measured.costs["n_params"]) for r in records)
    return next(
        row.record.label
        for row in SearchResult.load(folder).leaderboard()
        if row.rank > 1 and places[row.val_error, row.costs["n_params"]] == 1
    )


@pytest.mark.parametrize(("width", "is_dark"), [(1200, False), (400, True)])
def test_a_click_on_a_network_shows_it_and_nothing_sticks_out(
    ask: Ask, folder: Path, width: int, is_dark: bool
) -> None:
    trial = other(folder)
    shown = f"document.getElementById('trial').textContent === {trial!r}"
    curve = "document.querySelectorAll('#curve .scatterlayer .trace').length"
    assert ask(trial, shown, curve, FITS, width=width, is_dark=is_dark) == [True, 2, True]


def test_a_search_is_extended_by_trials_and_minutes(ask: Ask, folder: Path) -> None:
    send = """(() => {
      let sent = null;
      act = (name, body) => { sent = [name, body.trials, body.seconds].join(" "); };
      const form = document.getElementById("extend");
      if (form.hidden) return null;
      form.requestSubmit();
      const first = sent;
      document.getElementById("minutes").value = "1.5";
      form.requestSubmit();
      return [first, sent];
    })()"""
    assert ask(other(folder), send) == [["extend 10 ", "extend 10 90"]]


def test_a_network_is_made_the_answer(ask: Ask, folder: Path) -> None:
    trial = other(folder)
    button = "document.getElementById('choose')"
    choose = f"!!shown && !{button}.hidden && ({button}.click(), true)"
    chosen = "document.getElementById('state').textContent === 'chosen'"
    tested = "document.getElementById('tested').textContent.endsWith('set: 2.')"
    assert ask(trial, choose, chosen, tested) == [True] * 3
    result = SearchResult.load(folder)
    assert result.chosen is not None
    assert f"{result.chosen.stage}/{result.chosen.trial_number}" == trial
