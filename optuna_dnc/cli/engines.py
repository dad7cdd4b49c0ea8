"""Options that say on which workers a search runs."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import typer

from optuna_dnc._errors import InputError
from optuna_dnc._passwords import without_passwords

if TYPE_CHECKING:
    from optuna_dnc.search import StagedSearch
    from optuna_dnc.tradeoff import TradeoffSearch

_ARGUMENTS = {"workers": "workers", "scheduler": "executor", "workers_per_gpu": "workers_per_gpu"}
"""Arguments of :meth:`optuna_dnc.search.StagedSearch.run`, by option."""


def split_engine(options: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Split options into those of a search and those of its run, by their Python names.

    Raises:
        InputError: Some cannot be used together.
    """
    from optuna_dnc._arguments import whole  # imports NumPy

    engine = {_ARGUMENTS[name]: value for name, value in options.items() if name in _ARGUMENTS}
    for name in ("workers", "workers_per_gpu"):
        if name in engine:  # may be of any type in a settings file
            engine[name] = whole(name, engine[name], least=int(name == "workers_per_gpu"))
    if "executor" in engine and not engine.get("workers"):
        raise InputError(
            "--scheduler needs --workers, the number of networks to train at a time; give both."
        )
    if "workers_per_gpu" in engine and not engine.get("workers"):
        raise InputError(
            "--workers-per-gpu needs --workers, the number of networks to train at a time; give "
            "both."
        )
    return {name: value for name, value in options.items() if name not in _ARGUMENTS}, engine


def prepare(search: StagedSearch | TradeoffSearch, options: Mapping[str, Any]) -> None:
    """Prepare a run for workers that are started by hand, and print their command.

    Args:
        search: The search.
        options: Options that the user has given.
    """
    from optuna_dnc.cli.tables import new_console, print_lines
    from optuna_dnc.runs.folder import RunFolder
    from optuna_dnc.runs.storage import for_other_processes

    search.prepare()
    folder = search.folder.path.resolve()
    words = ["optuna-dnc", "worker", str(folder)]
    where = ", on any machine that shares this folder"
    url = options.get("storage")
    prepared = f"{folder} is prepared, and nothing was trained."
    if url is None or url.startswith("sqlite"):
        where = " on this machine"
        if RunFolder(folder).tradeoff is None:
            prepared += (
                " To use several machines, prepare a search in a new folder with --storage."
            )
    if url is not None and without_passwords(url) != url:
        where += ", with the URL of the storage in OPTUNA_DNC_STORAGE"
    elif url is not None:
        words += ["--storage", for_other_processes(url)]
    print_lines(new_console(), [f"{prepared} Start any number of workers{where}:"])
    typer.echo(f"  {shlex.join(words)}")
