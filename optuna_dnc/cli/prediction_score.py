"""Quality of predictions for a file that has labels, as one line."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from optuna_dnc._errors import InputError
from optuna_dnc.data import Preprocessing
from optuna_dnc.evaluation.classification import label_scores
from optuna_dnc.evaluation.panel import text_of
from optuna_dnc.evaluation.prediction_panel import mean_scores, target_scores


def score_line(
    arrays: dict[str, NDArray[Any]],
    labels: NDArray[Any],
    preprocessing: Preprocessing,
    metric: str | None,
    weights: NDArray[np.float64] | None = None,
    *,
    weighted_by: str | None = None,
) -> str:
    """Return accuracy or error of predictions, and the metric of the search if it is another one.

    Args:
        arrays: ``predictions``, and for such a metric of classes also ``probabilities``.
        labels: As in the training data.
        preprocessing: Preprocessing of the network.
        metric: Metric of the search; None for the usual one.
        weights: ``(n,)`` weights of the samples; None if all count the same.
        weighted_by: Column with the weights of the search; None if it had none.
    """
    predictions = arrays["predictions"]
    kind = "Error" if preprocessing.classes is None else "Accuracy"
    kind = kind if preprocessing.label_values is None else "Hamming accuracy"
    if labels.shape != predictions.shape or _kind(labels) != _kind(predictions):
        return (
            f"{kind} not shown: the labels of the file are {labels.dtype} of shape "
            f"{labels.shape}, the predictions {predictions.dtype} of shape {predictions.shape}."
        )
    where = f"on the {len(labels):,} labels of the file"
    if preprocessing.classes is not None:
        found = f"{kind} {_mean(predictions == labels, weights):.4f} {where}"
    else:
        error = _mean(((predictions - labels) / preprocessing.y_divisor) ** 2, weights)
        found = f"{kind} {error:.4g} {where} (MSE over the variance of the training targets)"
    wanted = metric not in (None, "accuracy")
    scores = _scores(arrays, labels, preprocessing, weights) if wanted else {}
    if metric is not None and metric in scores:
        text = text_of(metric)
        found += f"; {text.title} {text.format(scores[metric])}"
    if weighted_by is not None:
        how = "weighted by" if weights is not None else "without the weights of the search,"
        found += f"; {how} {weighted_by}"
    return f"{found}."


def _mean(values: NDArray[Any], weights: NDArray[np.float64] | None) -> float:
    """Return the weighted mean over samples, and the mean over labels or targets."""
    return float(np.average(values.reshape(len(values), -1).mean(axis=1), weights=weights))


def _scores(
    arrays: dict[str, NDArray[Any]],
    labels: NDArray[Any],
    preprocessing: Preprocessing,
    weights: NDArray[np.float64] | None,
) -> dict[str, float]:
    """Return the metrics by name; none if there are labels that training did not have."""
    if preprocessing.classes is None:
        n = len(labels)
        true, predicted = (
            values.reshape(n, -1).astype(np.float64) for values in (labels, arrays["predictions"])
        )
        return mean_scores(target_scores(true, predicted, weights))
    try:
        encoded = preprocessing.encode_targets(labels).numpy()
    except InputError:
        return {}
    return dict(label_scores(encoded.astype(np.int64), arrays["probabilities"], weights))


def _kind(values: NDArray[Any]) -> str:
    """Return the kind of some values; values of one kind can be compared."""
    return {"i": "number", "u": "number", "f": "number"}.get(values.dtype.kind, values.dtype.kind)
