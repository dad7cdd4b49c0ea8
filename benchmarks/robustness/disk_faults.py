"""Is an error of the disk told in one line, and does the same command then go on?

Small searches (staged and Hyperband), refits, ensembles and trade-offs meet an error at a call
that changes a file of the run: open, write, fsync, rename, unlink, mkdir, rmdir or ftruncate, with
EIO, ENOSPC or EACCES, spread evenly over all such calls. The command must end with exit code 2 and
one line, or do without the call. The same command is then run again on a disk that works. Its
trials, weights and figures must be those of a run that nobody disturbed.
"""

from __future__ import annotations

import errno
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import torch
from _report import parser, print_table, save
from faults import preloaded, run
from tiny_runs import SCENARIOS, Scenario, differing, outcome, totals, write_data

ERRORS = (errno.EIO, errno.ENOSPC, errno.EACCES)


def main() -> None:
    """Let ``--faults`` / 6 calls of each command fail and compare."""
    options = parser(__doc__ or "", "robustness/disk_faults")
    options.add_argument("--faults", type=int, default=194, help="in all")
    asked = options.parse_args()
    torch.set_num_threads(1)
    rows = []
    with tempfile.TemporaryDirectory() as place:
        data = Path(place) / "data.npz"
        write_data(data)
        for number, scenario in enumerate(SCENARIOS):
            n = asked.faults // len(SCENARIOS) + (number < asked.faults % len(SCENARIOS))
            rows.append(_tried(scenario, n, data, Path(place)))
            print_table(rows[-1:])
            save(asked.json, disk_faults=rows, total=totals(rows))
    print_table([*rows, totals(rows)])


def _tried(scenario: Scenario, n_faults: int, data: Path, place: Path) -> dict[str, Any]:
    start = time.perf_counter()
    folder, origin = place / scenario.name / "run", place / f"{scenario.name}-origin"
    scenario.prepared(data, folder, origin)
    whole = run(scenario.command(data, folder), folder)
    assert whole.code == 0, whole.err
    expected = outcome(folder)
    row = {
        "command": scenario.name,
        "calls": whole.calls,
        "faults": n_faults,
        "one_line": 0,
        "done_without": 0,
        "tracebacks": 0,
        "different": 0,
    }
    for i in range(n_faults):
        point, number = 1 + i * whole.calls // n_faults, ERRORS[i % len(ERRORS)]
        scenario.prepared(data, folder, origin)
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
    row["seconds"] = round(time.perf_counter() - start)
    return row


if __name__ == "__main__":
    preloaded()
    main()
