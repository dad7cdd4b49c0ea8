"""What every benchmark writes: a table on the screen, JSON with the machine in a file."""

from __future__ import annotations

import argparse
import json
import os
import platform
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch

RESULTS = Path(__file__).parent / "results"
REAL_DATA = Path(__file__).parents[2] / "shared" / "data"


def parser(description: str, name: str) -> argparse.ArgumentParser:
    """A parser with the options that all benchmarks share."""
    options = argparse.ArgumentParser(
        description=description, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    options.add_argument("--json", type=Path, default=RESULTS / f"{name}.json")
    options.add_argument("--data", type=Path, default=REAL_DATA, help="folder of the data sets")
    return options


def environment(optional: Sequence[str] = ()) -> dict[str, Any]:
    """The machine and the versions that a number belongs to.

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


def save(path: Path, **content: Any) -> None:
    """Write the results with the environment they were measured in."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"environment": environment(), **content}, indent=2) + "\n")
    print(f"written to {path}")
