"""What is it worth that the model of a search proposes as soon as it has enough observations?

Stage 1 of searches for MLPs on up to 3,000 samples of each table, once with 15 start-up trials and
once with as many as the sampler needs, the default. Both begin with the same points. A row has the
mean of the lowest validation loss after 10, 20 and 30 trials; lower is better.
"""

from __future__ import annotations

import tempfile
from contextlib import suppress
from itertools import accumulate
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

import numpy as np

from benchmarks.common import parser, print_table, quiet, rounded, save
from benchmarks.peers.tables import Table, load_table
from optuna_dnc.search import StagedSearch, TrialDone

TABLES = ("letter", "adult", "phishing", "segment", "Vehicle", "Vowel")
STARTS = {"15": 15, "as needed": None}
COUNTS = (10, 20, 30)
MOST_SAMPLES = 3000
EPOCHS = 15


class _EndOfStageError(Exception):
    pass


def lowest_losses(data: Table, wc: float, seed: int, n_startup: int | None) -> list[float]:
    """Return the lowest loss of stage 1 after each trial."""
    rows = np.random.default_rng(seed).permutation(len(data.x_train))[:MOST_SAMPLES]
    losses: list[float] = []

    def collect(event: object) -> None:
        if isinstance(event, TrialDone):
            losses.append(event.record.loss)
            if len(losses) == COUNTS[-1]:
                raise _EndOfStageError

    with tempfile.TemporaryDirectory() as folder:
        search = StagedSearch(
            (data.x_train[rows], data.y_train[rows]),
            network="mlp",
            task=data.task,
            wc=wc,
            seed=seed,
            n_folds=1,
            epochs=EPOCHS,
            n_startup_trials=n_startup,
            floors=False,
            refit=False,
            on_event=collect,
            out=Path(folder) / "run",
        )
        with suppress(_EndOfStageError):
            search.run()
    return list(accumulate(losses, min))


def main() -> None:
    options = parser(__doc__ or "", "search/start_up")
    options.add_argument("--tables", nargs="+", default=list(TABLES))
    options.add_argument("--seeds", type=int, default=4)
    options.add_argument("--wc", type=float, nargs="+", default=[0.1])
    given = options.parse_args()
    quiet()
    rows: list[dict[str, Any]] = []
    for name in given.tables:
        data = load_table(name, given.data)
        for wc in given.wc:
            lowest = {
                start: [lowest_losses(data, wc, seed, n) for seed in range(given.seeds)]
                for start, n in STARTS.items()
            }
            row: dict[str, Any] = {"table": name, "wc": wc}
            for count in COUNTS:
                for start, runs in lowest.items():
                    row[f"{count}, {start}"] = rounded(fmean(run[count - 1] for run in runs), 3)
                pairs = zip(*lowest.values(), strict=True)
                gains = [new[count - 1] - old[count - 1] for old, new in pairs]
                row[f"{count}, se"] = rounded(stdev(gains) / len(gains) ** 0.5, 3)
            rows.append(row)
            print(row, flush=True)
    print_table(rows)
    save(given.json, seeds=given.seeds, epochs=EPOCHS, rows=rows)


if __name__ == "__main__":
    main()
