"""Fields of the settings of a search, with their ranges, defaults and descriptions."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field

from optuna_dnc._limits import (
    MOST_BUDGET,
    MOST_CANDIDATES,
    MOST_EPOCHS,
    MOST_MEMBERS,
    MOST_TRIALS,
)
from optuna_dnc._registry import name_of
from optuna_dnc._setting_fields import SEARCHES, Setting, Verb
from optuna_dnc._validation import Int, Real, Whole
from optuna_dnc.runs.recipe import (
    MOST_SAMPLES_OF_FOLDS,
    MOST_USUAL_EPOCHS,
    USUAL_FOLDS,
    USUAL_MEMBERS,
)
from optuna_dnc.runs.setting_rules import (
    GivenNetwork,
    SettingRules,
    known_metric,
    parsed_class_weight,
)
from optuna_dnc.tasks import Task

SMALLEST_COST = 1e-12
"""Smallest baseline: costs divided by it stay finite."""

_SEARCHES_OF_NETWORKS: frozenset[Verb] = SEARCHES - {"transfer"}
_ONE_WEIGHT: frozenset[Verb] = SEARCHES - {"tradeoff"}
_ONE_ANSWER: frozenset[Verb] = frozenset({"search", "estimators"})
_LOADS_DATA: frozenset[Verb] = SEARCHES - {"estimators"} | {"check"}

_NO_LIMIT = Setting("Objective", default="no limit", inherited="never")
_Bound: TypeAlias = Annotated[Annotated[Whole, Field(ge=1)] | None, _NO_LIMIT]


class SearchFields(SettingRules):
    """Base class of :class:`optuna_dnc.runs.SearchSettings` with its fields."""

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
    """``staged`` searches in three stages, ``joint`` searches the network and its training
    together; or the name of another registered strategy."""
    shares_trials: bool = False
    """Whether the search shares trials with others, see :func:`optuna_dnc.tradeoff.tradeoff`."""
    sampler: Annotated[
        str, BeforeValidator(name_of), Setting("Search strategy", metavar="NAME|MODULE:CLASS")
    ] = "dnc"
    """Sampler of stages 1 and 3, or of the joint search: ``dnc``, ``bohb``, or one of your own,
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
    metric: Annotated[
        Annotated[str, AfterValidator(known_metric)] | None,
        Setting(
            "Objective",
            metavar="NAME",
            default="accuracy; r2 for regression",
            inherited="same task",
            must_agree=True,
        ),
    ] = None
    """Metric that defines the validation error, by its name here or in scikit-learn: ``accuracy``,
    ``balanced_accuracy``, ``f1_macro``, ``roc_auc`` or ``log_loss``; ``r2``, ``rmse``, ``mae`` or
    ``mape`` for regression; or another registered one."""
    wc: Annotated[Real, Field(ge=0), Setting("Objective", verbs=_ONE_WEIGHT)] = 0.1
    """Weight of the cost against the error."""
    penalize: Annotated[
        Annotated[str, Field(min_length=1, max_length=1000)], Setting("Objective")
    ] = "n_params"
    """Cost measure: ``n_params``, ``macs``, ``bytes``, ``ms``, ``t_epoch``, or another registered
    one. ``ms`` and ``t_epoch`` are measured times and vary from run to run; the others do not."""
    baseline: Annotated[
        Annotated[Real, Field(ge=SMALLEST_COST)] | None,
        Setting("Objective", default="cost of the largest network", inherited="never"),
    ] = None
    """Cost that counts as 1, in the unit of the penalized measure."""
    max_params: _Bound = None
    """Maximum number of parameters of a network. Larger networks are not trained."""
    max_macs: _Bound = None
    """Maximum number of multiply-accumulates of a network for one sample."""
    max_bytes: _Bound = None
    """Maximum size of the weights of a network in bytes."""
    max_ms: Annotated[Annotated[Real, Field(gt=0)] | None, _NO_LIMIT] = None
    """Maximum prediction time for one sample in milliseconds, measured on one thread of this CPU
    before the network is trained."""
    epochs: Annotated[
        Int,
        Field(ge=1, le=MOST_EPOCHS),
        Setting("Budget", default="15 to 60, depending on the number of samples", must_agree=True),
    ] = MOST_USUAL_EPOCHS
    """Maximum number of epochs of a training run; early stopping may end it sooner.
    Joint searches and the published recipe use 30 by default, the full searches of the paper
    100."""
    budget: Annotated[
        Annotated[Int, Field(ge=1, le=MOST_BUDGET)] | None,
        Setting(
            "Budget",
            metavar="EPOCHS",
            default="no limit; with Hyperband, a third of the epochs of full training runs",
            inherited="unless joint",
        ),
    ] = None
    """Maximum total number of epochs in each of stages 1 and 3, or in the joint search. It must be
    enough for one full training run. The pilot that Hyperband trains first does not count."""
    n_startup_trials: Annotated[
        Annotated[Int, Field(ge=1, le=MOST_TRIALS)] | None,
        Setting("Budget", option="startup", default="15, or fewer if the model needs fewer"),
    ] = None
    """Number of start-up trials (Sobol points) in each of stages 1 and 3, or in the joint search.
    By default, those of the 15 that the model does not need are Bayesian steps."""
    n_steps: Annotated[
        Annotated[Int, Field(ge=0, le=MOST_TRIALS)] | None,
        Setting("Budget", option="steps", default="15; with a time limit, as many as fit"),
    ] = None
    """Number of Bayesian optimization steps after the start-up trials."""
    n_candidates: Annotated[
        Int, Field(ge=1, le=MOST_CANDIDATES), Setting("Search strategy", option="candidates")
    ] = 1000
    """Number of candidates from which the sampler picks the best one in each step."""
    preset: Annotated[
        Literal["default", "quick", "medium", "best", "deep-n-cheap"], Setting("Search strategy")
    ] = "default"
    """Preset: ``default``; ``quick``, ``medium`` or ``best``, the defaults with a time limit of 1,
    10 or 60 minutes unless another limit is given; or ``deep-n-cheap``, the published sampler and
    training."""
    recipe: Annotated[
        Literal["default", "deep-n-cheap"],
        Setting("Training", default="that of the preset", inherited="unless joint"),
    ] = "default"
    """Training recipe. ``default`` uses AdamW at a constant rate with averaged weights and early
    stopping, and stage 1 searches the learning rate with the network. ``deep-n-cheap`` uses Adam
    as published: for all epochs, with a rate that is reduced twice. A joint search uses SGD
    instead."""
    batch_size: Annotated[
        Annotated[Whole, Field(ge=2)] | None,
        Setting(
            "Training",
            verbs=_SEARCHES_OF_NETWORKS,
            default="32 to 256, depending on the number of samples; 256 as published",
        ),
    ] = None
    """Batch size in stages 1 and 2."""
    lr: Annotated[
        Annotated[Real, Field(gt=0)] | None,
        Setting(
            "Training",
            verbs=_SEARCHES_OF_NETWORKS,
            default="searched in stage 1; 0.001 as published",
        ),
    ] = None
    """Learning rate in stages 1 and 2."""
    patience: Annotated[
        Annotated[Whole, Field(ge=1)] | None,
        Setting("Training", default="10; no early stopping with other recipes", must_agree=True),
    ] = 10
    """Number of epochs without a better validation error after which training stops. Joint
    searches do not stop early by default."""
    n_members: Annotated[
        Annotated[Whole, Field(ge=1, le=MOST_MEMBERS)] | None,
        Setting(
            "Training",
            option="members",
            verbs=_ONE_ANSWER,
            default=f"1; {USUAL_MEMBERS} for MLPs with preset best and wc 0",
            inherited="never",
            must_agree=True,
        ),
    ] = None
    """Number of networks with the best architecture that the final training trains, each from
    different initial weights. The final network averages their outputs; its cost is their total
    cost."""
    augment: Annotated[bool, Setting("Training", must_agree=True)] = False
    """Augment images with random crops and flips."""
    bf16: Annotated[bool, Setting("Training", must_agree=True)] = False
    """Train in bfloat16. Faster, but it changes the results."""
    training_space: Annotated[
        dict[str, Any],
        Setting("Training", metavar="NAME=RANGE", inherited="unless joint"),
    ] = Field(default_factory=dict)
    """Ranges of the training hyperparameters in stage 3 or in the joint search, such as
    ``lr=1e-3:1e-2``. Stage 1 also uses the range of ``lr``."""
    class_weight: Annotated[
        Annotated[
            str | dict[Any, float],
            BeforeValidator(parsed_class_weight),
        ]
        | None,
        Setting(
            "Training",
            metavar="balanced|LABEL=WEIGHT,...",
            default="no weights",
            inherited="never",
            must_agree=True,
        ),
    ] = None
    """Class weights in the training loss: ``balanced`` gives each class the same total weight;
    ``yes=5,no=1`` sets weights by label. Labels that are not listed have weight 1."""
    val_fraction: Annotated[
        Real,
        Field(gt=0, lt=1),
        Setting("Data", verbs=SEARCHES | {"check"}, must_agree=True),
    ] = 0.2
    """Fraction of the training data that is held out for validation."""
    n_folds: Annotated[
        Annotated[Whole, Field(ge=1)] | None,
        Setting(
            "Data",
            option="folds",
            default=f"{USUAL_FOLDS} for MLPs on up to {MOST_SAMPLES_OF_FOLDS:,} samples; "
            "otherwise 1",
            must_agree=True,
        ),
    ] = None
    """Number of cross-validation folds in each trial. A trial trains one copy of its network for
    each fold, all at once, and validates it on that fold; its error is the mean over the folds.
    The validation fraction is the size of a fold. 1 means a single validation set."""
    scaling: Annotated[
        Literal["by-kind", "standard"],
        Setting("Data", default="by-kind; standard as published", must_agree=True),
    ] = "by-kind"
    """Scaling of tables: ``by-kind`` maps columns with two values to 0 and 1, keeps rare values
    small and clips heavy tails; ``standard`` gives all columns mean 0 and standard deviation 1."""
    target_transform: Annotated[
        Literal["auto", "none", "log"],
        Setting("Data", default="auto; none as published", inherited="never", must_agree=True),
    ] = "auto"
    """Transformation of regression targets, undone in predictions: ``none``, ``log`` or ``auto``.
    ``auto`` means ``log`` for positive, skewed targets if the metric is MAE or MAPE."""
    max_train: Annotated[
        Annotated[Whole, Field(ge=2)] | None,
        Setting("Data", verbs=_LOADS_DATA, default="all", inherited="never", must_agree=True),
    ] = None
    """Maximum number of training samples to use; they are drawn at random with the seed."""
    task: Annotated[
        Task | None,
        Setting("Data", verbs=_LOADS_DATA, default="inferred from the targets", inherited="never"),
    ] = None
    """``classification``, ``multilabel`` (several yes/no labels) or ``regression``."""
    seed: Annotated[Whole, Field(ge=0), Setting("Run", verbs=_LOADS_DATA, must_agree=True)] = 0
    """Random seed."""
