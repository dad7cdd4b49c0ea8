"""Check of the columns of a table."""

from __future__ import annotations

from optuna_dnc.checks.report import Finding
from optuna_dnc.data.tables.summary import column_facts, column_lines
from optuna_dnc.data.tables.table import Table


def check_columns(table: Table) -> Finding:
    """Report the kinds of the columns; warn of those that no network sees."""
    lines = column_lines(table)
    left_out = [line for line in lines if line.startswith("Left out")]
    seen = "\n".join(line for line in lines if line not in left_out)
    advice = "If that is wrong, give their kinds with kind=."
    details = {"columns": column_facts(table)}
    return Finding(
        "columns",
        seen,
        "warning" if left_out else "ok",
        " ".join([*left_out, advice]).strip(),
        details,
    )
