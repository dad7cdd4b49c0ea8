"""Is an error of the disk told in one line, and does the same command then go on?

Small searches (staged and Hyperband), refits, ensembles and trade-offs meet an error at a call
that changes a file of the run: open, write, fsync, rename, unlink, mkdir, rmdir or ftruncate, with
EIO, ENOSPC or EACCES, spread evenly over all such calls. The command must end with exit code 2 and
one line, or do without the call. The same command is then run again on a disk that works. Its
trials, weights and figures must be those of a run that nobody disturbed.
"""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

import torch

from benchmarks.common import parser, save
from benchmarks.robustness.accidents.faults import preloaded, run
from benchmarks.robustness.accidents.tiny_runs import (
    Scenario,
    differing,
    outcome,
    try_all,
    undisturbed,
)

ERRORS = (errno.EIO, errno.ENOSPC, errno.EACCES)


def main() -> None:
    """Let ``--faults`` / 6 calls of each command fail and compare."""
    options = parser(__doc__ or "", "robustness/disk_faults")
    options.add_argument("--faults", type=int, default=194, help="in all")
    asked = options.parse_args()
    torch.set_num_threads(1)
    try_all(
        asked.faults,
        _tried,
        lambda rows, total: save(asked.json, disk_faults=rows, total=total),
    )


def _tried(scenario: Scenario, n_faults: int, data: Path, place: Path) -> dict[str, Any]:
    n_calls, expected = undisturbed(scenario, data, place)
    row = {
        "command": scenario.name,
        "calls": n_calls,
        "faults": n_faults,
        "one_line": 0,
        "done_without": 0,
        "tracebacks": 0,
        "different": 0,
    }
    for i in range(n_faults):
        point, number = 1 + i * n_calls // n_faults, ERRORS[i % len(ERRORS)]
        folder = scenario.prepared(data, place)
        failed = run(scenario.command(data, folder), folder, at=point, failure=number)
        again = run(scenario.command(data, folder), folder)
        lines = [line for line in failed.err.splitlines() if line.startswith("optuna-dnc: ")]
        row["one_line"] += failed.code == 2 and len(lines) >= 1
        row["done_without"] += failed.code == 0
        row["tracebacks"] += "Traceback" in failed.err + again.err
        found = outcome(folder)
        if found != expected or again.code or failed.code not in (0, 2):
            row["different"] += 1
            name = errno.errorcode[number]
            print(f"{scenario.name}: {name} at {point}: {failed.code}, then {again.code}")
            print(failed.err.strip()[-1500:], again.err.strip()[-500:], sep="\n", flush=True)
            print(f"  differ: {differing(found, expected)}")
    return row


if __name__ == "__main__":
    preloaded()
    main()
