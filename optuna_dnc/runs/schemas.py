"""Schemas of the JSON files of a run: names, types and bounds.

A run may come from somebody else, or may have been edited. Each file is checked as a whole before
it is used.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from optuna_dnc._errors import shown
from optuna_dnc._limits import MOST_EPOCHS
from optuna_dnc._validation import Int, Real, Whole
from optuna_dnc.data import Task
from optuna_dnc.objectives import costs_from_dict
from optuna_dnc.runs.schema_types import (
    Count,
    Finite,
    Fraction,
    Json,
    Measured,
    Name,
    Positive,
    Seconds,
    Stored,
    Text,
)
from optuna_dnc.runs.stored_preprocessing import StoredPreprocessing
from optuna_dnc.tasks import learning_task

Scores = dict[Name, Finite]


class StoredFloor(Stored):
    """One of the ``floors``: a simple model."""

    name: Name
    scores: Scores
    seconds: Seconds


class StoredPanel(Stored):
    """``panel``: the metrics of the network."""

    task: Task
    n_samples: Count
    metric: Name
    interval: Annotated[list[Finite], Field(min_length=2, max_length=2)] | None
    is_weighted: bool = False  # not in early versions
    scores: Scores
    classes: list[bool] | list[int] | list[str] | None
    confusion: list[list[Count]] | None
    by_target: list[Scores]
    targets: list[Name] = Field(default_factory=list)  # not in early versions
    points: list[list[Annotated[list[Finite], Field(min_length=2, max_length=2)]]]

    @model_validator(mode="after")
    def _fits_together(self) -> StoredPanel:
        if self.metric not in self.scores:
            raise ValueError("metric must be one of the scores")
        if self.confusion is not None:
            n_classes = len(self.classes or ())
            lengths = {len(self.confusion), *map(len, self.confusion)}
            if lengths != {n_classes}:
                raise ValueError("confusion must have a row and a column for each class")
        return self


class StoredEvaluation(Stored):
    """``evaluation`` of result.json."""

    part: Literal["test", "validation"]
    n_train: Count
    panel: StoredPanel | None
    floors: list[StoredFloor]
    skipped: dict[Name, Text]


class StoredTraining(Stored):
    """Training of a network; :class:`optuna_dnc.training.TrainingConfig` checks the rest."""

    epochs: Annotated[Int, Field(ge=1, le=MOST_EPOCHS)]
    batch_size: Annotated[Whole, Field(ge=2)]
    lr: Positive
    weight_decay: Annotated[Real, Field(ge=0)]


class StoredCosts(Stored):
    """Costs of a network; early versions wrote the first two alone."""

    n_params: Count
    t_epoch: Seconds
    costs: dict[Name, Annotated[Real, Field(ge=0)]] = Field(default_factory=dict)


class StoredNetwork(StoredCosts):
    """Measured network."""

    loss: Real
    stage: Name
    trial_number: Count
    training: StoredTraining
    val_accuracy: Fraction | None
    val_metric: Measured | None = None


class StoredScores(Stored):
    """Scores of a network; early versions wrote the first two alone."""

    test_error: Measured | None
    test_accuracy: Fraction | None
    metric: Name | None = None
    val_metric: Measured | None = None
    test_metric: Measured | None = None


class StoredBest(StoredNetwork, StoredScores):
    """``best`` of result.json."""

    config: Json
    val_error: Measured


class StoredLeader(StoredNetwork):
    """One of the ``leaders`` of result.json."""

    network: Text
    error: Measured
    # Early versions did not write the next two: their leaders are trainings, not architectures.
    n_trainings: Count = 1
    on_front: bool = False


class StoredStage(Stored):
    """One of the ``stages`` of result.json."""

    name: Name
    n_trials: Count
    n_trained: Count
    # Early versions did not write the next two.
    n_pruned: Count = 0
    epochs: Count = 0
    best_loss: Real | None
    seconds: Seconds


class StoredOrigin(Stored):
    """``transferred_from`` of result.json."""

    path: Text
    dataset: Name


class StoredQuality(StoredScores):
    """Quality of a network."""

    val_error: Measured | None
    val_accuracy: Fraction | None


class StoredFinalTraining(Stored):
    """``refit`` of result.json."""

    is_kept: bool
    n_samples: Count
    epochs: Count
    seconds: Seconds
    before: StoredQuality


class StoredChosen(StoredBest):
    """``chosen`` of result.json."""

    network: Text
    refit: StoredFinalTraining | None = None
    evaluation: StoredEvaluation | None = None


class StoredComparedNetwork(Stored):
    """One of the ``networks`` of ``cross_validation`` in result.json."""

    stage: Name
    trial_number: Count
    network: Text
    loss: Real
    mean_loss: Real
    mean_error: Measured
    standard_error: Measured


class StoredCrossValidation(Stored):
    """``cross_validation`` of result.json."""

    n_folds: Count
    is_changed: bool
    seconds: Seconds
    networks: Annotated[list[StoredComparedNetwork], Field(min_length=1)]


class StoredResult(Stored):
    """result.json."""

    complete: bool
    dataset: Name
    network: Name
    space: Json
    task: Task
    wc: Annotated[Real, Field(ge=0)]
    metric: Name | None = None
    penalize: Name
    baseline: Positive
    n_folds: Annotated[Count, Field(ge=1)] = 1
    best: StoredBest
    leaders: Annotated[list[StoredLeader], Field(min_length=1)]
    diagnosis: list[Text] = Field(default_factory=list)
    stages: list[StoredStage]
    search_seconds: Seconds
    seed: Count
    settings: Json
    versions: dict[Name, Text] = Field(default_factory=dict)
    transferred_from: StoredOrigin | None = None
    refit: StoredFinalTraining | None = None
    chosen: StoredChosen | None = None
    tested: list[Text] = Field(default_factory=list)
    cross_validation: StoredCrossValidation | None = None
    evaluation: StoredEvaluation | None = None

    @model_validator(mode="after")
    def _penalizes_what_was_measured(self) -> StoredResult:
        for network in self._networks():
            if self.penalize not in costs_from_dict(network.model_dump()):
                raise ValueError(f"no network has the penalized cost {shown(self.penalize)}")
        return self

    @model_validator(mode="after")
    def _accuracies_belong_to_classes(self) -> StoredResult:
        are_labels = learning_task(self.task).predicts_labels
        for network in self._networks():
            if (network.val_accuracy is not None) != are_labels:
                raise ValueError(f"val_accuracy does not belong to the task {self.task!r}")
        return self

    def _networks(self) -> list[StoredNetwork]:
        chosen = [] if self.chosen is None else [self.chosen]
        return [self.best, *chosen, *self.leaders]


class StoredSettings(Stored):
    """settings.json; :class:`optuna_dnc.runs.settings.SearchSettings` checks the rest."""

    dataset: Name
    network: Name
    task: Task
    data: Name
    space: Json = Field(default_factory=dict)
    training_space: Json = Field(default_factory=dict)


class StoredConfig(Stored):
    """config.json."""

    config: Json | None = None
    input_shape: list[Annotated[Whole, Field(ge=1)]]
    n_outputs: Annotated[Whole, Field(ge=1)]
    preprocessing: StoredPreprocessing

    @model_validator(mode="after")
    def _is_of_one_network(self) -> StoredConfig:
        data = self.preprocessing
        n_outputs = len(data.y_mean) if data.classes is None else len(data.classes)
        if self.input_shape != data.input_shape or self.n_outputs != n_outputs:
            raise ValueError("input_shape and n_outputs are not those of the preprocessing")
        return self


class StoredTradeoff(Stored):
    """Entries of tradeoff.json that are read again."""

    complete: bool
    wc: list[Annotated[Real, Field(ge=0)]] = Field(default_factory=list)
    settings: Json | None = None
