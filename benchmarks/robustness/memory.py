"""How much memory does it take to read data, and to check them?

For each source and step a new process reads synthetic data of 60 columns and reports its peak
memory over what a small data set takes, and over an array, or a pandas frame of it, that was in
memory before. The ratio is to the size of the samples, as the array or in the float32 that
networks take, whichever is larger. At most 1.5 is wanted. Above it is `prepare` of a compressed
file alone: its array has to be in memory, and float32 is written beside it.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas

from benchmarks.common import parser, print_table, save

N_COLUMNS = 60
SOURCES = ("npz", "compressed", "memory", "frame")
STEPS = ("load", "prepare", "check")
WANTED = 1.5
MODULE = "benchmarks.robustness.memory"


def samples(n: int, dtype: str) -> tuple[np.ndarray, np.ndarray]:
    """Normal features, and whether the first is above its mean; without copies of its own."""
    rng = np.random.default_rng(0)
    x = np.empty((n, N_COLUMNS), dtype)
    for start in range(0, n, 10_000):
        part = x[start : start + 10_000]
        part[:] = 100 + 20 * rng.normal(size=part.shape)
    return x, (x[:, 0] > 100).astype(np.int64)


def run(step: str, data: Any) -> None:
    """One of the steps."""
    from optuna_dnc.checks import check
    from optuna_dnc.data import load_dataset, prepare

    if step == "check":
        check(data, device="cpu")
    else:
        dataset = load_dataset(data)
        if step == "prepare":
            prepare(dataset)


def peak() -> float:
    """MiB that this process has taken at most."""
    status = Path("/proc/self/status")
    if status.exists():  # on Linux, ru_maxrss begins at what the parent had when it forked
        lines = (line.split() for line in status.read_text().splitlines())
        return next(int(words[1]) for words in lines if words[0] == "VmHWM:") / 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10


def measure(source: str, step: str, dtype: str, n: int, file: str) -> float:
    """MiB that a step adds, in a process that has done it for a small data set alone."""
    run(step, samples(1000, dtype))
    data: Any = samples(n, dtype) if source in ("memory", "frame") else file
    if source == "frame":
        small, large = (_framed(*arrays) for arrays in (samples(1000, dtype), data))
        run(step, small)
        data = large
    before = peak()
    run(step, data)
    return peak() - before


def _framed(x: np.ndarray, y: np.ndarray) -> tuple[pandas.DataFrame, np.ndarray]:
    """Return a frame of an array, and of a column of text that makes it a table."""
    frame = pandas.DataFrame(x, copy=False).add_prefix("x")
    frame["kind"] = np.where(y > 0, "a", "b")
    return frame, y


def main() -> None:
    options = parser(__doc__ or "", "robustness/memory")
    options.add_argument("--mib", type=int, default=400, help="size of the array of samples")
    options.add_argument("--dtypes", nargs="+", default=["float32", "float64", "uint8"])
    options.add_argument("--one", nargs=5, help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.one:
        source, step, dtype, n, file = given.one
        print(measure(source, step, dtype, int(n), file))
        return
    rows = []
    for dtype in given.dtypes:
        n = given.mib * 2**20 // (N_COLUMNS * np.dtype(dtype).itemsize)
        with tempfile.TemporaryDirectory() as folder:
            for source in SOURCES:
                file = Path(folder) / f"{source}.npz"
                if source in ("npz", "compressed"):
                    write = np.savez if source == "npz" else np.savez_compressed
                    write(file, **dict(zip(("xtr", "ytr"), samples(n, dtype), strict=True)))
                for step in STEPS:
                    command = [sys.executable, "-m", MODULE, "--one", source, step, dtype]
                    done = subprocess.run(
                        [*command, str(n), str(file)], check=True, capture_output=True, text=True
                    )
                    mib = float(done.stdout)
                    ratio = mib / (given.mib * max(1, 4 / np.dtype(dtype).itemsize))
                    rows.append(
                        {"dtype": dtype, "source": source, "step": step, "peak (MiB)": round(mib)}
                        | {"ratio": round(ratio, 2), f"at most {WANTED}": ratio <= WANTED}
                    )
    print_table(rows)
    save(given.json, mib=given.mib, rows=rows)


if __name__ == "__main__":
    main()
