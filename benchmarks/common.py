"""What benchmarks share: options, a table on the screen, JSON with the machine in a file."""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import platform
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import optuna
import torch

RESULTS = Path(__file__).parent / "results"
DOCS = Path(__file__).parents[1] / "docs"
REAL_DATA = Path(__file__).parents[2] / "shared" / "data"
Task = TypeVar("Task")
Done = TypeVar("Done")


def parser(description: str, name: str) -> argparse.ArgumentParser:
    """Return a parser with the options that all benchmarks share.

    Args:
        description: The script's docstring.
        name: Path of its result below ``results/``, without a suffix.
    """
    options = argparse.ArgumentParser(
        description=description, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    options.add_argument("--json", type=Path, default=RESULTS / f"{name}.json")
    options.add_argument("--data", type=Path, default=REAL_DATA, help="folder of the data sets")
    return options


def environment(optional: Sequence[str] = ()) -> dict[str, Any]:
    """Return the machine and the versions that a number belongs to.

    Args:
        optional: More packages whose versions count where they are installed.
    """
    versions = {name: version(name) for name in ("optuna-dnc", "optuna", "torch", "numpy")}
    for name in optional:
        with suppress(PackageNotFoundError):
            versions[name] = version(name)
    model = platform.processor()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        lines = cpuinfo.read_text().splitlines()
        model = next((x.split(":")[1].strip() for x in lines if x.startswith("model name")), model)
    return {
        "processor": model,
        "threads": torch.get_num_threads(),
        "platform": platform.platform(),
        "python": platform.python_version(),
        "versions": versions,
        "date": time.strftime("%Y-%m-%d"),
    }


def quiet() -> None:
    """Silence Optuna and warnings of peers, and keep torch to one thread."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)


def run_all(work: Callable[[Task], Done], tasks: Iterable[Task], n_jobs: int) -> Iterator[Done]:
    """Run tasks in this process or in several new ones, and yield results in order."""
    if n_jobs == 1:
        yield from map(work, tasks)
        return
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(n_jobs, mp_context=spawn) as workers:
        yield from workers.map(work, tasks)


@dataclass(frozen=True)
class Reference:
    """Losses that count as no regret and as a regret of 1."""

    low: float
    high: float

    def regret(self, losses: np.ndarray, *, log: bool = False) -> np.ndarray:
        """Return ``(loss - low) / (high - low)``, clipped to [0, 1]; NaN counts as 1."""
        low, high, losses = self.low, self.high, np.nan_to_num(losses, nan=np.inf)
        if log:
            low, high, losses = np.log(low), np.log(high), np.log(losses)
        clipped: np.ndarray = np.clip((losses - low) / (high - low), 0.0, 1.0)
        return clipped


def rounded(value: float, digits: int = 6) -> float:
    """Round to so many significant digits."""
    return float(f"{value:.{digits}g}")


def print_table(rows: Sequence[Mapping[str, Any]]) -> None:
    """Print rows with the same keys, aligned."""
    header = list(rows[0])
    lines = [header, *[[_shown(row[name]) for name in header] for row in rows]]
    widths = [max(len(line[i]) for line in lines) for i in range(len(header))]
    for line in lines:
        print("  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)))


def _shown(value: Any) -> str:
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def replace_text(path: Path, text: str) -> None:
    """Write a file in one step, so that another process reads all of it or none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    unfinished.write_text(text)
    unfinished.replace(path)


def compact(value: Any, depth: int = 2) -> str:
    """Return JSON with a line for each entry of the outer levels, such as a row of a table."""
    if not depth or not value or not isinstance(value, dict | list):
        return json.dumps(value)
    if isinstance(value, dict):
        entries = [f"{json.dumps(key)}: {compact(item, depth - 1)}" for key, item in value.items()]
    else:
        entries = [compact(item, depth - 1) for item in value]
    text = ",\n".join(entries)
    return f"{{\n{text}\n}}" if isinstance(value, dict) else f"[\n{text}\n]"


def save(path: Path, **content: Any) -> None:
    """Write the results with the environment they were measured in."""
    replace_text(path, compact({"environment": environment(), **content}) + "\n")
    print(f"written to {path}")


def load_lines(path: Path) -> list[dict[str, Any]]:
    """Read kept runs, one a line after the header; none if the file is not there."""
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text().splitlines()[1:]]


def save_lines(path: Path, header: Mapping[str, Any], lines: Iterable[Mapping[str, Any]]) -> None:
    """Keep runs, one a line after a header that says what they are and where they ran."""
    replace_text(path, "".join(json.dumps(line) + "\n" for line in (header, *lines)))
