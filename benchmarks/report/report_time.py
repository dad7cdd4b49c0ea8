"""How long does the report of a thousand trials take, and how large is it?

A small real search on digits is run, and its studies are filled up to a thousand trials in its
real storage: random networks and trainings of the same space with invented learning curves and
everything else that a trial records. ``optuna-dnc report`` then runs in a process of its own, so
that the imports of libraries count; it is also timed part by part in this one.
"""

from __future__ import annotations

import math
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import optuna
from optuna.samplers import RandomSampler
from optuna.trial import FrozenTrial, create_trial

from benchmarks.common import parser, print_table, save
from optuna_dnc.objectives import Measurement, penalized_loss
from optuna_dnc.report.figures import figures
from optuna_dnc.report.html.content import content
from optuna_dnc.report.html.page import render
from optuna_dnc.runs import Record, Run, open_run
from optuna_dnc.runs.records import configuration_key
from optuna_dnc.runs.stage_keys import CORE, TRAINING
from optuna_dnc.search import StagedSearch
from optuna_dnc.training import TrainingConfig

EPOCHS = 30
LARGEST_ALLOWED = 6e6
"""Bytes."""
Result = TypeVar("Result")


def invented(search: Run, staged: StagedSearch, trial: optuna.Trial, stage: str) -> FrozenTrial:
    """A finished trial with real parameters and an invented outcome."""
    rng = np.random.default_rng(trial.number)
    best = search.ledger.best
    assert best is not None, "the small search has ended"
    config, training = staged.family.config_from_dict(best.config), TrainingConfig(**best.training)
    if stage == CORE.name:
        config = staged.family.suggest_core(trial)
    else:
        training = staged.settings.training_ranges().suggest(trial, training)
    dataset = staged.dataset
    n_params = staged.family.n_params(config, dataset.input_shape, dataset.n_outputs)
    # Larger is better on the whole, and so is a learning rate of 0.003.
    last = 0.02 + 2 / math.sqrt(n_params) + rng.gamma(1.0, 0.02)
    last = min(last + 0.05 * abs(math.log10(training.lr / 3e-3)), 0.85)
    speed = rng.uniform(1, 6)
    errors = [last + (0.9 - last) * math.exp(-epoch / speed) for epoch in range(1, EPOCHS + 1)]
    measured = Measurement(
        error=errors[-1], val_accuracy=1 - errors[-1],
        costs={"n_params": n_params, "t_epoch": n_params * 1e-7},
        epochs_run=EPOCHS, best_epoch=EPOCHS,
        train_seconds=n_params * 3e-6, eval_seconds=n_params * 1e-6,
    )  # fmt: skip
    complexity = search.baseline.complexity(measured)
    losses = [penalized_loss(error, complexity, search.settings["wc"]) for error in errors]
    record = Record(
        stage=stage, trial_number=trial.number, loss=losses[-1], config=asdict(config),
        training=training.model_dump(), description=str(config),
        key=configuration_key(staged.family.name, config, training), measured=measured,
        reused_from=None, seconds=n_params * 5e-6,
        epochs={"train_loss": [round(3 * error, 6) for error in errors],
                "val_loss": [round(2 * error, 6) for error in errors],
                "val_error": [round(error, 6) for error in errors]},
    )  # fmt: skip
    return create_trial(
        params=trial.params,
        distributions=trial.distributions,
        value=record.loss,
        user_attrs=record.to_attributes(),
        intermediate_values=dict(enumerate(losses, start=1)),
    )


def fill(folder: Path, n_trials: int) -> Path:
    """Run the small search in a new folder and fill it up; returns the run's folder."""
    staged = StagedSearch("digits", network="mlp", epochs=EPOCHS, n_startup_trials=3, n_steps=2,
                          device="cpu", out=folder / "run")  # fmt: skip
    staged.run()
    search = open_run(folder / "run")
    missing = n_trials - len(search.ledger.records)
    for stage, n_invented in ((CORE, missing // 2), (TRAINING, missing - missing // 2)):
        study = search.studies.existing(stage)
        assert study is not None, "the small search has ended"
        source = optuna.create_study(sampler=RandomSampler(seed=0))
        for _ in range(n_invented):
            study.add_trial(invented(search, staged, source.ask(), stage.name))
    return search.path


def timed(parts: dict[str, float], name: str, work: Callable[[], Result]) -> Result:
    """Do something and note the seconds that it took."""
    start = time.perf_counter()
    result = work()
    parts[name] = time.perf_counter() - start
    return result


def measured(run: Path) -> dict[str, Any]:
    """Write the report of a run, and time it."""
    parts: dict[str, float] = {}
    command = [sys.executable, "-m", "optuna_dnc.cli", "report", str(run)]
    timed(parts, "optuna-dnc report", lambda: subprocess.run(command, check=True))
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    search = timed(parts, "reading the search", lambda: open_run(run))
    drawn = timed(parts, "figures", lambda: figures(search))
    timed(parts, "page", lambda: render(content(search), drawn))
    return {
        "n_trials": len(search.ledger.records),
        "seconds": parts,
        # What it would take on a machine that does nothing else.
        "cpu_seconds": children.ru_utime + children.ru_stime,
        "report_bytes": (run / "report.html").stat().st_size,
        "figure_kilobytes": {name: len(figure.to_json()) / 1e3 for name, figure in drawn.items()},
    }


def main() -> None:
    options = parser(__doc__ or "", "report/report_time")
    options.add_argument("--trials", type=int, default=1000)
    options.add_argument("--run", type=Path, help="report this run instead of one that is made")
    given = options.parse_args()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    with tempfile.TemporaryDirectory() as temporary:
        found = measured(given.run or fill(Path(temporary), given.trials))
    print_table([{"part": part, "seconds": value} for part, value in found["seconds"].items()])
    kilobytes = found["figure_kilobytes"]
    print_table([{"figure": name, "kB": value} for name, value in kilobytes.items()])
    print(
        f"{found['n_trials']} trials: {found['report_bytes'] / 1e6:.2f} MB "
        f"(at most {LARGEST_ALLOWED / 1e6:g}), {found['cpu_seconds']:.1f} s of CPU time"
    )
    save(given.json, **found)


if __name__ == "__main__":
    main()
