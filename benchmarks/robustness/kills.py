"""Is anything lost when a command is killed, wherever that happens?

Small searches (staged and Hyperband), refits, ensembles and trade-offs are killed (SIGKILL) at a
call that changes a file of the run: enumerated evenly over all such calls, and drawn at random
where there are more kills than calls. The same command is then run again. Its trials, weights,
figures and files must be those of a run that nobody disturbed.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import torch

from benchmarks.common import parser, save
from benchmarks.robustness.accidents.faults import KILL, preloaded, run
from benchmarks.robustness.accidents.tiny_runs import (
    Scenario,
    differing,
    outcome,
    try_all,
    undisturbed,
)


def main() -> None:
    """Kill each command ``--kills`` / 6 times and compare."""
    options = parser(__doc__ or "", "robustness/kills")
    options.add_argument("--kills", type=int, default=400, help="in all")
    options.add_argument("--seed", type=int, default=0)
    asked = options.parse_args()
    torch.set_num_threads(1)
    try_all(
        asked.kills,
        lambda *some: _tried(*some, random.Random(asked.seed)),
        lambda rows, total: save(asked.json, kills=rows, total=total),
    )


def _tried(
    scenario: Scenario, n_kills: int, data: Path, place: Path, rng: random.Random
) -> dict[str, Any]:
    n_calls, expected = undisturbed(scenario, data, place)
    points = _points(n_calls, n_kills, rng)
    row = {
        "command": scenario.name,
        "calls": n_calls,
        "kills": len(points),
        "refused": 0,
        "tracebacks": 0,
        "different": 0,
    }
    for point in points:
        folder = scenario.prepared(data, place)
        killed = run(scenario.command(data, folder), folder, at=point, failure=KILL)
        again = run(scenario.command(data, folder), folder)
        row["refused"] += again.code != 0
        row["tracebacks"] += "Traceback" in killed.err + again.err
        found = outcome(folder)
        if found != expected or again.code != 0:
            row["different"] += 1
            print(f"{scenario.name} killed at {point}: {again.err.strip()[-300:]}", flush=True)
            print(f"  differ: {differing(found, expected)}")
    return row


def _points(n_calls: int, n_kills: int, rng: random.Random) -> list[int]:
    """Evenly over all calls, and more of them at random."""
    even = [1 + i * n_calls // n_kills for i in range(min(n_kills, n_calls))]
    return even + [rng.randint(1, n_calls) for _ in range(n_kills - len(even))]


if __name__ == "__main__":
    preloaded()
    main()
