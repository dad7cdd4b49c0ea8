"""Everything that decides what a search finds: its settings, with their ranges and defaults."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from optuna_dnc._validation import CheckedModel
from optuna_dnc.objectives import Penalty
from optuna_dnc.training import TrainingConfig


class SearchSettings(CheckedModel):
    """The settings of a staged search. Two searches with equal settings find the same."""

    network: str | None = None
    """``mlp``, ``cnn``, or None to choose by the data."""
    space: dict[str, Any] = Field(default_factory=dict)
    """Ranges of the network family: fields of ``MLPFamily`` or ``CNNFamily``."""
    wc: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.1
    """Weight of the cost against the error."""
    penalize: Penalty = "n_params"
    """The cost: ``n_params``, which repeats exactly, or ``t_epoch``, which is measured."""
    baseline: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    """Parameters or seconds that count as a cost of 1; None takes the largest network."""
    epochs: Annotated[int, Field(ge=1)] = 30
    """Epochs of each training; the paper's full searches take 100."""
    n_startup_trials: Annotated[int, Field(ge=1)] = 15
    """Sobol points of stages 1 and 3."""
    n_steps: Annotated[int, Field(ge=0)] = 15
    """Bayesian optimisation steps of stages 1 and 3, after the start-up."""
    n_candidates: Annotated[int, Field(ge=1)] = 1000
    """Points among which each step picks the best."""
    preset: Literal["default", "deep-n-cheap"] = "default"
    """The sampler's preset."""
    batch_size: Annotated[int, Field(ge=2)] = 256
    """Batch size of stages 1 and 2."""
    lr: Annotated[float, Field(gt=0)] = 1e-3
    """Learning rate of stages 1 and 2."""
    patience: Annotated[int, Field(ge=1)] | None = None
    """Epochs without improvement after which a training stops; None trains all epochs."""
    augment: bool = False
    """Pad-and-crop and flip images while training."""
    bf16: bool = False
    """Train in bfloat16: faster, and it changes results."""
    training_space: dict[str, Any] = Field(default_factory=dict)
    """Ranges of stage 3: fields of ``TrainingSpace``."""
    val_fraction: Annotated[float, Field(gt=0, lt=1)] = 0.2
    """Share of the training data that is held out to compare networks."""
    max_train: Annotated[int, Field(ge=2)] | None = None
    """Use at most so many training samples, drawn with the seed."""
    task: Literal["classification", "regression"] | None = None
    """None tells it from the targets."""
    seed: Annotated[int, Field(ge=0)] = 0
    """Of everything that is drawn."""

    @property
    def n_bayesian_trials(self) -> int:
        """Trials of stage 1, and of stage 3."""
        return self.n_startup_trials + self.n_steps

    def training(self, weight_decay: float) -> TrainingConfig:
        """How the networks of stages 1 and 2 are trained."""
        return TrainingConfig(
            epochs=self.epochs,
            batch_size=self.batch_size,
            lr=self.lr,
            weight_decay=weight_decay,
            patience=self.patience,
            augment=self.augment,
            bf16=self.bf16,
        )
