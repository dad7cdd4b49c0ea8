"""Comparison of a refitted network with the simple models of the search."""

from __future__ import annotations

from optuna_dnc.data import PreparedData
from optuna_dnc.evaluation import Comparison
from optuna_dnc.refit.result import Refit
from optuna_dnc.results.answers import panel_on
from optuna_dnc.results.finished_search import FinishedSearch
from optuna_dnc.training import outputs_of


def compared(network: Refit, result: FinishedSearch, data: PreparedData) -> Comparison | None:
    """Measure a refitted network on the test set; None without one."""
    if not data.n_test:
        return None
    outputs = outputs_of(network.model(data.device), data.test.x, data.device)
    panel, _ = panel_on(outputs, data.test, data, result.main_metric)
    known = Comparison.of(result.summary)
    on_test = known is not None and known.part == "test"
    return Comparison(
        part="test",
        n_train=network.n_samples,
        panel=panel,
        floors=known.floors if known is not None and on_test else (),
    )
