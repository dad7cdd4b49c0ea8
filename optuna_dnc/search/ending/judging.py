"""Evaluation of the final network: a panel of metrics, and a comparison with simple models.

It comes after the network has been saved, and never makes a search with a time limit late.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import accumulate
from typing import Any

import torch
from numpy.typing import NDArray

from optuna_dnc._files import write_sealed
from optuna_dnc.data import PreparedData, Samples
from optuna_dnc.data.prepared_data import joined
from optuna_dnc.evaluation.comparison import NAMES, NO_TIME, TOO_SHORT, Comparison, Part
from optuna_dnc.evaluation.floor_times import (
    SHARE,
    fits_judgement,
    load_scikit_learn,
    seconds_to_begin,
    seconds_without_limit,
)
from optuna_dnc.evaluation.floors import FloorData, FloorSplit, floors_on
from optuna_dnc.evaluation.panel import EvaluationPanel
from optuna_dnc.results.answers import in_unit, panel_on
from optuna_dnc.runs.choice import answer_summary
from optuna_dnc.runs.records import Record
from optuna_dnc.search.context import SearchContext
from optuna_dnc.search.search_result import SearchResult
from optuna_dnc.training import outputs_of
from optuna_dnc.training.all_samples import with_validation_samples
from optuna_dnc.training.weights import validation_outputs_in
from optuna_dnc.training.weights_header import temperature_in

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
    about: dict[str, Any] = {"part": part, "n_train": trained.n_train}

    def without(reason: str) -> Comparison:
        return Comparison(**about, panel=None, skipped=dict.fromkeys(NAMES, reason))

    if limit.left < limit.slowdown * seconds_to_begin():
        return without(NO_TIME if fits_judgement(limit.seconds) else TOO_SHORT)
    if data.n_test:
        outputs = outputs_of(result.model(data.device), data.test.x, data.device)
        splits = [(trained, data.test)]
    elif (kept := _validation_outputs(context, best)) is not None and (
        validated := _validated(data, len(kept))
    ):
        outputs, splits = kept, validated
        about["n_folds"] = len(splits)
    else:
        return without("the validation outputs of the network no longer exist")
    load_scikit_learn()
    samples = joined([predicted for _, predicted in splits])
    panel, true = panel_on(outputs, samples, data, result.main_metric)
    left, too_long = _clock(context)
    floors, skipped = floors_on(
        _floor_data(data, splits, samples, true), left, too_long, limit.slowdown
    )
    return Comparison(**about, panel=_stored(panel), floors=floors, skipped=skipped)


def _clock(context: SearchContext) -> tuple[Callable[[], float], str]:
    """Return a function that tells the seconds left, and why a model is left out."""
    if context.limit.is_set:
        return lambda: context.limit.left, NO_TIME
    searched = sum(record.seconds for record in context.ledger.records)
    end = time.monotonic() + seconds_without_limit(searched)
    return lambda: end - time.monotonic(), TOO_LONG


def _validation_outputs(context: SearchContext, best: Record) -> torch.Tensor | None:
    """Return the calibrated outputs for the validation samples, of networks not trained on them.

    None if they are gone.
    """
    checkpoint = context.peers.checkpoint(context, best.key)
    outputs = None if checkpoint is None else validation_outputs_in(checkpoint)
    if checkpoint is None or outputs is None:
        return None
    return outputs / (temperature_in(checkpoint) or 1.0)


def _validated(data: PreparedData, n: int) -> list[tuple[PreparedData, Samples]]:
    """Return the data of the folds whose n validation samples come first; none if n is no end."""
    ends = list(accumulate(map(len, data.validated)))
    if n not in ends:
        return []
    folds = data.folds[: ends.index(n) + 1]
    if not folds:
        return [(data, data.val)]
    return [
        (replace(data, train=data.pool[data.rows_besides(fold)]), data.pool[fold])
        for fold in folds
    ]


def _floor_data(
    data: PreparedData,
    splits: Sequence[tuple[PreparedData, Samples]],
    samples: Samples,
    true: NDArray[Any],
) -> FloorData:
    classes, table = data.preprocessing.classes, data.preprocessing.table
    return FloorData(
        splits=[_floor_split(trained, predicted) for trained, predicted in splits],
        true=true,
        n_classes=None if classes is None else len(classes),
        n_codes=() if table is None else table.n_codes,
        decode=lambda values: in_unit(data, torch.from_numpy(values)),
        test_weights=_array(samples.weights),
    )


def _floor_split(trained: PreparedData, predicted: Samples) -> FloorSplit:
    return FloorSplit(
        x=trained.train.x.flatten(1).cpu().numpy(),
        y=trained.train.y.cpu().numpy(),
        x_test=predicted.x.flatten(1).cpu().numpy(),
        weights=_array(trained.training_weights),
        sample_weights=_array(trained.train.weights),
    )


def _array(weights: torch.Tensor | None) -> NDArray[Any] | None:
    return None if weights is None else weights.cpu().numpy()


def _stored(panel: EvaluationPanel) -> EvaluationPanel:
    """Return the panel as result.json has it."""
    many = panel.classes is not None and len(panel.classes) > MOST_CLASSES
    return replace(panel, confusion=None) if many else panel
