"""Everything that decides what a search finds: its settings, with their ranges and defaults."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator, model_validator

from optuna_dnc._limits import (
    MOST_BUDGET,
    MOST_CANDIDATES,
    MOST_EPOCHS,
    MOST_TRIALS,
)
from optuna_dnc._registry import name_of
from optuna_dnc._validation import CheckedModel, Int, Real, Whole
from optuna_dnc.pruners.epoch_budget import HyperbandPlan, default_budget, hyperband_plan
from optuna_dnc.runs.strategies import STRATEGIES
from optuna_dnc.training import JointTrainingSpace, TrainingConfig, TrainingSpace

FEWEST_EPOCHS_TO_HALVE = 3

SMALLEST_COST = 1e-12
"""Smallest cost that may count as 1: what is divided by it stays finite."""


class GivenNetwork(CheckedModel):
    """A network that was found on other data, whose training is searched anew."""

    dataset: str
    """Name of the data set that it was found on."""
    data: str
    """Fingerprint of that data set."""
    config: dict[str, Any]
    """The network, as JSON holds it."""
    training: dict[str, Any]
    """The training that was best there, as far as it suits other data; it is tried first."""


class SearchSettings(CheckedModel):
    """The settings of a search. Two searches with equal settings find the same."""

    network: str | None = None
    """Name of the network family: ``mlp``, ``cnn``, ``resnet`` or another registered one; None
    chooses by the data."""
    given: GivenNetwork | None = None
    """The network of a transfer, see :func:`optuna_dnc.transfer.transfer`."""
    strategy: Annotated[str, Field(validate_default=True)] = "staged"
    """``staged``: three stages; ``joint``: one that searches network and training together;
    ``transfer``: the third stage alone for a network that was found on other data; or another one
    of :func:`optuna_dnc.runs.register_strategy`."""
    shares_trials: bool = False
    """Whether it is one of several searches that take over each other's trials and train fewer
    of their own, see :func:`optuna_dnc.tradeoff.tradeoff`."""
    sampler: Annotated[str, BeforeValidator(name_of)] = "dnc"
    """Name of the sampler of the Bayesian stages, stages 1 and 3 or the joint one: ``dnc``,
    ``bohb`` or another registered one; of others, that of their class or function."""
    pruner: Literal["none", "median", "hyperband"] = "none"
    """What stops trainings of the Bayesian stages; ``hyperband`` in a joint search if left out."""
    space: dict[str, Any] = Field(default_factory=dict)
    """Ranges of the network family: fields of ``MLPFamily``, ``CNNFamily`` or ``ResNetFamily``."""
    wc: Annotated[Real, Field(ge=0)] = 0.1
    """Weight of the cost against the error."""
    penalize: Annotated[str, Field(min_length=1, max_length=1000)] = "n_params"
    """The cost measure, such as ``n_params``, ``macs``, ``bytes`` or ``t_epoch``; see
    :class:`optuna_dnc.objectives.CostMeasure`."""
    baseline: Annotated[Real, Field(ge=SMALLEST_COST)] | None = None
    """Cost that counts as 1, in the unit of ``penalize``; None takes the largest network's."""
    epochs: Annotated[Int, Field(ge=1, le=MOST_EPOCHS)] = 30
    """Epochs of each training; the paper's full searches take 100."""
    budget: Annotated[Int, Field(ge=1, le=MOST_BUDGET)] | None = None
    """Epochs that each Bayesian stage may train in all, Hyperband's pilot not counted. None: no
    limit, but with Hyperband a third of those of ``n_startup_trials + n_steps`` full trainings,
    and one whole bracket at least."""
    n_startup_trials: Annotated[Int, Field(ge=1, le=MOST_TRIALS)] = 15
    """Sobol points of the Bayesian stages."""
    n_steps: Annotated[Int, Field(ge=0, le=MOST_TRIALS)] = 15
    """Bayesian optimisation steps after the start-up."""
    n_candidates: Annotated[Int, Field(ge=1, le=MOST_CANDIDATES)] = 1000
    """Points among which each step picks the best."""
    preset: Literal["default", "deep-n-cheap"] = "default"
    """The sampler's preset."""
    batch_size: Annotated[Whole, Field(ge=2)] = 256
    """Batch size of stages 1 and 2."""
    lr: Annotated[Real, Field(gt=0)] = 1e-3
    """Learning rate of stages 1 and 2."""
    patience: Annotated[Whole, Field(ge=1)] | None = None
    """Epochs without improvement after which a training stops; None trains all epochs."""
    augment: bool = False
    """Pad-and-crop and flip images while training."""
    bf16: bool = False
    """Train in bfloat16: faster, and it changes results."""
    training_space: dict[str, Any] = Field(default_factory=dict)
    """Ranges of stage 3, fields of ``TrainingSpace``; of a joint search's training, fields of
    ``JointTrainingSpace``."""
    val_fraction: Annotated[Real, Field(gt=0, lt=1)] = 0.2
    """Share of the training data that is held out to compare networks."""
    max_train: Annotated[Whole, Field(ge=2)] | None = None
    """Use at most so many training samples, drawn with the seed."""
    task: Literal["classification", "regression"] | None = None
    """None tells it from the targets."""
    seed: Annotated[Whole, Field(ge=0)] = 0
    """Of everything that is drawn."""

    @model_validator(mode="before")
    @classmethod
    def _defaults_of_strategy(cls, values: dict[str, Any]) -> dict[str, Any]:
        name = values.get("strategy")
        if isinstance(name, str) and name in STRATEGIES:
            return {**STRATEGIES[name].defaults, **values}
        return values

    @field_validator("strategy")
    @classmethod
    def _is_known(cls, strategy: str, info: ValidationInfo) -> str:
        if strategy not in STRATEGIES:
            raise ValueError(f"should be one of {', '.join(map(repr, STRATEGIES))}")
        if STRATEGIES[strategy].takes_network != (info.data.get("given") is not None):
            raise ValueError(
                "'transfer' needs a network that was found on other data, and no other strategy "
                "takes one; use transfer(), or optuna-dnc transfer DIR DATA"
            )
        return strategy

    @field_validator("epochs")
    @classmethod
    def _enough_to_halve(cls, epochs: int, info: ValidationInfo) -> int:
        if info.data.get("pruner") == "hyperband" and epochs < FEWEST_EPOCHS_TO_HALVE:
            raise ValueError(
                f"must be at least {FEWEST_EPOCHS_TO_HALVE} with pruner 'hyperband', which stops "
                "networks after a third of them; raise it, or choose pruner 'none'"
            )
        return epochs

    @field_validator("budget")
    @classmethod
    def _enough_for_one(cls, budget: int | None, info: ValidationInfo) -> int | None:
        epochs = info.data.get("epochs", 1)
        if budget is not None and budget < epochs:
            raise ValueError(
                f"must be at least the {epochs} epochs of one training; raise it, or lower epochs"
            )
        return budget

    @field_validator("*")
    @classmethod
    def _suits_strategy(cls, value: Any, info: ValidationInfo) -> Any:
        name, strategy = str(info.field_name), info.data.get("strategy")
        if strategy is not None and value != cls.model_fields[name].default:
            STRATEGIES[strategy].validate(name, value)
        return value

    @field_validator("preset")
    @classmethod
    def _published_alone(cls, preset: str, info: ValidationInfo) -> str:
        if preset == "deep-n-cheap":
            if info.data.get("sampler") != "dnc":
                raise ValueError(
                    "the published sampler needs sampler 'dnc'; choose that, or leave preset at "
                    "'default'"
                )
            if info.data.get("pruner") == "hyperband":
                raise ValueError(
                    "the published sampler learns from networks that were trained to the end, "
                    "and Hyperband gives few; choose pruner 'none' or 'median', or leave preset "
                    "at 'default'"
                )
        return preset

    @property
    def n_bayesian_trials(self) -> int:
        """Trials of each Bayesian stage, unless a budget of epochs decides."""
        return self.n_startup_trials + self.n_steps

    @property
    def n_random_trials(self) -> int:
        """Start-up trials of each Bayesian stage: at most half of those that Hyperband begins."""
        plan = self.hyperband
        if plan is None:
            return self.n_startup_trials
        return min(self.n_startup_trials, max(1, plan.n_trials // 2))

    @property
    def hyperband(self) -> HyperbandPlan | None:
        """The brackets of each Bayesian stage; None without Hyperband."""
        if self.pruner != "hyperband":
            return None
        budget = self.budget or default_budget(self.n_bayesian_trials, self.epochs)
        return hyperband_plan(budget, self.epochs)

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

    def training_ranges(self) -> TrainingSpace | JointTrainingSpace:
        """Where the search looks for training hyperparameters."""
        if STRATEGIES[self.strategy].joint:
            return JointTrainingSpace(**self.training_space)
        if self.given is not None and self.given.training.get("optimizer") == "sgd":
            return TrainingSpace(**{"lr": JointTrainingSpace().lr} | self.training_space)
        return TrainingSpace(**self.training_space)
