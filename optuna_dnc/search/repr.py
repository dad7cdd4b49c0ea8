"""How a result shows itself in a notebook."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from optuna_dnc.search.result import SearchResult


def html_of_result(result: SearchResult) -> str:
    """A small table: the network, how good it is and what it costs, everything escaped."""
    best, summary = result.best, result.summary
    kind = "error" if best.val_accuracy is None else "accuracy"
    rows = {
        "network": str(best.config),
        f"test {kind}": _quality(best.test_accuracy, best.test_error),
        f"validation {kind}": _quality(best.val_accuracy, best.val_error),
        "parameters": f"{best.n_params:,}",
        "seconds per epoch": f"{best.t_epoch:.3g}",
        "folder": str(result.path),
    }
    title = f"{summary['network']} on {summary['dataset']}, wc {summary['wc']:g}"
    if not result.complete:
        title += "; the search is not complete"
    cells = "".join(
        f'<tr><th style="text-align: left">{escape(name)}</th>'
        f'<td style="text-align: left">{escape(value)}</td></tr>'
        for name, value in rows.items()
        if value
    )
    caption = f'<caption style="text-align: left">{escape(title)}</caption>'
    return f"<table>{caption}<tbody>{cells}</tbody></table>"


def _quality(accuracy: float | None, error: float | None) -> str:
    """Empty where there is no test set."""
    if accuracy is not None:
        return f"{accuracy:.2%}"
    return "" if error is None else f"{error:.4g}"
