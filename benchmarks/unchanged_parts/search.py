"""What the command line finds: trials, networks and the JSON files of small runs."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from safetensors.numpy import load_file
from sklearn.datasets import load_diabetes, load_digits

SMALL = "--startup 3 --steps 3 --epochs 3"
TINY = "--startup 2 --steps 2 --epochs 2 --max-train 300"
HALVED = "--startup 6 --steps 6 --epochs 9"

# The later commands use the folders of the earlier ones.
COMMANDS = (
    "search digits --seed 0 --out digits",
    f"search digits {HALVED} --strategy joint --out joint",
    f"search digits {HALVED} --pruner hyperband --out hyperband",
    f"search digits {SMALL} --preset deep-n-cheap --out published",
    f"search digits {SMALL} --sampler bohb --pruner median --out bohb",
    f"search digits {TINY} --network cnn --out cnn",
    f"search digits {TINY} --network resnet --out resnet",
    f"search diabetes.npz {SMALL} --out regression",
    "refit joint --epochs 4",
    "ensemble joint --top 3",
    f"search few.npz {SMALL} --out few",
    "transfer joint few.npz --native few --out transfer",
    f"tradeoff digits {SMALL} --wc 0 0.1 1 --out tradeoff",
)
MEASURED = {"files", "path", "sha256", "t_epoch", "versions"}
"""Keys whose values differ from run to run, besides all that hold seconds."""


def compute(data: Path) -> dict[str, Any]:
    """Run the commands and return what is in the folders that they write, by relative path."""
    del data
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary)
        _write_data(work)
        for command in COMMANDS:
            print(f"  {command}", flush=True)
            _run(command, work)
        return {
            str(path.relative_to(work)): content
            for path in sorted(work.rglob("*.*"))
            for content in _content(path, work)
        }


def _run(command: str, folder: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "optuna_dnc.cli", *command.split(), "--quiet"],
        cwd=folder,
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore"},
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode:
        raise SystemExit(f"optuna-dnc {command}: exit status {run.returncode}\n{run.stderr}")


def _write_data(folder: Path) -> None:
    x, y = load_diabetes(return_X_y=True)
    _write_arrays(folder / "diabetes.npz", x, y + 0.5)  # whole numbers would look like labels
    x, y = load_digits(return_X_y=True)
    is_low = y < 5
    _write_arrays(folder / "few.npz", x[is_low].reshape(-1, 1, 8, 8), y[is_low])


def _write_arrays(path: Path, x: np.ndarray, y: np.ndarray) -> None:
    n = len(x) * 3 // 4
    x = x.astype(np.float32)
    np.savez(path, xtr=x[:n], ytr=y[:n], xte=x[n:], yte=y[n:])


def _content(path: Path, work: Path) -> Iterator[Any]:
    if path.suffix == ".json":
        yield _repeatable(json.loads(path.read_text().replace(f"{work}{os.sep}", "")))
    elif path.suffix == ".db":
        yield dict(_studies(path))
    elif path.name == "model.safetensors" or path.match("ensemble/*.safetensors"):
        yield _digest_of_weights(path)


def _repeatable(value: Any) -> Any:
    """Leave out times, paths and versions."""
    if isinstance(value, dict):
        return {
            name: _repeatable(item)
            for name, item in value.items()
            if name not in MEASURED and "seconds" not in name
        }
    return [_repeatable(item) for item in value] if isinstance(value, list) else value


def _studies(path: Path) -> Iterator[tuple[str, list[list[Any]]]]:
    """Each trial as state, parameters, value and a digest of its reports."""
    storage = optuna.storages.RDBStorage(f"sqlite:///{path}")
    for study in optuna.get_all_study_summaries(storage):
        trials = optuna.load_study(study_name=study.study_name, storage=storage).trials
        yield (
            study.study_name,
            [
                [t.state.name, t.params, t.values and t.values[0], reports_digest(t)]
                for t in trials
            ],
        )
    storage.engine.dispose()


def reports_digest(trial: optuna.trial.FrozenTrial) -> str:
    """Eight hexadecimal digits that depend on every step and value reported."""
    reports = repr(sorted(trial.intermediate_values.items()))
    return hashlib.sha256(reports.encode()).hexdigest()[:8]


def _digest_of_weights(path: Path) -> str:
    digest = hashlib.sha256()
    for name, array in sorted(load_file(path).items()):
        digest.update(f"{name} {array.dtype} {array.shape}".encode() + array.tobytes())
    return digest.hexdigest()[:16]
