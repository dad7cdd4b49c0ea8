"""Settings of a search, with their ranges, defaults and descriptions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import (
    BeforeValidator,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from optuna_dnc import training as _training  # its names load Optuna, which --help does not need
from optuna_dnc._limits import MOST_BUDGET, MOST_CANDIDATES, MOST_EPOCHS, MOST_TRIALS
from optuna_dnc._registry import name_of
from optuna_dnc._validation import CheckedModel, Int, Real, Whole
from optuna_dnc.pruners.epoch_budget import HyperbandPlan, default_budget, hyperband_plan
from optuna_dnc.runs.setting_fields import SEARCHES, Setting, SettingField, Verb, setting_fields
from optuna_dnc.runs.strategies import STRATEGIES

if TYPE_CHECKING:
    from optuna_dnc.training import JointTrainingSpace, TrainingConfig, TrainingSpace

FEWEST_EPOCHS_TO_HALVE = 3

SMALLEST_COST = 1e-12
"""Smallest baseline: costs divided by it stay finite."""


class GivenNetwork(CheckedModel):
    """Network of another run, whose training is searched."""

    dataset: str
    """Name of the data set of that run."""
    data: str
    """Fingerprint of that data set."""
    config: dict[str, Any]
    """Config of the network, as JSON."""
    training: dict[str, Any]
    """Best training there, as far as it applies to other data; it is tried first."""


_SEARCHES_OF_NETWORKS: frozenset[Verb] = SEARCHES - {"transfer"}
_ONE_WEIGHT: frozenset[Verb] = SEARCHES - {"tradeoff"}
_LOADS_DATA: frozenset[Verb] = SEARCHES - {"estimators"} | {"check"}


class SearchSettings(CheckedModel):
    """Settings of a search; equal settings and data give the same search.

    The fields are the source of the command line and its help, of settings files, of the keywords
    of searches and estimators, and of tables in the docs; :class:`Setting` says where each one
    appears.
    """

    network: Annotated[
        str | None,
        Setting(
            "Network",
            verbs=_SEARCHES_OF_NETWORKS - {"estimators"} | {"check"},
            metavar="NAME|MODULE:CLASS",
            default="chosen from the data",
        ),
    ] = None
    """Network family: ``mlp``, ``cnn``, ``resnet``, or one of your own."""
    given: GivenNetwork | None = None
    """Network of a transfer, see :func:`optuna_dnc.transfer.transfer`."""
    strategy: Annotated[
        str,
        Field(validate_default=True),
        Setting("Search strategy", verbs=_SEARCHES_OF_NETWORKS),
    ] = "staged"
    """``staged`` for three stages, ``joint`` to search network and training together, or another
    registered strategy."""
    shares_trials: bool = False
    """Whether the search shares trials with others, see :func:`optuna_dnc.tradeoff.tradeoff`."""
    sampler: Annotated[
        str, BeforeValidator(name_of), Setting("Search strategy", metavar="NAME|MODULE:CLASS")
    ] = "dnc"
    """Sampler of stages 1 and 3, or of the joint search: ``dnc``, ``bohb``, or one of your own
    such as ``optuna.samplers:TPESampler``."""
    pruner: Annotated[
        Literal["none", "median", "hyperband"],
        Setting(
            "Search strategy",
            verbs=_ONE_WEIGHT,
            default="none; hyperband in a joint search",
            inherited="unless joint",
        ),
    ] = "none"
    """Pruner of stages 1 and 3, or of the joint search: ``none``, ``median`` or ``hyperband``."""
    space: Annotated[
        dict[str, Any], Setting("Network", verbs=_SEARCHES_OF_NETWORKS, metavar="NAME=RANGE")
    ] = Field(default_factory=dict)
    """Ranges of the network family, such as ``n_layers=2:4`` or ``activation=relu,tanh``."""
    wc: Annotated[Real, Field(ge=0), Setting("Objective", verbs=_ONE_WEIGHT)] = 0.1
    """Weight of the cost against the error."""
    penalize: Annotated[
        Annotated[str, Field(min_length=1, max_length=1000)], Setting("Objective")
    ] = "n_params"
    """Cost measure: ``n_params``, ``macs``, ``bytes``, ``t_epoch``, or another registered one.
    ``t_epoch`` is a measured time and differs from run to run; the others repeat exactly."""
    baseline: Annotated[
        Annotated[Real, Field(ge=SMALLEST_COST)] | None,
        Setting("Objective", default="cost of the largest network", inherited="never"),
    ] = None
    """Cost that counts as 1, in the unit of the penalized measure."""
    epochs: Annotated[Int, Field(ge=1, le=MOST_EPOCHS), Setting("Budget", must_agree=True)] = 30
    """Epochs of each training. The paper's full searches take 100."""
    budget: Annotated[
        Annotated[Int, Field(ge=1, le=MOST_BUDGET)] | None,
        Setting(
            "Budget",
            metavar="EPOCHS",
            default="no limit; with Hyperband a third of what full trainings take",
            inherited="unless joint",
        ),
    ] = None
    """Largest number of epochs that all trainings of stage 1 take together, and those of stage 3;
    in a joint search, those of the whole search. It must suffice for one full training. The pilot,
    which Hyperband trains first, is not counted."""
    n_startup_trials: Annotated[
        Int, Field(ge=1, le=MOST_TRIALS), Setting("Budget", option="startup")
    ] = 15
    """Number of start-up trials (Sobol points) in stage 1 and again in stage 3, or in the joint
    search."""
    n_steps: Annotated[Int, Field(ge=0, le=MOST_TRIALS), Setting("Budget", option="steps")] = 15
    """Number of Bayesian optimization steps after the start-up trials."""
    n_candidates: Annotated[
        Int, Field(ge=1, le=MOST_CANDIDATES), Setting("Search strategy", option="candidates")
    ] = 1000
    """Number of candidates from which each step picks the best."""
    preset: Annotated[Literal["default", "deep-n-cheap"], Setting("Search strategy")] = "default"
    """Preset of the ``dnc`` sampler: ``default``, or ``deep-n-cheap``, the published algorithm."""
    batch_size: Annotated[Whole, Field(ge=2), Setting("Training", verbs=_SEARCHES_OF_NETWORKS)] = (
        256
    )
    """Batch size of stages 1 and 2."""
    lr: Annotated[Real, Field(gt=0), Setting("Training", verbs=_SEARCHES_OF_NETWORKS)] = 1e-3
    """Learning rate of stages 1 and 2."""
    patience: Annotated[
        Annotated[Whole, Field(ge=1)] | None,
        Setting("Training", default="never", must_agree=True),
    ] = None
    """Epochs without improvement after which a training stops."""
    augment: Annotated[bool, Setting("Training", must_agree=True)] = False
    """Augment images by random crops and flips."""
    bf16: Annotated[bool, Setting("Training", must_agree=True)] = False
    """Train in bfloat16. Faster, but it changes the results."""
    training_space: Annotated[
        dict[str, Any],
        Setting("Training", metavar="NAME=RANGE", inherited="unless joint"),
    ] = Field(default_factory=dict)
    """Ranges of the training in stage 3 or in the joint search, such as ``lr=1e-4:1e-2``."""
    val_fraction: Annotated[
        Real,
        Field(gt=0, lt=1),
        Setting("Data", verbs=SEARCHES | {"check"}, must_agree=True),
    ] = 0.2
    """Fraction of the training data that is held out for validation."""
    max_train: Annotated[
        Annotated[Whole, Field(ge=2)] | None,
        Setting("Data", verbs=_LOADS_DATA, default="all", inherited="never", must_agree=True),
    ] = None
    """Largest number of training samples to use; they are drawn with the seed."""
    task: Annotated[
        Literal["classification", "regression"] | None,
        Setting("Data", verbs=_LOADS_DATA, default="inferred from the targets", inherited="never"),
    ] = None
    """``classification`` or ``regression``."""
    seed: Annotated[Whole, Field(ge=0), Setting("Run", verbs=_LOADS_DATA, must_agree=True)] = 0
    """Random seed."""

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
            chosen = [name for name in STRATEGIES if not STRATEGIES[name].takes_network]
            raise ValueError(f"must be one of {', '.join(map(repr, chosen))}")
        if STRATEGIES[strategy].takes_network != (info.data.get("given") is not None):
            raise ValueError(
                "must be 'transfer' for the network of another run, and only then; use transfer() "
                "or optuna-dnc transfer DIR DATA"
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

    @classmethod
    def options(cls, verb: Verb | None = None) -> list[SettingField]:
        """List the fields that users can set, by group; those that ``verb`` takes if given."""
        return setting_fields(cls, verb)

    @property
    def n_bayesian_trials(self) -> int:
        """Number of trials of each Bayesian stage without Hyperband."""
        return self.n_startup_trials + self.n_steps

    @property
    def n_random_trials(self) -> int:
        """Number of start-up trials of each Bayesian stage; with Hyperband at most half of all."""
        plan = self.hyperband
        if plan is None:
            return self.n_startup_trials
        return min(self.n_startup_trials, max(1, plan.n_trials // 2))

    @property
    def hyperband(self) -> HyperbandPlan | None:
        """Hyperband's plan of each Bayesian stage; None without Hyperband."""
        if self.pruner != "hyperband":
            return None
        budget = self.budget or default_budget(self.n_bayesian_trials, self.epochs)
        return hyperband_plan(budget, self.epochs)

    def training(self, weight_decay: float) -> TrainingConfig:
        """Return the training of networks in stages 1 and 2."""
        return _training.TrainingConfig(
            epochs=self.epochs,
            batch_size=self.batch_size,
            lr=self.lr,
            weight_decay=weight_decay,
            patience=self.patience,
            augment=self.augment,
            bf16=self.bf16,
        )

    def training_ranges(self) -> TrainingSpace | JointTrainingSpace:
        """Return the ranges of the training hyperparameters."""
        if STRATEGIES[self.strategy].joint:
            return _training.JointTrainingSpace(**self.training_space)
        if self.given is not None and self.given.training.get("optimizer") == "sgd":
            return _training.TrainingSpace(
                **{"lr": _training.JointTrainingSpace().lr} | self.training_space
            )
        return _training.TrainingSpace(**self.training_space)
