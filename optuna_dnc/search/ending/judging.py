"""Evaluation of the final network: a panel of metrics, and a comparison with simple models.

It comes after the network has been saved, and never makes a search with a time limit late.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from numpy.typing import NDArray
from torch import nn

from optuna_dnc._errors import InputError
from optuna_dnc._files import write_sealed
from optuna_dnc.data import PreparedData, Samples
from optuna_dnc.evaluation.comparison import NAMES, NO_TIME, TOO_SHORT, Comparison, Part
from optuna_dnc.evaluation.floor_times import (
    PANEL_SECONDS,
    SHARE,
    SHORTEST_LIMIT,
    load_scikit_learn,
    seconds_without_limit,
)
from optuna_dnc.evaluation.floors import FloorData, floors_on
from optuna_dnc.evaluation.panel import EvaluationPanel
from optuna_dnc.results.answers import in_unit, panel_on
from optuna_dnc.runs.choice import answer_summary
from optuna_dnc.runs.records import Record
from optuna_dnc.search.context import SearchContext
from optuna_dnc.search.search_result import SearchResult
from optuna_dnc.training.all_samples import with_validation_samples
from optuna_dnc.training.train import trained_network
from optuna_dnc.training.weights import load_weights

MOST_CLASSES = 30
"""Classes from which result.json has no confusion matrix."""

TOO_LONG = f"it would take more than {100 * SHARE:.0f} % of the time of the search"


def judged(context: SearchContext, best: Record, result: SearchResult) -> SearchResult:
    """Add the entry ``evaluation`` of the final network to result.json, unless it is complete.

    Args:
        context: State of the search.
        best: Record of the answer.
        result: The result in the folder of the search.
    """
    known = Comparison.of(answer_summary(result.summary))
    if known is not None and not known.lacks_time:
        return result
    comparison = _compared(context, best, result)
    if known is not None and not comparison.has_more_than(known):
        return result
    summary, entry = dict(result.summary), {"evaluation": comparison.to_dict()}
    if result.chosen is None:
        summary |= entry
    else:
        summary["chosen"] = summary["chosen"] | entry
    write_sealed(context.folder.result, summary)
    return SearchResult.load(result.path, family=context.family)


def _compared(context: SearchContext, best: Record, result: SearchResult) -> Comparison:
    data, limit = context.data, context.limit
    last = answer_summary(result.summary).get("refit") or {"is_kept": False}
    part: Part = "test" if data.n_test else "validation"
    trained = with_validation_samples(data) if data.n_test and last["is_kept"] else data

    def without(reason: str) -> Comparison:
        skipped = dict.fromkeys(NAMES, reason)
        return Comparison(part=part, n_train=trained.n_train, panel=None, skipped=skipped)

    if limit.seconds < SHORTEST_LIMIT:
        return without(TOO_SHORT)
    if limit.left < PANEL_SECONDS:
        return without(NO_TIME)
    if data.n_test or not last["is_kept"]:
        network = result.model(data.device)
    elif (before := _network_before(context, best)) is not None:
        network = before
    else:
        return without("the weights before the final training no longer exist")
    load_scikit_learn()
    samples = data.test if data.n_test else data.val
    panel, true = panel_on(network, samples, data, result.main_metric)
    left, too_long = _clock(context)
    floors, skipped = floors_on(_floor_data(trained, samples, true), left, too_long)
    return Comparison(
        part=part, n_train=trained.n_train, panel=_stored(panel), floors=floors, skipped=skipped
    )


def _clock(context: SearchContext) -> tuple[Callable[[], float], str]:
    """Return a function that tells the seconds left, and why a model is left out."""
    if context.limit.is_set:
        return lambda: context.limit.left, NO_TIME
    searched = sum(record.seconds for record in context.ledger.records)
    end = time.monotonic() + seconds_without_limit(searched)
    return lambda: end - time.monotonic(), TOO_LONG


def _network_before(context: SearchContext, best: Record) -> nn.Module | None:
    """Return the network as the search trained it; None if its weights are gone."""
    checkpoint = context.peers.checkpoint(context, best.key)
    if checkpoint is None:
        return None
    config, data = context.family.config_from_dict(best.config), context.data
    try:
        return trained_network(context.family, config, data, load_weights(checkpoint))
    except (InputError, RuntimeError):
        return None


def _floor_data(data: PreparedData, samples: Samples, true: NDArray[Any]) -> FloorData:
    classes, table = data.preprocessing.classes, data.preprocessing.table
    return FloorData(
        x=data.train.x.flatten(1).cpu().numpy(),
        y=data.train.y.cpu().numpy(),
        x_test=samples.x.flatten(1).cpu().numpy(),
        true=true,
        n_classes=None if classes is None else len(classes),
        n_codes=() if table is None else table.n_codes,
        decode=lambda values: in_unit(data, torch.from_numpy(values)),
        weights=_array(data.training_weights),
        sample_weights=_array(data.train.weights),
        test_weights=_array(samples.weights),
    )


def _array(weights: torch.Tensor | None) -> NDArray[Any] | None:
    return None if weights is None else weights.cpu().numpy()


def _stored(panel: EvaluationPanel) -> EvaluationPanel:
    """Return the panel as result.json has it."""
    many = panel.classes is not None and len(panel.classes) > MOST_CLASSES
    return replace(panel, confusion=None) if many else panel
