"""Command ``optuna-dnc tradeoff``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from optuna_dnc._errors import InputError
from optuna_dnc.cli.clock import with_time_limit
from optuna_dnc.cli.long_running import long_running
from optuna_dnc.cli.options import (
    Config,
    DataRoot,
    Device,
    Log,
    NWorkers,
    Quiet,
    Refit,
    Scheduler,
    Timeout,
    WorkersPerGpu,
)
from optuna_dnc.cli.settings_command import SettingsCommand
from optuna_dnc.cli.settings_file import collect, option_of
from optuna_dnc.cli.usual_limit import limit_if_long

if TYPE_CHECKING:
    from optuna_dnc.tradeoff import Tradeoff


class SeveralWeights(SettingsCommand):
    """Command that accepts ``--wc 0 0.1 1`` for ``--wc 0 --wc 0.1 --wc 1``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the command line."""
        return super().parse_args(ctx, _repeated(args, "--wc"))


def tradeoff(
    ctx: typer.Context,
    data: Annotated[
        str,
        typer.Argument(
            metavar="DATA|DIR",
            help="A data set, as in search; or a folder that contains runs, which are compared "
            "without training anything.",
        ),
    ],
    wc: Annotated[
        list[str] | None,
        typer.Option(
            metavar="WC WC ...",
            help="Weights of the cost against the error (default: 0 0.01 0.1 1 10).",
            rich_help_panel="Objective",
        ),
    ] = None,
    pruner: Annotated[
        str | None,
        typer.Option(
            help="Pruner of stages 1 and 3, or of the joint searches: none or median (default: "
            "none).",
            rich_help_panel="Search strategy",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder of all runs (default: runs/NAME_OF_THE_DATA-tradeoff, with a "
            "number appended if that holds another trade-off)."
        ),
    ] = None,
    data_root: DataRoot = None,
    device: Device = None,
    timeout: Timeout = None,
    refit: Refit = None,
    log: Log = None,
    workers: NWorkers = None,
    scheduler: Scheduler = None,
    workers_per_gpu: WorkersPerGpu = None,
    config: Config = None,
    quiet: Quiet = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print tradeoff.json instead of the table.")
    ] = False,
) -> None:
    """Search with several weights of the cost; the searches share their training runs.

    Run the same command again to resume.
    """
    # Slow imports, which --help does without.
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    given = {
        **ctx.obj,
        "wc": wc and _words(wc),
        "pruner": pruner,
        "out": out,
        "data_root": data_root,
        "device": device,
        "timeout": timeout,
        "refit": refit,
        "log": log or None,
        "workers": workers,
        "scheduler": scheduler,
        "workers_per_gpu": workers_per_gpu,
    }
    compares = Path(data).is_dir() and not _is_name(data)
    if compares:
        result = _compare(Path(data), {**given, "config": config})
    else:
        found = _search(data, collect(given, config), quiet=quiet)
        if found is None:
            return
        result = found
    figures = _draw(result)
    if as_json:
        typer.echo(json.dumps(result.summary, indent=2))
    else:
        from optuna_dnc.cli.tradeoff_view import print_tradeoff

        print_tradeoff(result, figures, resumable=not compares)


def _search(data: str, options: dict[str, Any], *, quiet: bool) -> Tradeoff | None:
    """Run the searches; None if they are only prepared."""
    from optuna_dnc.cli.engines import prepare, split_engine
    from optuna_dnc.cli.tradeoff_view import TradeoffProgress
    from optuna_dnc.search.progress.display import Progress
    from optuna_dnc.tradeoff import TradeoffSearch

    options, engine = split_engine(options)
    wc = options.get("wc")
    if wc is not None and not isinstance(wc, list):
        options["wc"] = [wc]
    timed = with_time_limit(options)
    with long_running(), Progress(not quiet) as progress:
        search = TradeoffSearch(data, on_event=TradeoffProgress(progress), **timed)
        limit_if_long([*search.searches.values()], options, engine)
        if engine.get("workers") == 0:
            prepare(search, options)
            return None
        return search.run(**engine, display=progress)


def _compare(folder: Path, given: dict[str, Any]) -> Tradeoff:
    from optuna_dnc.tradeoff import Tradeoff

    unused = [f"--{option_of(name)}" for name, value in given.items() if value is not None]
    if unused:
        raise InputError(
            f"{folder} is a folder whose runs are compared as they are; leave out "
            f"{', '.join(unused)}, or give a data set."
        )
    result = Tradeoff.load(folder)
    result.save()
    return result


def _draw(result: Tradeoff) -> Path | str:
    """Write the figures and return their file, or why they cannot be written."""
    try:
        from optuna_dnc.report.tradeoff import write_tradeoff_report

        return write_tradeoff_report(result)
    except InputError as error:
        return str(error)


def _is_name(data: str) -> bool:
    from optuna_dnc.data import DATASET_NAMES

    return data.lower() in DATASET_NAMES


def _words(texts: Sequence[str]) -> list[str]:
    return [word for text in texts for word in text.replace(",", " ").split()]


def _repeated(arguments: Sequence[str], option: str) -> list[str]:
    """Repeat an option before each of its further values."""
    repeated: list[str] = []
    n_values = None
    for argument in arguments:
        if argument.partition("=")[0] == option:
            n_values = int("=" in argument)
        elif n_values is not None and _is_value(argument):
            repeated += [option] if n_values else []
            n_values += 1
        else:
            n_values = None
        repeated.append(argument)
    return repeated


def _is_value(text: str) -> bool:
    if not text.startswith("-"):
        return True
    try:
        float(text)
    except ValueError:
        return False
    return True
