"""Command ``optuna-dnc status``."""

from __future__ import annotations

import gc
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from optuna_dnc._errors import InputError
from optuna_dnc.cli.options import AsJson, RunFolder, StorageOfSearch
from optuna_dnc.cli.tradeoff_folders import holds_tradeoff

if TYPE_CHECKING:
    from pathlib import Path

    from optuna_dnc.runs import SearchStatus
    from optuna_dnc.tradeoff.status import TradeoffStatus

SECONDS_BETWEEN = 2.0
"""Between two looks at a running search."""


def status(
    folder: RunFolder,
    storage: StorageOfSearch = None,
    watch: Annotated[
        bool,
        typer.Option("--watch", "-w", help="Update the display until the search ends."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show the progress of a search and its best network so far, or of all of a trade-off."""
    if watch and as_json:
        raise InputError("--watch shows text; drop --json, or drop --watch to print JSON once.")
    with _collector_paused():
        import optuna

        from optuna_dnc.cli.status_view import status_as_dict

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        status = _status(folder, storage)
    if as_json:
        typer.echo(json.dumps(status_as_dict(status), indent=2))
    elif watch:
        _show(_until_end(folder, storage, status))
    else:
        _show(iter([status]))


def _status(folder: Path, storage: str | None) -> SearchStatus | TradeoffStatus:
    if holds_tradeoff(folder, storage):
        from optuna_dnc.tradeoff.status import tradeoff_status

        return tradeoff_status(folder)
    from optuna_dnc.runs import search_status

    return search_status(folder, storage)


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Pause the garbage collector, which takes an eighth of a command that mostly imports."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _until_end(
    folder: Path, storage: str | None, status: SearchStatus | TradeoffStatus
) -> Iterator[SearchStatus | TradeoffStatus]:
    """Yield the status of a search until no process works on it; one without workers waits."""
    yield status
    while status.is_live or status.state == "new":
        time.sleep(SECONDS_BETWEEN)
        status = _status(folder, storage)
        yield status


def _show(statuses: Iterator[SearchStatus | TradeoffStatus]) -> None:
    """Show each status in place of the last one on a terminal, or below it if it differs."""
    from rich.live import Live
    from rich.text import Text

    from optuna_dnc._formats import wrapped
    from optuna_dnc.cli.status_view import status_lines
    from optuna_dnc.cli.tables import new_console, print_lines

    console = new_console()
    if not console.is_terminal:
        shown: list[str] = []
        for status in statuses:
            lines = list(status_lines(status))
            if lines != shown:
                print_lines(console, [*([""] if shown else []), *lines])
            shown = lines
        return
    with Live(console=console, auto_refresh=False, vertical_overflow="visible") as live:
        for status in statuses:
            parts = [
                part for line in status_lines(status) for part in wrapped(line, console.width)
            ]
            live.update(Text("\n".join(parts)), refresh=True)
