"""Command ``optuna-dnc check``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import typer

from optuna_dnc.cli.options import AsJson, Data, DataRoot, Device

if TYPE_CHECKING:
    from optuna_dnc.checks import CheckReport, Finding

FAILED = 1


def check(
    ctx: typer.Context,
    data: Data,
    data_root: DataRoot = None,
    device: Device = None,
    as_json: AsJson = False,
) -> None:
    """Check DATA before a search.

    The exit code is 1 if a check fails; warnings do not change it.
    """
    from optuna_dnc.checks import check as run_checks
    from optuna_dnc.cli.bar import counting_bar
    from optuna_dnc.cli.settings_file import collect

    options = collect({**ctx.obj, "data_root": data_root, "device": device}, None)
    with counting_bar(1) as show:
        show(0, "reading")
        report = run_checks(
            data,
            **options,
            on_check=lambda name, number, total: show(number / total, f"checking {name}"),
        )
    if as_json:
        typer.echo(json.dumps(report.to_dict(), indent=2))
    else:
        _print(report, ctx.command.params)
    if not report.passed:
        raise typer.Exit(FAILED)


def _print(report: CheckReport, params: Sequence[Any]) -> None:
    from optuna_dnc._formats import count
    from optuna_dnc.cli.tables import new_console, new_table, print_table

    console = new_console()
    console.print(f"{report.dataset}: {report.task}, checked with {report.network}", markup=False)
    table = new_table("check", "", n_left=2, wide="finding")
    for finding in report.findings:
        table.add_row(finding.check, _status(finding), _finding(finding, params))
    print_table(console, table)
    warnings, failures = report.count("warning"), report.count("failure")
    console.print(
        f"{count(len(report.findings), 'check')}: {count(warnings, 'warning')}, "
        f"{count(failures, 'failure')}."
    )


def _status(finding: Finding) -> Any:
    from rich.text import Text

    style = {"ok": "green", "warning": "bold yellow", "failure": "bold red"}[finding.status]
    return Text(finding.status, style=style)


def _finding(finding: Finding, params: Sequence[Any]) -> Any:
    from rich.text import Text

    from optuna_dnc.cli.option_names import with_option_names

    text = Text(finding.seen)
    if finding.advice:
        text.append(f"\n{with_option_names(finding.advice, params)}", style="bold")
    return text
