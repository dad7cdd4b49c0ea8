"""The page of a run in a real browser: a click on a network, and its choice."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from optuna_dnc.search import SearchResult
from tests.report.browser import CHROMIUM, first_value
from tests.report.conftest import Search, classes
from tests.report.dashboard_server import served

choreographer = pytest.importorskip("choreographer", reason="drives Chromium; comes with kaleido")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")

CLICK = """(() => {
  const plot = document.getElementById("cost");
  if (!plot?.on || typeof show !== "function") return false;
  plot.emit("plotly_click", { points: [{ id: "TRIAL" }] });
  return true;
})()"""
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
    """Open the page at a width, and give the values of some JavaScript one after the other."""

    async def opened(url: str, values: tuple[str, ...], width: int, scheme: str) -> list[Any]:
        async with choreographer.Browser(path=CHROMIUM) as browser:
            tab = await browser.create_tab("about:blank")
            size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
            await tab.send_command("Emulation.setDeviceMetricsOverride", params=size)
            colors = [{"name": "prefers-color-scheme", "value": scheme}]
            await tab.send_command("Emulation.setEmulatedMedia", params={"features": colors})
            await tab.send_command("Page.navigate", params={"url": url})
            return [await first_value(tab, value) for value in values]

    with served(folder) as url:
        yield lambda *values, width=1200, scheme="light": asyncio.run(
            opened(f"{url}run", values, width, scheme)
        )


def other(folder: Path) -> str:
    """Return the trial of another network than the best."""
    rows = SearchResult.load(folder).leaderboard()
    return next(row.record.label for row in rows if row.rank > 1 and row.state == "finished")


@pytest.mark.parametrize(("width", "scheme"), [(1200, "light"), (400, "dark")])
def test_a_click_on_a_network_shows_it_and_nothing_sticks_out(
    ask: Ask, folder: Path, width: int, scheme: str
) -> None:
    trial = other(folder)
    shown = f"document.getElementById('trial').textContent === {trial!r}"
    curve = "document.querySelectorAll('#curve .scatterlayer .trace').length"
    answers = ask(CLICK.replace("TRIAL", trial), shown, curve, FITS, width=width, scheme=scheme)
    assert answers == [True, True, 2, True]


def test_a_network_is_made_the_answer(ask: Ask, folder: Path) -> None:
    trial = other(folder)
    button = "document.getElementById('choose')"
    choose = f"!!shown && !{button}.hidden && ({button}.click(), true)"
    chosen = "document.getElementById('state').textContent === 'chosen'"
    tested = "document.getElementById('tested').textContent.includes('2 networks')"
    assert ask(CLICK.replace("TRIAL", trial), choose, chosen, tested) == [True] * 4
    result = SearchResult.load(folder)
    assert result.chosen is not None
    assert f"{result.chosen.stage}/{result.chosen.trial_number}" == trial
