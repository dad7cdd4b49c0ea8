"""Analysis of the best network at the end of a search, for tables."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from optuna_dnc._files import write_sealed
from optuna_dnc._interruption import check_interrupted
from optuna_dnc.data import PreparedData, Samples
from optuna_dnc.runs.folder import SCHEMA
from optuna_dnc.runs.records import Record
from optuna_dnc.search.at_the_end import MOST_GROUPS, MOST_ROWS, seconds_of_tests
from optuna_dnc.search.context import SearchContext
from optuna_dnc.tasks import learning_task
from optuna_dnc.training.evaluation import evaluate, outputs_of
from optuna_dnc.training.permutation_importance import (
    Importance,
    feature_groups,
    permutation_importance,
)
from optuna_dnc.training.scoring import Scorer
from optuna_dnc.training.train import trained_network
from optuna_dnc.training.weights import Weights

FEWEST_ROWS = 30
"""Rows of a slice from which its error is told."""
N_SLICES = 12
"""Slices that are kept: those with the largest errors."""


class Trained(NamedTuple):
    """A network with its weights."""

    config: Any
    weights: Weights


def write_analysis(
    context: SearchContext, best: Record, searched: Weights, saved: Trained
) -> None:
    """Write analysis.json for tables, if there is time; delete that of an earlier network.

    Args:
        context: State of the search.
        best: Record of the best network.
        searched: Weights of the search, whose training has not seen the validation rows.
        saved: What the search saves; it may have been trained on all samples.
    """
    file = context.folder.analysis
    file.unlink(missing_ok=True)
    before = Trained(context.family.config_from_dict(best.config), searched)
    features = _importances(context, best, before)
    if features is None:
        return
    part = "test" if context.data.n_test else "validation"
    slices, error = _slices(context, saved if part == "test" else before, part)
    write_sealed(
        file,
        {
            "schema": SCHEMA,
            "trial": best.label,
            "n_rows": min(context.data.n_val, MOST_ROWS),
            "features": [asdict(feature) for feature in features],
            "slices": slices,
            "part": part,
            "part_error": error,
        },
    )


def _importances(
    context: SearchContext, best: Record, trained: Trained
) -> list[Importance] | None:
    data = context.data
    groups = feature_groups(data.preprocessing)
    late = context.limit.left < seconds_of_tests(best, data, n_tests=0)
    if late or not 0 < len(groups) <= MOST_GROUPS:
        return None
    network, scorer = _network(context, trained), Scorer.of(data)
    generator = torch.Generator().manual_seed(context.settings.seed)
    rows = torch.randperm(data.n_val, generator=generator)[:MOST_ROWS].to(data.val.x.device)
    x, y = data.val.x[rows], data.val.y[rows]

    def is_late() -> bool:
        check_interrupted()
        return context.limit.left <= 0

    return permutation_importance(
        lambda inputs: evaluate(network, Samples(inputs, y), data.task, data.device, scorer).error,
        x,
        groups,
        seed=context.settings.seed,
        is_late=is_late,
    )


def _slices(
    context: SearchContext, trained: Trained, part: str
) -> tuple[list[dict[str, Any]], float]:
    """Return the slices with the largest errors, and the error of all rows."""
    data, table = context.data, context.data.preprocessing.table
    samples = data.test if part == "test" else data.val
    errors = _errors(_network(context, trained), samples, data)
    if table is None:
        return [], float(errors.mean())
    from optuna_dnc.data.tables.slices import slices_of  # pyarrow, which only tables need

    large = (
        found
        for found in slices_of(table, data.preprocessing.raw(samples.x))
        if found.rows.sum() >= FEWEST_ROWS
    )
    worst = sorted(large, key=lambda found: -errors[found.rows].mean())[:N_SLICES]
    rows = [
        {
            "column": found.column,
            "what": found.what,
            "n": int(found.rows.sum()),
            "error": float(errors[found.rows].mean()),
        }
        for found in worst
    ]
    return rows, float(errors.mean())


def _errors(network: torch.nn.Module, samples: Samples, data: PreparedData) -> NDArray[np.float64]:
    """Return the error of each sample (n,): the share of wrong labels, or the squared error."""
    outputs, y = outputs_of(network, samples.x, data.device), samples.y.cpu()
    mistakes = learning_task(data.task).mistakes(outputs, y)
    if mistakes is not None:
        wrong: NDArray[np.float64] = mistakes.double().reshape(len(y), -1).mean(dim=1).numpy()
        return wrong
    relative = data.preprocessing.targets.relative
    distance = relative(outputs.double().numpy()) - relative(y.double().numpy())
    squares: NDArray[np.float64] = np.mean(distance**2, axis=1)
    return squares


def _network(context: SearchContext, trained: Trained) -> torch.nn.Module:
    return trained_network(context.family, trained.config, context.data, trained.weights)
