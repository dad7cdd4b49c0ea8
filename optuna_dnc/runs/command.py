"""The command that repeats a search."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from optuna_dnc.data.load import DATASET_NAMES
from optuna_dnc.nets.registry import FAMILIES
from optuna_dnc.runs.settings import SearchSettings
from optuna_dnc.samplers.registry import SAMPLERS

_RENAMED = {"n_startup_trials": "startup", "n_steps": "steps", "n_candidates": "candidates"}
"""Settings with another name on the command line."""
_NOT_OPTIONS = ("space", "training_space", "task", "given", "shares_trials")


def search_command(settings: Mapping[str, Any]) -> str | None:
    """The command line of a search; None where it was made in Python alone.

    Args:
        settings: What settings.json holds.
    """
    is_own = settings["network"] not in FAMILIES or settings["sampler"] not in SAMPLERS
    if is_own or settings.get("shares_trials") or settings.get("given") is not None:
        return None
    data = settings["dataset"] if settings["dataset"] in DATASET_NAMES else "DATA"
    return shlex.join(["optuna-dnc", "search", data, *_options(settings)])


def command_of_result(summary: Mapping[str, Any]) -> str | None:
    """The same from what result.json holds; None also where that is not whole."""
    try:
        told = {name: summary[name] for name in ("dataset", "network", "space", "task")}
        return search_command({**summary["settings"], **told})
    except (KeyError, TypeError, ValueError):
        return None


def refit_command(run: str | Path, summary: Mapping[str, Any], out: Path | None) -> str:
    """The command that trains a network once more as it was trained.

    Args:
        run: Folder of the search.
        summary: What refit.json holds.
        out: Folder of the network, unless it is the default.
    """
    asked = summary["asked"]
    training = dict(asked["training"])
    words = ["optuna-dnc", "refit", str(run), "--epochs", str(training.pop("epochs"))]
    for name, value in training.items():
        before = summary["search"].get("training", {}).get(name, value)
        if value is not None and value != before:
            words += ["--training", f"{name}={_shown(value)}"]
    words += [] if asked["all_samples"] else ["--hold-out"]
    words += [] if summary["dataset"] in DATASET_NAMES else ["--data", "DATA"]
    return shlex.join([*words, *([] if out is None else ["--out", str(out)])])


def ensemble_command(run: str | Path, summary: Mapping[str, Any], out: Path | None) -> str:
    """The command that makes an ensemble as it was made.

    Args:
        run: Folder of the search.
        summary: What ensemble.json holds.
        out: Folder of the ensemble, unless it is the default.
    """
    option = "--top" if summary["kind"] == "leaders" else "--snapshots"
    words = ["optuna-dnc", "ensemble", str(run), option, str(summary["n_candidates"])]
    words += ["--greedy"] if summary["selection"] == "greedy" else []
    words += [] if summary["dataset"] in DATASET_NAMES else ["--data", "DATA"]
    return shlex.join([*words, *([] if out is None else ["--out", str(out)])])


def _options(settings: Mapping[str, Any]) -> Iterator[str]:
    plain = SearchSettings(network=settings["network"], strategy=settings["strategy"])
    # The defaults of some depend on the strategy; these three are always told, or where unusual.
    defaults = plain.model_dump(mode="json") | {
        "network": None,
        "strategy": "staged",
        "seed": None,
    }
    for name, default in defaults.items():
        value = settings[name]
        if name in _NOT_OPTIONS or value == default:
            continue
        option = f"--{_RENAMED.get(name, name).replace('_', '-')}"
        yield from [option] if value is True else [option, _shown(value)]
    if settings["task"] == "regression":
        yield from ("--task", "regression")
    spaces = {
        "space": FAMILIES[settings["network"]](),
        "training_space": plain.training_ranges(),
    }
    for name, space in spaces.items():
        for key, default in space.model_dump(mode="json").items():
            value = settings[name].get(key, default)
            if value != default:
                yield from (f"--{name.replace('_', '-')}", f"{key}={_shown(value)}")


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(map(_shown, value))
    return str(value)
