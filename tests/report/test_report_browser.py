"""The report in a real browser."""

from __future__ import annotations

from pathlib import Path

import pytest

from optuna_dnc.report import write_report
from optuna_dnc.report.figures import figures
from optuna_dnc.runs import Run
from tests.report.browser import CHROMIUM, look_at

pytest.importorskip("choreographer", reason="drives Chromium; comes with kaleido")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")

PHONE = 390
WHEN_DRAWN = (
    "document.readyState == 'complete' && "
    "[...document.querySelectorAll('.plot')].every(plot => plot.querySelector('.main-svg')) &&"
)
WIDEST = "Math.max(...[...document.querySelectorAll('.main-svg')].map(s => s.clientWidth))"


def test_a_phone_draws_all_of_it_in_its_width_and_asks_for_nothing(
    finished: Run, tmp_path: Path
) -> None:
    page = write_report(finished, tmp_path / "report.html")
    seen = look_at(
        page,
        f"{WHEN_DRAWN} [document.querySelectorAll('.plot').length, "
        f"document.documentElement.scrollWidth, {WIDEST}]",
        width=PHONE,
    )
    n_figures, width, widest = seen.value
    assert n_figures == len(figures(finished))
    assert width <= PHONE
    assert widest <= PHONE
    # Some versions of plotly.js have a picture of a few bytes in themselves.
    fetched = [address for address in seen.requests if not address.startswith("data:")]
    assert fetched == [page.resolve().as_uri()]
    assert seen.problems == []
