"""What does publishing for the dashboard cost a search?

Digits searches of default size, one after the other: alone, and with the dashboard of
``optuna-dnc dashboard`` beside it, which publishes while the search runs. The share is the time
that publishing took while the search ran, over the time of the search; the ratio is that of the
medians of the searches' times, which on two cores differ by some percent from run to run.

Then the finished search is published again, to see what its parts cost: the notes alone, with
figures for the first time, and again when nothing has changed.
"""

from __future__ import annotations

import json
import multiprocessing
import statistics
import tempfile
import time
from multiprocessing.queues import SimpleQueue
from pathlib import Path
from typing import Any

import optuna
from _report import parser, print_table, save

from optuna_dnc.report.dashboard import serve_dashboard
from optuna_dnc.report.dashboard_updates import Updates
from optuna_dnc.report.publishing import publish
from optuna_dnc.search import OpenedSearch, StagedSearch, open_search
from optuna_dnc.search.studies import open_storage


def search(folder: Path) -> None:
    """A digits search of default size."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    StagedSearch("digits", out=folder, device="cpu").run()


def show(folder: Path, told: SimpleQueue[tuple[str, float]]) -> None:
    """The dashboard; tells the state that the search was in and the seconds of each update."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    update = Updates._update

    def timed(updates: Updates) -> OpenedSearch | None:
        start = time.perf_counter()
        opened = update(updates)
        told.put(("" if opened is None else opened.state, time.perf_counter() - start))
        return opened

    Updates._update = timed  # type: ignore[method-assign]
    serve_dashboard(folder, port=0)


def measured(folder: Path, *, with_dashboard: bool) -> dict[str, Any]:
    """Run a search in a process of its own, with the dashboard in another, or alone."""
    fresh = multiprocessing.get_context("spawn")
    told: SimpleQueue[tuple[str, float]] = fresh.SimpleQueue()
    searching = fresh.Process(target=search, args=(folder,))
    showing = fresh.Process(target=show, args=(folder, told))
    searching.start()
    if with_dashboard:
        while not (folder / "study.db").exists():
            time.sleep(0.01)
        showing.start()
    searching.join()
    updates = []
    while with_dashboard and (not updates or updates[-1][0] != "complete"):
        updates.append(told.get())
    if with_dashboard:
        showing.terminate()
        showing.join()
    seconds = json.loads((folder / "result.json").read_text())["search_seconds"]
    return {
        "dashboard": with_dashboard,
        "search_seconds": seconds,
        "publishing_seconds": sum(took for state, took in updates if state == "running"),
        "updates": [{"state": state, "seconds": took} for state, took in updates],
    }


def parts(folder: Path) -> dict[str, float]:
    """Seconds of publishing a finished search that was not published yet."""

    def seconds(**options: bool) -> float:
        start = time.perf_counter()
        publish(open_search(folder, storage), **options)
        return time.perf_counter() - start

    storage = open_storage(folder / "study.db")
    return {
        "notes": seconds(with_figures=False),
        "notes and figures": seconds(),
        "nothing new": seconds(),
        "nothing new, no figures": seconds(with_figures=False),
    }


def main() -> None:
    options = parser(__doc__ or "", "dashboard_cost")
    options.add_argument("--repeats", type=int, default=3)
    given = options.parse_args()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    with tempfile.TemporaryDirectory() as place:
        runs = [
            measured(Path(place) / f"{number}-{shown}" / "digits", with_dashboard=shown)
            for number in range(given.repeats)
            for shown in ((False, True) if number % 2 == 0 else (True, False))
        ]
        costs = parts(Path(place) / "0-False" / "digits")
    print_table([{k: v for k, v in run.items() if k != "updates"} for run in runs])
    print_table([{"publishing": part, "seconds": seconds} for part, seconds in costs.items()])

    def median(*, shown: bool) -> float:
        return statistics.median(r["search_seconds"] for r in runs if r["dashboard"] is shown)

    watched = [run for run in runs if run["dashboard"]]
    share = max(run["publishing_seconds"] / run["search_seconds"] for run in watched)
    ratio = median(shown=True) / median(shown=False)
    print(f"largest share of a search's time {share:.2%}, ratio of the searches {ratio:.3f}")
    save(given.json, runs=runs, publishing=costs, largest_share=share, ratio=ratio)


if __name__ == "__main__":
    main()
