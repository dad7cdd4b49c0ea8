"""Where does a search spend its time?

A whole Fashion-MNIST MLP search at the budget of the original's quick example: 3 epochs, 3 + 3
trials in stages 1 and 3, and in stage 2 the activations and drop probabilities 0 and 0.5. The
original needs 74 to 99 s for it on one core of a small CPU.

Importing libraries (torch is imported before the clock starts; torchvision, SciPy and SQLAlchemy
are on first use) happens once in a process, whatever it does; it is timed apart.
"""

from __future__ import annotations

import functools
import importlib
import resource
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import optuna
import torch
from optuna.storages import RDBStorage

from benchmarks.common import parser, print_table, save
from optuna_dnc.samplers import DNCSampler
from optuna_dnc.search import StagedSearch, TrialDone
from optuna_dnc.search.ending import finish

IMPORTED_ON_FIRST_USE = (
    "torchvision",
    "torch._dynamo",
    "sobol_seq",
    "scipy.linalg",
    "scipy.optimize",
    "scipy.special",
    "alembic.command",
    "optuna.storages._rdb.models",
)
SAMPLER_CALLS = ("infer_relative_search_space", "sample_relative", "sample_independent")


class Clock:
    """Adds up the seconds in some methods; what runs inside another timed one counts there."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self._inside: list[float] = []

    def watch(self, owner: type | ModuleType, name: str, label: str) -> None:
        """Time every call of a method or function from now on."""
        method: Callable[..., Any] = getattr(owner, name)

        @functools.wraps(method)
        def timed(*arguments: Any, **named: Any) -> Any:
            self._inside.append(0.0)
            start = time.perf_counter()
            try:
                return method(*arguments, **named)
            finally:
                taken = time.perf_counter() - start
                self.seconds[label] += taken - self._inside.pop()
                if self._inside:
                    self._inside[-1] += taken

        setattr(owner, name, timed)


def main() -> None:
    options = parser(__doc__ or "", "search/time_spent")
    options.add_argument("--threads", type=int, default=1)
    given = options.parse_args()
    torch.set_num_threads(given.threads)
    optuna.logging.set_verbosity(optuna.logging.WARNING)

    clock = Clock()
    for name in SAMPLER_CALLS:
        clock.watch(DNCSampler, name, "sampler")
    for name in vars(RDBStorage):
        if not name.startswith("_") and callable(getattr(RDBStorage, name)):
            clock.watch(RDBStorage, name, "storage")
    clock.watch(finish, "evaluate", "test evaluation")
    trained = {"training": 0.0, "evaluation": 0.0}

    def on_event(event: object) -> None:
        if isinstance(event, TrialDone) and event.record.reused_from is None:
            trained["training"] += event.record.measured.train_seconds
            trained["evaluation"] += event.record.measured.eval_seconds

    start = time.perf_counter()
    for module in IMPORTED_ON_FIRST_USE:
        importlib.import_module(module)
    imports = time.perf_counter() - start

    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        search = StagedSearch(
            "fashion-mnist", network="mlp", data_root=given.data / "torchvision",
            epochs=3, n_startup_trials=3, n_steps=3, space={"dropout": (0.0, 0.5)},
            wc=0.0, out=Path(folder) / "run", device="cpu", on_event=on_event,
        )  # fmt: skip
        loaded = time.perf_counter()
        result = search.run()
    end = time.perf_counter()

    parts = {**trained, "loading": loaded - start, **clock.seconds}
    parts["everything else"] = end - start - sum(parts.values())
    rows = [
        {"part": part, "seconds": seconds, "share": seconds / (end - start)}
        for part, seconds in parts.items()
    ]
    print_table(rows)
    worked = sum(trained.values()) + clock.seconds["test evaluation"]
    overhead = 1 - worked / (end - start)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    with_imports = 1 - worked / (end - start + imports)
    print(f"importing libraries {imports:.1f} s before; with it {with_imports:.1%} instead of:")
    print(f"whole search {end - start:.1f} s, not training or evaluation {overhead:.1%}")
    print(f"peak memory {peak:.0f} MB; validation accuracy {result.best.val_accuracy:.4f}")
    trials = {stage["name"]: stage["n_trained"] for stage in result.summary["stages"]}
    print(f"trained: {trials}")
    save(
        given.json,
        seconds=parts,
        whole=end - start,
        imports=imports,
        overhead_with_imports=with_imports,
        overhead=overhead,
        peak_megabytes=peak,
        best=result.best.to_dict(),
        trained=trials,
    )


if __name__ == "__main__":
    main()
