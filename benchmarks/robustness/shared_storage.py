"""Eight workers on one study: is any trial lost, doubled or spoiled, and what does a trial cost?

Each worker is a process. ``DNCSampler`` and ``TPESampler`` take turns on every storage, on the
same objective of eight parameters. Trials a second are those between the first start and the last
end; CPU is that of the workers, without the import of libraries. A trial is lost if it is not
COMPLETE at the end, doubled if another one has its parameters, spoiled if its value is not that of
its parameters.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time

import optuna
from optuna.samplers import BaseSampler, TPESampler
from optuna.storages import BaseStorage, GrpcStorageProxy, JournalStorage, get_storage
from optuna.storages.journal import JournalFileBackend

from benchmarks.common import parser, print_table, save

MODULE = "benchmarks.robustness.shared_storage"


def value(params: dict[str, float | str]) -> float:
    """The value of a configuration."""
    floats = sum((float(params[f"x{i}"]) - 0.3) ** 2 for i in range(6))
    return floats + float(params["n"]) / 1000 + 0.1 * (params["kind"] == "b")


def objective(trial: optuna.Trial) -> float:
    """Ask for eight mixed parameters."""
    for i in range(6):
        trial.suggest_float(f"x{i}", 0.0, 1.0)
    trial.suggest_int("n", 1, 100, log=True)
    trial.suggest_categorical("kind", ["a", "b", "c"])
    return value(trial.params)


def storage_of(url: str) -> BaseStorage:
    """Open ``journal:PATH``, ``grpc:PORT`` or a database."""
    kind, _, rest = url.partition(":")
    if kind == "journal":
        return JournalStorage(JournalFileBackend(rest))
    if kind == "grpc":
        return GrpcStorageProxy(host="localhost", port=int(rest))
    return get_storage(url)


def work(sampler: str, url: str, study: str, n_trials: int, seed: int) -> None:
    """Be a worker; prints the seconds of CPU."""
    import scipy.optimize
    import scipy.stats  # noqa: F401

    from optuna_dnc import DNCSampler

    made: BaseSampler = (DNCSampler if sampler == "DNCSampler" else TPESampler)(seed=seed)
    loaded = optuna.load_study(study_name=study, storage=storage_of(url), sampler=made)
    began = time.process_time()
    loaded.optimize(objective, n_trials=n_trials)
    print(time.process_time() - began)


def run(sampler: str, url: str, n_workers: int, n_trials: int) -> dict[str, object]:
    """Let workers share a study and look at what it holds."""
    name = f"{sampler}-{time.time_ns()}"
    optuna.create_study(storage=storage_of(url), study_name=name)
    command = [sys.executable, "-m", MODULE, "--worker", sampler, url, name, str(n_trials)]
    workers = [
        subprocess.Popen([*command, str(seed)], stdout=subprocess.PIPE, text=True)
        for seed in range(n_workers)
    ]
    cpu = sum(float(worker.communicate()[0]) for worker in workers)
    trials = optuna.load_study(study_name=name, storage=storage_of(url)).trials
    whole = [t for t in trials if t.state == optuna.trial.TrialState.COMPLETE]
    starts = [t.datetime_start for t in whole if t.datetime_start is not None]
    ends = [t.datetime_complete for t in whole if t.datetime_complete is not None]
    different = {tuple(sorted(t.params.items())) for t in whole}
    return {
        "storage": url.partition(":")[0].partition("+")[0],
        "sampler": sampler,
        "trials/s": len(whole) / (max(ends) - min(starts)).total_seconds(),
        "CPU ms": 1e3 * cpu / len(whole),
        "lost": n_workers * n_trials - len(whole),
        "doubled": len(whole) - len(different),
        "spoiled": sum(t.value != value(t.params) for t in whole),
    }


def main() -> None:
    options = parser(__doc__ or "", "robustness/shared_storage")
    options.add_argument("--workers", type=int, default=8)
    options.add_argument("--trials", type=int, default=50, help="of each worker")
    options.add_argument("--urls", nargs="*", help="in place of SQLite and a journal in a folder")
    options.add_argument("--worker", nargs=5, help="for the processes that this one starts")
    given = options.parse_args()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    if given.worker:
        sampler, url, study, n_trials, seed = given.worker
        work(sampler, url, study, int(n_trials), int(seed))
        return
    with tempfile.TemporaryDirectory() as folder:
        files = [f"sqlite:///{folder}/study.db", f"journal:{folder}/journal.log"]
        rows = [
            run(sampler, url, given.workers, given.trials)
            for url in given.urls or files
            for sampler in ("DNCSampler", "TPESampler")
        ]
    print_table(rows)
    save(given.json, workers=given.workers, trials=given.trials, rows=rows)


if __name__ == "__main__":
    main()
