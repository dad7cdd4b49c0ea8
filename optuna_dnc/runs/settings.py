"""Settings of a search, and values derived from them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from optuna_dnc import training as _training  # its names load Optuna, which --help does not need
from optuna_dnc._errors import InputError
from optuna_dnc._setting_fields import SettingField, Verb, setting_fields
from optuna_dnc.objectives import cost_measure
from optuna_dnc.pruners.brackets import HyperbandPlan, default_budget, hyperband_plan
from optuna_dnc.runs.recipe import (
    PUBLISHED,
    RECIPE,
    default_batch_size,
    default_epochs,
    default_folds,
)
from optuna_dnc.runs.search_fields import SearchFields
from optuna_dnc.runs.strategies import STRATEGIES

if TYPE_CHECKING:
    from optuna_dnc.nets import NetworkFamily
    from optuna_dnc.training import JointTrainingSpace, TrainingConfig, TrainingSpace

USUAL_TRIALS = {"n_startup_trials": 15, "n_steps": 15}
"""Start-up trials, some of which are steps if the sampler needs fewer, and Bayesian optimization
steps without a time limit."""


class SearchSettings(SearchFields):
    """Settings of a search; equal settings and data give the same search.

    The fields are the source of the command line and its help, of settings files, of the keywords
    of searches and estimators, and of tables in the docs; :class:`Setting` says where each one
    appears.
    """

    @classmethod
    def options(cls, verb: Verb | None = None) -> list[SettingField]:
        """List the fields that users can set, by group; those that ``verb`` takes if given."""
        return setting_fields(cls, verb)

    @property
    def n_bayesian_trials(self) -> int:
        """Number of trials of each Bayesian stage without Hyperband."""
        given = {name: getattr(self, name) for name in USUAL_TRIALS}
        return sum(USUAL_TRIALS[name] if n is None else n for name, n in given.items())

    @property
    def may_go_on(self) -> bool:
        """Whether Bayesian stages may continue beyond that number while there is time."""
        return self.n_steps is None and self.pruner != "hyperband" and self.budget is None

    @property
    def n_random_trials(self) -> int | None:
        """Number of start-up trials of each Bayesian stage; with Hyperband at most half of all.

        None leaves it to the sampler.
        """
        plan = self.hyperband
        if plan is None or self.n_startup_trials is None:
            return self.n_startup_trials
        return min(self.n_startup_trials, max(1, plan.n_trials // 2))

    @property
    def hyperband(self) -> HyperbandPlan | None:
        """Hyperband's plan of each Bayesian stage; None without Hyperband."""
        if self.pruner != "hyperband":
            return None
        budget = self.budget or default_budget(self.n_bayesian_trials, self.epochs)
        return hyperband_plan(budget, self.epochs)

    @property
    def searches_lr(self) -> bool:
        """Whether stage 1 searches the learning rate with the network."""
        return self.lr is None and not STRATEGIES[self.strategy].searches_training

    @property
    def is_published(self) -> bool:
        """Whether networks are trained by the published recipe."""
        return self.recipe == PUBLISHED

    def for_samples(self, n_train: int) -> SearchSettings:
        """Return the settings with a batch size and epochs that suit so many samples."""
        if STRATEGIES[self.strategy].searches_training:
            return self
        batch_size = self.batch_size or default_batch_size(n_train)
        update = {"batch_size": batch_size}
        if not (self.is_published or "epochs" in self.model_fields_set):
            update["epochs"] = default_epochs(n_train, batch_size)
        return self.model_copy(update=update)

    def folds_for(self, n_train: int, *, stackable: bool) -> int:
        """Return the folds of the cross-validation in each trial.

        Where the time of a training is penalized, it is that of one network.

        Args:
            n_train: Number of samples for training and validation.
            stackable: Whether the family trains several networks in little more time than one.

        Raises:
            InputError: Folds were asked for where the time of a training is penalized.
        """
        is_timed = cost_measure(self.penalize).of_training
        if self.n_folds is None:
            return default_folds(n_train, stackable=stackable and not is_timed)
        if self.n_folds > 1 and is_timed:
            raise InputError(
                f"n_folds must be 1 with penalize={self.penalize!r}, got {self.n_folds}: the time "
                "of a training run is that of a single network; leave it out."
            )
        return self.n_folds

    def members_for(self, family: NetworkFamily, *, is_given: bool) -> int:
        """Return the number of networks of the final network.

        Args:
            family: Network family.
            is_given: Whether the user has set their number.

        Raises:
            InputError: An ensemble was asked for, and the family has none.
        """
        n_members = self.n_members or 1
        if family.ensembles or n_members == 1:
            return n_members
        if is_given:
            raise InputError(
                f"n_members must be 1 with network {family.name!r}, got {n_members}: only MLPs "
                "become ensembles in the final training. Leave it out, and average several "
                "networks of the finished search with ensemble()."
            )
        return 1

    def training(self, weight_decay: float = 0.0) -> TrainingConfig:
        """Return the training of networks in stages 1 and 2, without a searched learning rate.

        Args:
            weight_decay: That of the published recipe.
        """
        values: dict[str, Any] = {
            "epochs": self.epochs,
            "batch_size": self.batch_size,
            "lr": self.lr,
            "weight_decay": weight_decay,
            "patience": self.patience,
            "augment": self.augment,
            "bf16": self.bf16,
        }
        if not (self.is_published or STRATEGIES[self.strategy].joint):
            values |= RECIPE
        given = {name: value for name, value in values.items() if value is not None}
        return _training.TrainingConfig(**given)

    def training_ranges(self) -> TrainingSpace | JointTrainingSpace:
        """Return the ranges of the training hyperparameters."""
        if STRATEGIES[self.strategy].joint:
            return _training.JointTrainingSpace(**self.training_space)
        if self.given is not None and self.given.training.get("optimizer") == "sgd":
            return _training.TrainingSpace(
                **{"lr": _training.JointTrainingSpace().lr} | self.training_space
            )
        if self.is_published:
            return _training.TrainingSpace(**self.training_space)
        return _training.TrainingSpace(**{**_training.ADAMW_RANGES, **self.training_space})
