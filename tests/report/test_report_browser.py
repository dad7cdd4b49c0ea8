"""The report in a real browser."""

from __future__ import annotations

from pathlib import Path

import pytest

from optuna_dnc.report import write_report
from optuna_dnc.report.figures import figures
from optuna_dnc.runs import Run, open_run
from tests.report.browser import Pages

PHONE = 390
WHEN_DRAWN = (
    "document.readyState == 'complete' && "
    "[...document.querySelectorAll('.plot')].every(plot => plot.querySelector('.main-svg')) &&"
)
WIDEST = "Math.max(...[...document.querySelectorAll('.main-svg')].map(s => s.clientWidth))"
HIDDEN = (
    "Math.max(...[...document.querySelectorAll('.wide')].map(w => w.scrollWidth - w.clientWidth))"
)


@pytest.fixture(scope="module")
def page(finished_search: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of the finished search."""
    return write_report(
        open_run(finished_search), tmp_path_factory.mktemp("report") / "report.html"
    )


def test_a_phone_draws_all_of_it_in_its_width_and_asks_for_nothing(
    browser: Pages, finished: Run, page: Path
) -> None:
    seen = browser.look_at(
        page,
        f"{WHEN_DRAWN} [document.querySelectorAll('.plot').length, "
        f"document.documentElement.scrollWidth, {WIDEST}, {HIDDEN}]",
        width=PHONE,
    )
    n_figures, width, widest, hidden = seen.value
    assert hidden == 0  # tables need no scrolling
    assert n_figures == len(figures(finished))
    assert width <= PHONE
    assert widest <= PHONE
    # Some versions of plotly.js have a picture of a few bytes in themselves.
    fetched = [address for address in seen.requests if not address.startswith("data:")]
    assert fetched == [page.resolve().as_uri()]
    assert seen.problems == []


BACKGROUNDS = (
    "[getComputedStyle(document.body), "
    "...[...document.querySelectorAll('.plot .main-svg')].filter(s => s.style.background)"
    ".map(s => s.style)].map(s => s.backgroundColor)"
)
DARK, LIGHT = "rgb(13, 17, 23)", "rgb(255, 255, 255)"


def test_the_page_and_its_figures_have_the_colors_of_the_system_until_the_button_is_pressed(
    browser: Pages, finished: Run, page: Path
) -> None:
    press = "document.getElementById('theme').click()"
    told = f"[{BACKGROUNDS}, {press}, {BACKGROUNDS}]"
    for is_dark, colors in ((True, (DARK, LIGHT)), (False, (LIGHT, DARK))):
        before, _, after = browser.look_at(
            page, f"{WHEN_DRAWN} {told}", width=PHONE, is_dark=is_dark
        ).value
        assert len(before) == len(figures(finished)) + 1
        assert (set(before), set(after)) == ({colors[0]}, {colors[1]})


def test_on_paper_figures_are_light_and_fit_two_on_a_page(
    browser: Pages, finished: Run, page: Path
) -> None:
    sizes = (
        "[...document.querySelectorAll('.plot')].map(plot => { const s = "
        "plot.querySelector('.main-svg'); return [s.width.baseVal.value * plot.style.zoom, "
        "s.height.baseVal.value * plot.style.zoom, s.style.backgroundColor]; })"
    )
    printed = f"[dispatchEvent(new Event('beforeprint')), {sizes}][1]"
    seen = browser.look_at(page, f"{WHEN_DRAWN} {printed}", width=1000, is_dark=True).value
    assert len(seen) == len(figures(finished))
    for width, height, background in seen:
        assert width == pytest.approx(690, abs=2)
        assert height < 460
        assert background == LIGHT
