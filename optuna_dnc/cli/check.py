"""``optuna-dnc check``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from optuna_dnc.cli.search import search
from optuna_dnc.cli.shared_options import with_options_of

if TYPE_CHECKING:
    from optuna_dnc.checks import CheckReport, Finding

FAILED = 1


@with_options_of(search, ("network", "task", "max_train", "data_root"))
def check(
    data: Annotated[
        str,
        typer.Argument(
            metavar="DATA",
            help="digits, mnist, fashion-mnist, cifar10, cifar100, or FILE.npz with the arrays "
            "xtr, ytr, xte, yte; without a test set the first two.",
        ),
    ],
    val_fraction: Annotated[
        float, typer.Option(help="Share of the training data for validation.")
    ] = 0.2,
    seed: Annotated[int, typer.Option(help="Of the split.")] = 0,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda:N.")] = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    **options: Any,
) -> None:
    """Check DATA before a search; ends with 1 where a check fails, warnings do not count."""
    from optuna_dnc.checks import check as run_checks
    from optuna_dnc.cli.bar import counting_bar

    with counting_bar(1) as show:
        show(0, "reading")
        report = run_checks(
            data,
            val_fraction=val_fraction,
            seed=seed,
            device=device,
            on_check=lambda name, number, total: show(number / total, f"checking {name}"),
            **options,
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
