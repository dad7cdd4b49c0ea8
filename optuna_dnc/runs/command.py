"""Command lines that reproduce a search, a refit or an ensemble."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from optuna_dnc._errors import InputError
from optuna_dnc.data.load import DATASET_NAMES
from optuna_dnc.data.tables.kind import LEVEL_SEPARATOR
from optuna_dnc.nets.registry import FAMILIES
from optuna_dnc.runs.folder import RunFolder
from optuna_dnc.runs.settings import SearchSettings
from optuna_dnc.runs.source import read_source
from optuna_dnc.samplers.registry import SAMPLERS

if TYPE_CHECKING:
    from optuna_dnc.data.tables import DataOptions, DataSource


def search_command(settings: Mapping[str, Any], source: DataSource | None = None) -> str | None:
    """Return the command line of a search; None if only Python can repeat it.

    Args:
        settings: Content of settings.json.
        source: Data of the search with their options, if it noted them; otherwise the command has
            ``DATA`` for data that are not known by name.
    """
    is_own = settings["network"] not in FAMILIES or settings["sampler"] not in SAMPLERS
    if is_own or settings.get("shares_trials") or settings.get("given") is not None:
        return None
    data = settings["dataset"] if settings["dataset"] in DATASET_NAMES else "DATA"
    words = [data] if source is None else [str(source.data), *_data_options(source.options)]
    return shlex.join(["optuna-dnc", "search", *words, *_options(settings)])


def command_of_result(summary: Mapping[str, Any]) -> str | None:
    """Return the command line from the content of result.json; None also if that is damaged."""
    try:
        identity = {name: summary[name] for name in ("dataset", "network", "space", "task")}
        return search_command({**summary["settings"], **identity})
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


def refit_command(run: str | Path, summary: Mapping[str, Any], out: Path | None) -> str:
    """Return the command line of a refit.

    Args:
        run: Folder of the search.
        summary: Content of refit.json.
        out: Folder of the network; None for the default.
    """
    request = summary["asked"]
    training = dict(request["training"])
    words = ["optuna-dnc", "refit", str(run), "--epochs", str(training.pop("epochs"))]
    for name, value in training.items():
        before = summary["search"].get("training", {}).get(name, value)
        if value is not None and value != before:
            words += ["--training", f"{name}={_text(value)}"]
    words += [] if request["all_samples"] else ["--hold-out"]
    words += _data_argument(run, summary)
    return shlex.join([*words, *([] if out is None else ["--out", str(out)])])


def ensemble_command(run: str | Path, summary: Mapping[str, Any], out: Path | None) -> str:
    """Return the command line of an ensemble.

    Args:
        run: Folder of the search.
        summary: Content of ensemble.json.
        out: Folder of the ensemble; None for the default.
    """
    option = "--top" if summary.get("kind", "leaders") == "leaders" else "--snapshots"
    words = ["optuna-dnc", "ensemble", str(run), option, str(summary["n_candidates"])]
    words += ["--greedy"] if summary.get("selection") == "greedy" else []
    words += _data_argument(run, summary)
    return shlex.join([*words, *([] if out is None else ["--out", str(out)])])


def _data_argument(run: str | Path, summary: Mapping[str, Any]) -> list[str]:
    """Return what names the data of a search; nothing if the command finds them itself."""
    source = None
    with suppress(InputError):  # data.json is damaged
        source = read_source(RunFolder(run))
    is_found = source is not None or summary["dataset"] in DATASET_NAMES
    return [] if is_found else ["--data", "DATA"]


def _data_options(options: DataOptions) -> Iterator[str]:
    for field in options.options("search"):
        value = getattr(options, field.name)
        if value is True:
            yield f"--{field.option}"
        elif isinstance(value, tuple):
            for name in value:
                yield from (f"--{field.option}", name)
        elif isinstance(value, dict):
            for name, kind in value.items():
                text = kind if isinstance(kind, str) else LEVEL_SEPARATOR.join(kind)
                yield from (f"--{field.option}", f"{name}={text}")
        elif value and field.name in options.model_fields_set:
            yield from (f"--{field.option}", str(value))


def _options(settings: Mapping[str, Any]) -> Iterator[str]:
    plain = SearchSettings(network=settings["network"], strategy=settings["strategy"])
    # Some defaults depend on the strategy; these settings are shown always, or if not usual.
    defaults = plain.model_dump(mode="json") | {
        "network": None,
        "strategy": "staged",
        "task": "classification",
        "seed": None,
        "space": FAMILIES[settings["network"]]().model_dump(mode="json"),
        "training_space": plain.training_ranges().model_dump(mode="json"),
    }
    learned = FAMILIES[settings["network"]].learned
    for field in SearchSettings.options("search"):
        value, default = settings[field.name], defaults[field.name]
        if field.type is dict:
            for key, usual in default.items():
                if key not in learned and value.get(key, usual) != usual:
                    yield from (f"--{field.option}", f"{key}={_text(value[key])}")
        elif value != default and field.type is bool:
            yield f"--{field.option}" if value else f"--no-{field.option}"
        elif value != default:
            yield from (f"--{field.option}", _text(value))


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return ",".join(f"{label}={weight:g}" for label, weight in value.items())
    if isinstance(value, list):
        return ",".join(map(_text, value))
    return str(value)
