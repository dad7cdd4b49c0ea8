"""Panel of metrics of a network on prepared samples."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from optuna_dnc.data import PreparedData, Samples
from optuna_dnc.evaluation import EvaluationPanel, panel_of
from optuna_dnc.training import votes


def panel_on(
    outputs: torch.Tensor, samples: Samples, data: PreparedData, metric: str | None
) -> tuple[EvaluationPanel, NDArray[Any]]:
    """Return the panel of a network on prepared samples, and their true targets.

    That is class indices ``(n,)``, labels ``(n, labels)``, or targets ``(n, targets)`` in their
    unit.

    Args:
        outputs: ``(n, n_outputs)`` of the network for the samples.
        samples: Some samples of the data.
        data: The data.
        metric: Main metric; see :func:`optuna_dnc.evaluation.panel_of`.
    """
    scores = votes(outputs, data.task)
    true: NDArray[Any]
    if data.preprocessing.classes is not None:
        true, predicted = samples.y.cpu().numpy().astype(np.int64), scores.numpy()
    else:
        true, predicted = in_unit(data, samples.y), in_unit(data, scores)
    about = data.preprocessing
    weights = None if samples.weights is None else samples.weights.double().cpu().numpy()
    panel = panel_of(true, predicted, about.classes, metric, about.output_names, weights)
    return panel, true


def in_unit(data: PreparedData, values: torch.Tensor) -> NDArray[np.float64]:
    """Return standardized values ``(n, targets)`` in the unit of the targets."""
    decoded = data.preprocessing.decode(values)
    return np.asarray(decoded, dtype=np.float64).reshape(len(values), -1)
