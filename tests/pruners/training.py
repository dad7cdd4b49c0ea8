"""An objective that only counts its epochs, and checks that its checkpoint is the right one."""

from __future__ import annotations

import math
import os
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import optuna

from optuna_dnc.pruners import Budget, hyperband_brackets, optimize_hyperband
from optuna_dnc.pruners.stored import SLOT


@dataclass(frozen=True)
class Training:
    """Writes a line ``TRIAL EPOCH`` for every epoch, and has the last one as checkpoint."""

    log: Path
    hangs_at: Path | None = None
    """Makes this file in its fifth training, and then hangs."""

    def __call__(self, trial: optuna.Trial, budget: Budget) -> float:
        quality = trial.suggest_float("x", 0, 1) + trial.suggest_int("k", 0, 3) / 10
        saved = budget.folder / "epoch"
        epoch = int(saved.read_text()) if budget.start else 0
        assert epoch == budget.start
        assert budget.start or not list(budget.folder.iterdir())
        if self.hangs_at and trial.number % 5 == 4:
            self.hangs_at.touch()
            time.sleep(600)
        for epoch in budget.epochs:
            with self.log.open("a") as log:
                log.write(f"{trial.number} {epoch}\n")
            saved.write_text(str(epoch))
        return quality + math.sin(40 * quality + epoch) / epoch

    def epochs(self) -> Counter[tuple[int, int]]:
        """How often each epoch of each trial was trained."""
        lines = self.log.read_text().split("\n")[:-1]
        return Counter((int(first), int(second)) for first, second in map(str.split, lines))


def open_study(kind: str, folder: Path, seed: int = 0, **options: Any) -> optuna.Study:
    """Return the study ``s`` in a storage of this kind."""
    storage: Any = None
    if kind == "sqlite":
        storage = f"sqlite:///{folder}/study.db"
    elif kind == "journal":
        backend = optuna.storages.journal.JournalFileBackend(f"{folder}/journal.log")
        storage = optuna.storages.JournalStorage(backend)
    sampler = optuna.samplers.RandomSampler(seed=seed)
    return optuna.create_study(
        storage=storage, sampler=sampler, study_name="s", load_if_exists=True, **options
    )


def work(kind: str, folder: Path, seed: int, options: dict[str, Any], hangs: bool = False) -> None:
    """What one process of several does."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    objective = Training(folder / "log", folder / "hangs" if hangs else None)
    study = open_study(kind, folder, seed)
    optimize_hyperband(study, objective, checkpoints=folder / "checkpoints", **options)


def trained(study: optuna.Study, max_resource: int, n_iterations: int = 1) -> list[Counter[int]]:
    """Count, from the storage, the trials per budget in each bracket."""
    brackets = hyperband_brackets(max_resource) * n_iterations
    counts = []
    first = 0
    slots = {t.system_attrs[SLOT][1]: t for t in study.trials}
    assert sorted(slots) == list(range(len(study.trials)))
    for bracket in brackets:
        members = [slots[first + i] for i in range(bracket.n_configurations)]
        first += bracket.n_configurations
        counts.append(Counter(step for t in members for step in t.intermediate_values))
    assert first == len(study.trials)
    return counts


def table(max_resource: int, n_iterations: int = 1) -> list[Counter[int]]:
    """What :func:`trained` should find."""
    brackets = hyperband_brackets(max_resource) * n_iterations
    return [Counter({budget: n for n, budget in b.rungs}) for b in brackets]


def check_finished(study: optuna.Study, folder: Path, max_resource: int) -> None:
    """Check states, epochs and folders after a whole run without failures."""
    assert trained(study, max_resource) == table(max_resource)
    states = Counter(t.state.name for t in study.trials)
    n_complete = sum(b.rungs[-1][0] for b in hyperband_brackets(max_resource))
    assert states == {"COMPLETE": n_complete, "PRUNED": len(study.trials) - n_complete}
    expected = {(t.number, e + 1) for t in study.trials for e in range(t.last_step)}
    assert Training(folder / "log").epochs() == dict.fromkeys(expected, 1)
    for t in study.trials:
        assert t.value == t.intermediate_values[t.last_step]
    left = sorted(
        p.relative_to(folder / "checkpoints").parts for p in files(folder / "checkpoints")
    )
    complete = [t for t in study.trials if t.state.name == "COMPLETE"]
    assert left == sorted((str(t.number), str(max_resource), "epoch") for t in complete)


def files(folder: Path) -> list[Path]:
    """All files of a folder for checkpoints but our own."""
    return [
        Path(path) / name
        for path, _, names in os.walk(folder)
        for name in names
        if ".optuna-dnc" not in path
    ]
