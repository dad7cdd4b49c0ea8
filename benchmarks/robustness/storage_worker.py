"""Worker of :mod:`benchmarks.robustness.shared_storage`: a process that takes part in a study.

Nothing else is imported here, as each of many processes would import it.
"""

from __future__ import annotations

import sys
import time

import optuna
from optuna.samplers import BaseSampler, TPESampler
from optuna.storages import BaseStorage, GrpcStorageProxy, JournalStorage, get_storage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import FrozenTrial, TrialState

MEMORY = "memory:"
_WARM_UP = 15


def value(params: dict[str, float | str]) -> float:
    """The value of a configuration."""
    floats = sum((float(params[f"x{i}"]) - 0.3) ** 2 for i in range(3))
    return floats + float(params["n"]) / 1000 + 0.1 * (params["kind"] == "b")


def objective(trial: optuna.Trial) -> float:
    """Ask for five mixed parameters."""
    for i in range(3):
        trial.suggest_float(f"x{i}", 0.0, 1.0)
    trial.suggest_int("n", 1, 100, log=True)
    trial.suggest_categorical("kind", ["a", "b", "c"])
    return value(trial.params)


def storage_of(url: str) -> BaseStorage:
    """Open ``memory:``, ``journal:PATH``, ``grpc:PORT`` or a database."""
    kind, _, rest = url.partition(":")
    if url == MEMORY:
        return optuna.storages.InMemoryStorage()
    if kind == "journal":
        return JournalStorage(JournalFileBackend(rest))
    if kind == "grpc":
        return GrpcStorageProxy(host="localhost", port=int(rest))
    return get_storage(url)


def counts(trials: list[FrozenTrial]) -> list[float]:
    """Return the seconds of a study, and how many trials are whole, doubled and spoiled."""
    whole = [t for t in trials if t.state == TrialState.COMPLETE]
    starts = [t.datetime_start for t in whole if t.datetime_start is not None]
    ends = [t.datetime_complete for t in whole if t.datetime_complete is not None]
    different = {tuple(sorted(t.params.items())) for t in whole}
    spoiled = sum(t.value != value(t.params) for t in whole)
    seconds = (max(ends) - min(starts)).total_seconds()
    return [seconds, len(whole), len(whole) - len(different), spoiled]


def main() -> None:
    """Say when it is ready, wait for a line, work, and print the seconds of CPU."""
    from optuna_dnc import DNCSampler

    sampler, url, study, n_trials, seed = sys.argv[1:]
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    kind: type[BaseSampler] = DNCSampler if sampler == "DNCSampler" else TPESampler
    optuna.create_study(sampler=kind(seed=0)).optimize(objective, n_trials=_WARM_UP)
    storage = storage_of(url)
    if url == MEMORY:
        optuna.create_study(storage=storage, study_name=study)
    loaded = optuna.load_study(study_name=study, storage=storage, sampler=kind(seed=int(seed)))
    print("ready", flush=True)
    sys.stdin.readline()
    began = time.process_time()
    loaded.optimize(objective, n_trials=int(n_trials))
    cpu = time.process_time() - began
    print(cpu, *(counts(loaded.trials) if url == MEMORY else ()))


if __name__ == "__main__":
    main()
