"""Do workers of a SLURM array share a search, each on a GPU of its own, also if some are stopped?

SLURM is started here, with fake GPUs that it deals out like real ones. One worker gets SIGTERM, as
at a time limit or by scontrol requeue, and one is killed.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.common import parser, save
from benchmarks.workers.slurm_cluster import missing, slurm
from optuna_dnc.runs.run import open_run

_JOB = """\
#!/bin/bash
echo "GPU $CUDA_VISIBLE_DEVICES"
exec {python} -m optuna_dnc.cli worker {run} --threads 1
"""


def main() -> None:
    """Run the search and print what became of it."""
    options = parser(__doc__, "workers/slurm")
    options.add_argument("--workers", type=int, default=4)
    options.add_argument("--gpus", type=int, default=2)
    options.add_argument("--epochs", type=int, default=100)
    arguments = options.parse_args()
    if (reason := missing()) is not None:
        sys.exit(f"skipped: {reason}")
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o755)
        run = folder / "run"
        _optuna_dnc(
            *("search", "digits", "--network", "mlp", "--out", run, "--workers", "0"),
            *("--epochs", arguments.epochs, "--startup", "8", "--steps", "8", "--no-floors"),
        )
        with slurm(folder / "slurm", n_gpus=arguments.gpus) as environment:
            found = _searched(run, environment, arguments.workers)
    print("\n".join(f"{name}: {value}" for name, value in found.items()))
    save(arguments.json, **found)


def _searched(run: Path, environment: Mapping[str, str], n_workers: int) -> dict[str, Any]:
    script = run.parent / "job.sh"
    python = shlex.quote(sys.executable)
    script.write_text(_JOB.format(python=python, run=shlex.quote(str(run))))
    log = run.parent / "worker-%a.log"
    array = ["sbatch", f"--array=1-{n_workers}", "--gpus=1", f"--output={log}", str(script)]
    start = time.monotonic()
    printed = subprocess.run(array, env=environment, check=True, capture_output=True, text=True)
    job = printed.stdout.split()[-1]
    _wait_for(lambda: len(_joined(run)) >= 2)
    for signal, number in (("TERM", 1), ("KILL", 2)):
        subprocess.run(
            ["scancel", f"--signal={signal}", "--full", f"{job}_{number}"], env=environment
        )
    _wait_for(lambda: not _queued(job, environment))
    seconds = time.monotonic() - start
    logs = [path.read_text() for path in sorted(run.parent.glob("worker-*.log"))]
    ledger = open_run(run, to_read=True).ledger
    trained = Counter(record.key for record in ledger.records if record.reused_from is None)
    return {
        "seconds": round(seconds, 1),
        "workers": n_workers,
        "GPUs of the workers": [re.findall(r"GPU (\S+)", text) for text in logs],
        "trainings of each worker": [text.count(": loss ") for text in logs],
        "trials": dict(Counter(record.stage for record in ledger.records)),
        "networks trained twice": sum(n > 1 for n in trained.values()),
        "complete": (run / "result.json").exists(),
    }


def _joined(run: Path) -> list[str]:
    return [
        text for path in run.parent.glob("worker-*.log") if ": loss " in (text := path.read_text())
    ]


def _queued(job: str, environment: Mapping[str, str]) -> bool:
    shown = subprocess.run(
        ["squeue", "--noheader", f"--jobs={job}"], env=environment, capture_output=True, text=True
    )
    return bool(shown.stdout.strip())


def _wait_for(holds: Any, most: float = 600.0) -> None:
    until = time.monotonic() + most
    while not holds():
        if time.monotonic() > until:
            raise TimeoutError("the workers did not come so far; see their logs")
        time.sleep(0.5)


def _optuna_dnc(*words: object) -> None:
    subprocess.run([sys.executable, "-m", "optuna_dnc.cli", *map(str, words)], check=True)


if __name__ == "__main__":
    main()
