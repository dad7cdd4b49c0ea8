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
    # The defaults of some depend on the strategy; these are always told, or where unusual.
    defaults = plain.model_dump(mode="json") | {
        "network": None,
        "strategy": "staged",
        "task": "classification",
        "seed": None,
        "space": FAMILIES[settings["network"]]().model_dump(mode="json"),
        "training_space": plain.training_ranges().model_dump(mode="json"),
    }
    for field in SearchSettings.options("search"):
        value, default = settings[field.name], defaults[field.name]
        if field.type is dict:
            for key, usual in default.items():
                if value.get(key, usual) != usual:
                    yield from (f"--{field.option}", f"{key}={_shown(value[key])}")
        elif value != default and field.type is bool:
            yield f"--{field.option}" if value else f"--no-{field.option}"
        elif value != default:
            yield from (f"--{field.option}", _shown(value))


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(map(_shown, value))
    return str(value)
