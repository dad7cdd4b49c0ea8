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
from tests.report.browser import CHROMIUM, first_value
from tests.report.conftest import Search, classes
from tests.report.dashboard_server import served

choreographer = pytest.importorskip("choreographer", reason="drives Chromium; comes with kaleido")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")

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
def ask(folder: Path) -> Iterator[Ask]:
    """Open the page at a width, click on a trial, and give the values of some JavaScript."""

    async def opened(
        url: str, trial: str, values: tuple[str, ...], width: int, scheme: str
    ) -> list[Any]:
        async with choreographer.Browser(path=CHROMIUM) as browser:
            tab = await browser.create_tab("about:blank")
            size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
            await tab.send_command("Emulation.setDeviceMetricsOverride", params=size)
            colors = [{"name": "prefers-color-scheme", "value": scheme}]
            await tab.send_command("Emulation.setEmulatedMedia", params={"features": colors})
            await tab.send_command("Page.navigate", params={"url": url})
            await click(tab, await first_value(tab, PLACE.replace("TRIAL", repr(trial))))
            return [await first_value(tab, value) for value in values]

    with served(folder) as url:
        yield lambda trial, *values, width=1200, scheme="light": asyncio.run(
            opened(f"{url}run", trial, values, width, scheme)
        )


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


@pytest.mark.parametrize(("width", "scheme"), [(1200, "light"), (400, "dark")])
def test_a_click_on_a_network_shows_it_and_nothing_sticks_out(
    ask: Ask, folder: Path, width: int, scheme: str
) -> None:
    trial = other(folder)
    shown = f"document.getElementById('trial').textContent === {trial!r}"
    curve = "document.querySelectorAll('#curve .scatterlayer .trace').length"
    assert ask(trial, shown, curve, FITS, width=width, scheme=scheme) == [True, 2, True]


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
    tested = "document.getElementById('tested').textContent.includes('2 networks')"
    assert ask(trial, choose, chosen, tested) == [True] * 3
    result = SearchResult.load(folder)
    assert result.chosen is not None
    assert f"{result.chosen.stage}/{result.chosen.trial_number}" == trial
