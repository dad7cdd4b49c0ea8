"""What does publishing for the dashboard cost a search?

Digits searches of default size, one after the other: alone, and with the dashboard of
``optuna-dnc dashboard`` beside it, which publishes while the search runs. The share is the time
that publishing took while the search ran, over the time of the search, in seconds on the clock
and, because a machine may do other things too, in seconds of the processor. The ratio is that of
the medians of the searches' processor times, which differ by some percent from run to run. These
searches are so short that nothing is published before they end; one of ``--long`` times as many
epochs is watched too, long enough for notes and for figures.

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

from benchmarks.common import parser, print_table, save
from optuna_dnc.report.dashboard import serve_dashboard
from optuna_dnc.report.dashboard.publishing import publish
from optuna_dnc.report.dashboard.serve import Updates
from optuna_dnc.runs import open_run
from optuna_dnc.runs.storage import open_storage
from optuna_dnc.search import StagedSearch

EPOCHS = 30
"""The default."""


def search(folder: Path, epochs: int, told: SimpleQueue[float]) -> None:
    """A digits search; tells the seconds of the processor."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    staged = StagedSearch("digits", epochs=epochs, out=folder, device="cpu")
    start = time.process_time()
    staged.run()
    told.put(time.process_time() - start)


def show(folder: Path, told: SimpleQueue[dict[str, Any]]) -> None:
    """The dashboard; tells of each update the state of the search, what was published, and the
    seconds that it took."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    update = Updates._update

    def timed(updates: Updates, what: str) -> None:
        start, start_cpu, before = time.perf_counter(), time.thread_time(), updates._published
        update(updates, what)
        seconds, cpu = time.perf_counter() - start, time.thread_time() - start_cpu
        published = updates._published[1] if updates._published != before else None
        state = updates._search.state
        told.put({"state": state, "published": published, "seconds": seconds, "cpu": cpu})

    Updates._update = timed  # type: ignore[method-assign]
    serve_dashboard(folder, port=0)


def measured(folder: Path, *, with_dashboard: bool, epochs: int = EPOCHS) -> dict[str, Any]:
    """Run a search in a process of its own, with the dashboard in another, or alone."""
    fresh = multiprocessing.get_context("spawn")
    told: SimpleQueue[dict[str, Any]] = fresh.SimpleQueue()
    cpu: SimpleQueue[float] = fresh.SimpleQueue()
    searching = fresh.Process(target=search, args=(folder, epochs, cpu))
    showing = fresh.Process(target=show, args=(folder, told))
    searching.start()
    if with_dashboard:
        while not (folder / "study.db").exists():
            time.sleep(0.01)
        showing.start()
    searching.join()
    updates: list[dict[str, Any]] = []
    while with_dashboard and (not updates or updates[-1]["state"] != "complete"):
        updates.append(told.get())
    if with_dashboard:
        showing.terminate()
        showing.join()
    meanwhile = [update for update in updates if update["state"] == "running"]
    return {
        "epochs": epochs,
        "dashboard": with_dashboard,
        "search": json.loads((folder / "result.json").read_text())["search_seconds"],
        "search_cpu": cpu.get(),
        "notes": sum(update["published"] == "notes" for update in meanwhile),
        "figures": sum(update["published"] == "figures" for update in meanwhile),
        "publishing": sum(update["seconds"] for update in meanwhile),
        "publishing_cpu": sum(update["cpu"] for update in meanwhile),
        "updates": updates,
    }


def parts(folder: Path) -> dict[str, float]:
    """Processor seconds of publishing a finished search that was not published yet."""

    def seconds(**options: bool) -> float:
        start = time.process_time()
        publish(open_run(folder, storage), **options)
        return time.process_time() - start

    storage = open_storage(folder / "study.db")
    return {
        "notes": seconds(with_figures=False),
        "notes and figures": seconds(),
        "nothing new": seconds(),
        "nothing new, no figures": seconds(with_figures=False),
    }


def main() -> None:
    options = parser(__doc__ or "", "report/dashboard_cost")
    options.add_argument("--repeats", type=int, default=2)
    options.add_argument("--long", type=int, default=20)
    given = options.parse_args()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    with tempfile.TemporaryDirectory() as place:
        runs = [
            measured(Path(place) / f"{number}-{shown}" / "digits", with_dashboard=shown)
            for number in range(given.repeats)
            for shown in ((False, True) if number % 2 == 0 else (True, False))
        ]
        long = Path(place) / "long" / "digits"
        runs.append(measured(long, with_dashboard=True, epochs=given.long * EPOCHS))
        costs = parts(Path(place) / "0-False" / "digits")
    print_table([{k: v for k, v in run.items() if k != "updates"} for run in runs])
    print_table([{"publishing": part, "seconds": seconds} for part, seconds in costs.items()])

    def median(*, shown: bool) -> float:
        alike = (run for run in runs if run["epochs"] == EPOCHS and run["dashboard"] is shown)
        return statistics.median(run["search_cpu"] for run in alike)

    watched = [run for run in runs if run["dashboard"]]
    shares = {
        clock: max(run[f"publishing{clock}"] / run[f"search{clock}"] for run in watched)
        for clock in ("", "_cpu")
    }
    ratio = median(shown=True) / median(shown=False)
    print(f"largest share {shares['']:.2%} of the time, {shares['_cpu']:.2%} of the processor's")
    print(f"ratio of the searches {ratio:.3f}")
    save(given.json, runs=runs, publishing_cpu=costs, largest_shares=shares, ratio=ratio)


if __name__ == "__main__":
    main()
