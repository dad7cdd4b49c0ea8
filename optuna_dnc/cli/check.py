"""``optuna-dnc check``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from optuna_dnc.cli.options import Data, DataRoot, Device

if TYPE_CHECKING:
    from optuna_dnc.checks import CheckReport, Finding

FAILED = 1


def check(
    ctx: typer.Context,
    data: Data,
    data_root: DataRoot = None,
    device: Device = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Check DATA before a search; ends with 1 where a check fails, warnings do not count."""
    from optuna_dnc.checks import check as run_checks
    from optuna_dnc.cli.bar import counting_bar

    given = {**ctx.obj, "data_root": data_root, "device": device}
    with counting_bar(1) as show:
        show(0, "reading")
        report = run_checks(
            data,
            **{name: value for name, value in given.items() if value is not None},
            on_check=lambda name, number, total: show(number / total, f"checking {name}"),
        )
    if as_json:
        typer.echo(json.dumps(report.to_dict(), indent=2))
    else:
        _print(report)
    if not report.passed:
        raise typer.Exit(FAILED)


def _print(report: CheckReport) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    from optuna_dnc.cli.formats import count
    from optuna_dnc.cli.result_view import WIDTH

    console = Console(highlight=False)
    console.width = min(console.width, WIDTH) if console.is_terminal else WIDTH
    console.print(f"{report.dataset}: {report.task}, checked with {report.network}", markup=False)
    table = Table(box=SIMPLE_HEAD, padding=(0, 1), pad_edge=False)
    table.add_column("check", no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_column("seen", ratio=1)
    for finding in report.findings:
        table.add_row(finding.check, _status(finding), _seen(finding))
    console.print(table)
    warnings, failures = report.count("warning"), report.count("failure")
    console.print(
        f"{count(len(report.findings), 'check')}: {count(warnings, 'warning')}, "
        f"{count(failures, 'failure')}."
    )


def _status(finding: Finding) -> Any:
    from rich.text import Text

    style = {"ok": "green", "warning": "bold yellow", "failure": "bold red"}[finding.status]
    return Text(finding.status, style=style)


def _seen(finding: Finding) -> Any:
    from rich.text import Text

    text = Text(finding.seen)
    if finding.advice:
        text.append(f"\n{finding.advice}", style="bold")
    return text
