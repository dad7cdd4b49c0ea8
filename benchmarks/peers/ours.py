"""Our command line as a contestant: what a user types, and what is predicted from its folder."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

from benchmarks.peers.contestants.job import Fitted, Question
from optuna_dnc.search import SearchResult


def command(question: Question, folder: Path, python: str | None, options: str) -> list[str]:
    """The search of ``train.npz`` in a folder, with the baseline that all networks have."""
    return [
        python or sys.executable, "-m", "optuna_dnc.cli", "search", str(folder / "train.npz"),
        "--task", question.task,
        "--wc", str(question.wc),
        "--baseline", str(question.baseline),
        "--timeout", str(question.seconds),
        "--seed", str(question.seed),
        "--out", str(folder / "run"),
        "--device", "cpu",
        "--quiet",
        *shlex.split(options),
    ]  # fmt: skip


def answer(question: Question, folder: Path) -> Fitted:
    """Load the network that the search has left."""
    result = SearchResult.load(folder / "run")
    files = [result.path / name for name in ("model.safetensors", "config.json")]
    best = result.best
    about = f"{best.config}, {sum(stage['n_trials'] for stage in result.summary['stages'])} trials"
    return Fitted(
        predict=result.predict_proba if question.is_classification else result.predict,
        n_bytes=sum(file.stat().st_size for file in files),
        n_params=sum(parameter.numel() for parameter in result.model().parameters()),
        about=about,
    )
