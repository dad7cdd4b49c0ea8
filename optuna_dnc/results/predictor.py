"""Networks loaded from disk, and their predictions for raw samples, batch by batch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from optuna_dnc._errors import InputError, brief
from optuna_dnc._files import DamagedFile, check_intact
from optuna_dnc.data import Preprocessing
from optuna_dnc.data.arrays import as_labels
from optuna_dnc.data.tables.options import DataOptions
from optuna_dnc.evaluation import EvaluationPanel, panel_of
from optuna_dnc.nets import NetworkFamily
from optuna_dnc.nets.size_check import check_no_larger
from optuna_dnc.results.given_samples import GivenSamples, given_weights
from optuna_dnc.training import on_device, outputs_of, votes
from optuna_dnc.training.weights import load_weights
from optuna_dnc.training.weights_header import shapes_in

BATCH = 1024
"""Number of samples that are normalized and predicted at once, which bounds memory."""

OnProgress: TypeAlias = Callable[[int], None]
"""Called after each batch with the number of samples predicted so far."""

Scalar = TypeVar("Scalar", bound=np.generic)


def load_network(
    family: NetworkFamily,
    config: Any,
    weights: Path,
    *,
    input_shape: tuple[int, ...],
    n_outputs: int,
    digests: Mapping[str, Any],
    remedy: str,
    device: str | torch.device = "cpu",
) -> nn.Module:
    """Build a network in eval mode and load its weights from a file.

    Args:
        family: Network family of the config.
        config: Config of the network.
        weights: The file.
        input_shape: Shape of one sample.
        n_outputs: Number of outputs.
        digests: SHA-256 by file name, see :func:`optuna_dnc._files.check_intact`.
        remedy: How to restore the file, as the end of a sentence.
        device: Device of the network.

    Raises:
        DamagedFile: The file is missing, damaged, or of another network.
        InputError: The network would be larger than its weights; it is not built.
    """
    check_intact(weights, digests, remedy)
    try:
        check_no_larger(family, config, input_shape, n_outputs, shapes_in(weights))
        with torch.random.fork_rng(devices=[]):  # initial weights are drawn, and replaced
            network = family.build(config, input_shape, n_outputs)
        network.load_state_dict(load_weights(weights))
    except DamagedFile as error:
        raise DamagedFile(weights, error.reason, remedy) from None
    except FileNotFoundError:
        raise DamagedFile(weights, "it is missing", remedy) from None
    except RuntimeError as error:
        raise DamagedFile(weights, f"it holds another network: {brief(error)}", remedy) from None
    return on_device(network, torch.device(device), channels_last=family.convolutional).eval()


@dataclass(frozen=True)
class Predictor:
    """Weighted networks on one device, with their preprocessing."""

    models: tuple[nn.Module, ...]
    """Networks in eval mode."""
    weights: tuple[float, ...]
    """One per model; they sum to 1."""
    preprocessing: Preprocessing
    device: torch.device
    options: DataOptions = field(default_factory=DataOptions)
    """Options of the training data, by which files are read and samples are weighted."""

    def given(self, x: Any) -> GivenSamples:
        """Return raw samples or those of a file, with the labels and weights beside them.

        Raises:
            InputError: The file cannot be read.
        """
        return GivenSamples.of(x, self.preprocessing, self.options)

    def predict(self, x: Any, on_progress: OnProgress | None = None) -> NDArray[np.generic]:
        """Predict labels ``(n,)`` or values, in the targets' unit, of ``x (n, *input_shape)``."""
        decode = self.preprocessing.decode
        return _joined([decode(scores) for scores in self._scores(x, on_progress)])

    def predict_proba(self, x: Any, on_progress: OnProgress | None = None) -> NDArray[np.float64]:
        """Predict probabilities ``(n, n_classes)`` of ``x``, in the order of the sorted classes.

        For several labels, predict the probability of each label, ``(n, labels)``.

        Raises:
            InputError: The task is regression, which has no classes.
        """
        if self.preprocessing.classes is None:
            raise InputError(
                "predict_proba needs a classification, and this network was trained for "
                "regression; use predict."
            )
        return _joined([scores.numpy() for scores in self._scores(x, on_progress)])

    def evaluate(
        self, x: Any, y: Any = None, metric: str | None = None, sample_weight: Any = None
    ) -> EvaluationPanel:
        """Measure the networks on samples ``x`` with targets ``y``, as in the training data.

        Args:
            x: Raw samples ``(n, *input_shape)``, or the path of a file with them. Rows count by
                the weights of the training data if they have their column.
            y: Labels ``(n,)``, or targets ``(n,)`` or ``(n, targets)`` in their unit; None for
                the columns of a data frame or file ``x`` that were the targets in training.
            metric: Main metric; see :func:`optuna_dnc.evaluation.panel_of`.
            sample_weight: Weights ``(n,)`` of the samples; None for those that ``x`` has.

        Raises:
            InputError: There are no samples, or ``y`` or the weights do not fit them.
        """
        data, given = self.preprocessing, self.given(x)
        y = given.labels if y is None else y
        if y is None:
            raise InputError("y must be given: x has no target columns; add it.")
        encoded = data.encode_targets(y)
        if data.classes is None:
            true = as_labels(y, "y").reshape(len(encoded), -1).astype(np.float64)
            predicted = self.predict(given.x).reshape(-1, true.shape[1]).astype(np.float64)
        else:
            true, predicted = encoded.numpy().astype(np.int64), self.predict_proba(given.x)
        if len(true) != len(predicted):
            raise InputError(
                f"y has {len(true)} targets and x {len(predicted)} samples; give one for each."
            )
        weights = given.weights
        if sample_weight is not None:
            weights = given_weights(sample_weight, len(true))
        return panel_of(true, predicted, data.classes, metric, data.output_names, weights)

    def _scores(self, x: Any, on_progress: OnProgress | None) -> Iterator[torch.Tensor]:
        """Yield the weighted mean of the votes for each batch, ``(b, n_outputs)`` on the CPU."""
        n_done = 0
        for part in self._parts(x):
            inputs = torch.empty(part.shape, dtype=torch.float32)
            self.preprocessing.write(inputs, part)
            scores = self._mean(inputs)
            _check_finite(scores, n_done)
            yield scores
            n_done += len(part)
            if on_progress is not None:
                on_progress(n_done)

    def _parts(self, x: Any) -> Iterator[NDArray[Any]]:
        """Yield the checked samples of each batch; files of images are read batch by batch."""
        checked = self.preprocessing.checked
        x = self.given(x).x
        files = self.preprocessing.files_in(x)
        if files is not None:
            for start in range(0, len(files), BATCH):
                yield checked(files[start : start + BATCH])
            return
        array = checked(x)
        for start in range(0, max(1, len(array)), BATCH):
            yield array[start : start + BATCH]

    def _mean(self, inputs: torch.Tensor) -> torch.Tensor:
        task = self.preprocessing.task
        total = None
        for model, weight in zip(self.models, self.weights, strict=True):
            vote = weight * votes(outputs_of(model, inputs, self.device), task)
            total = vote if total is None else total + vote
        assert total is not None
        return total


def _check_finite(scores: torch.Tensor, n_before: int) -> None:
    """Raise if outputs are not finite; the message has the row, counted from 0."""
    is_finite = scores.isfinite().all(dim=1)
    if not is_finite.all():
        row = n_before + int(torch.argmin(is_finite.int()))
        raise InputError(
            f"x: the values in row {row} (counted from 0) are so far from those of the training "
            "data that the network has no finite answer; correct them."
        )


def _joined(batches: list[NDArray[Scalar]]) -> NDArray[Scalar]:
    return batches[0] if len(batches) == 1 else np.concatenate(batches)
