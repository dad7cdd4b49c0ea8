"""Do the findings of Deep-n-Cheap hold here?

MLPs on ``letter`` and Fashion-MNIST, on the CPU; Dey et al., ACML 2020 (arXiv 2004.00974).

- ``tradeoff``: accuracy and cost fall as ``wc`` grows, with parameters or time penalised.
- ``decay``: larger networks want more weight decay.
- ``startup``: of 30 trainings, 15 start-up trials and 15 steps beat 30 random ones, 30 of a Sobol
  sequence, and 1 + 29.
- ``transfer``: an architecture found on one data set comes close to a native one on another.
- ``ensemble``: ensembles of the leaders gain little for much cost.
- ``fashion``: the published points on Fashion-MNIST, 90.53 % with 317,000 parameters and 86.06 %
  with 7,900, on the test set. Ours are trained again for ``--final-epochs``, on all samples.

Each part prints its table and whether it agrees, and writes ``results/paper/PART.json``. The
searches are kept in ``--runs`` and resumed.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import optuna

from benchmarks.common import parser, print_table, save
from benchmarks.paper.parts import ensembles, fashion, startup, tradeoffs, transfers, weight_decay
from benchmarks.paper.parts.settings import PENALTIES, Settings
from optuna_dnc.training import keep_freed_memory

PARTS: dict[str, Callable[[Settings], dict[str, Any]]] = {
    "startup": startup.run,
    "decay": weight_decay.run,
    "tradeoff": tradeoffs.run,
    "transfer": transfers.run,
    "ensemble": ensembles.run,
    "fashion": fashion.run,
}


def main() -> None:
    options = parser(__doc__, "paper")
    options.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    options.add_argument("--runs", type=Path, default=Path(tempfile.gettempdir()) / "dnc-paper")
    options.add_argument("--epochs", type=int, default=10, help="of a training in a search")
    options.add_argument("--startup", type=int, default=10, help="and steps, of stages 1 and 3")
    options.add_argument("--seeds", type=int, default=5)
    options.add_argument("--final-epochs", type=int, default=100)
    options.add_argument("--penalties", nargs="+", choices=PENALTIES, default=list(PENALTIES))
    arguments = options.parse_args()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    keep_freed_memory()
    settings = Settings(
        data=arguments.data,
        runs=arguments.runs,
        epochs=arguments.epochs,
        startup=arguments.startup,
        seeds=arguments.seeds,
        final_epochs=arguments.final_epochs,
        penalties=arguments.penalties,
    )
    for name in arguments.parts:
        start = time.perf_counter()
        found = PARTS[name](settings)
        print(f"\n{name}: {found['agrees']}")
        print_table(found["rows"])
        budget = {key: getattr(settings, key) for key in ("epochs", "startup", "seeds")}
        save(
            arguments.json.with_suffix("") / f"{name}.json",
            seconds=time.perf_counter() - start,
            settings=budget,
            **found,
        )


if __name__ == "__main__":
    main()
