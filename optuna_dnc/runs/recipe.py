"""Training recipes of a search: the default one, and the published one."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from optuna_dnc.runs.limits import named_limits
from optuna_dnc.runs.strategies import STRATEGIES

PRESET_SECONDS = {"quick": 60.0, "medium": 600.0, "best": 3600.0}
"""Time limits of presets that have one, in seconds."""

PUBLISHED = "deep-n-cheap"
"""Name of the published preset, and of its recipe."""

_PUBLISHED_DATA = {"scaling": "standard", "target_transform": "none", "n_folds": 1}
_PUBLISHED_STARTUP = 15
_PUBLISHED_EPOCHS = {"epochs": 30, "patience": None}
_PUBLISHED_STEPS = {"lr": 1e-3, "batch_size": 256}

MOST_USUAL_EPOCHS = 60
_FEWEST_USUAL_EPOCHS = 15
_USUAL_STEPS_OF_TRAINING = 12_000

USUAL_MEMBERS = 5
"""Networks of an ensemble where none has a cost."""

USUAL_FOLDS = 5
MOST_SAMPLES_OF_FOLDS = 5_000

RECIPE: dict[str, Any] = {
    "optimizer": "adamw",
    "schedule": "constant",
    "averaging": 1.0,
    "weight_decay": 1e-3,
}
"""Training of the default recipe, as far as it is not a setting or searched."""


def with_dependent_defaults(values: dict[str, Any]) -> dict[str, Any]:
    """Return settings with defaults that depend on strategy and recipe."""
    if str(values.get("preset")) in PRESET_SECONDS:
        is_free = values.get("wc") == 0 and not named_limits(values)
        if values["preset"] == "best" and is_free:
            values = {"n_members": USUAL_MEMBERS, **values}
        values = {**values, "preset": "default"}
    name = values.get("strategy", "staged")
    strategy = STRATEGIES[name] if isinstance(name, str) and name in STRATEGIES else None
    if strategy is not None:
        values = {**strategy.defaults, **values}
    recipe = values.get("recipe", values.get("preset"))
    if recipe == PUBLISHED:
        fixed = {} if strategy is None or strategy.searches_training else _PUBLISHED_STEPS
        usual = {**_PUBLISHED_DATA, "recipe": recipe, **_PUBLISHED_EPOCHS, **fixed}
        if values.get("preset") == PUBLISHED:
            usual["n_startup_trials"] = _PUBLISHED_STARTUP
        return {**usual, **values}
    return values


def default_epochs(n_train: int, batch_size: int) -> int:
    """Return the most epochs of a training: 12,000 steps, but 15 to 60 epochs."""
    epochs = round(_USUAL_STEPS_OF_TRAINING * batch_size / n_train)
    return min(max(epochs, _FEWEST_USUAL_EPOCHS), MOST_USUAL_EPOCHS)


def default_batch_size(n_train: int) -> int:
    """Return the power of two nearest to ``sqrt(n_train) / 2``, from 32 to 256."""
    return int(min(max(2 ** round(math.log2(math.sqrt(n_train) / 2)), 32), 256))


def default_folds(n_train: int, *, stackable: bool) -> int:
    """Return the folds of the cross-validation in each trial, 1 for a single validation set.

    The fewer samples validate, the more the best of many networks owes to luck. Several networks
    of a stack are trained in little more time than one.

    Args:
        n_train: Number of samples for training and validation.
        stackable: Whether several networks can be trained at once.
    """
    return USUAL_FOLDS if stackable and n_train <= MOST_SAMPLES_OF_FOLDS else 1


def of_this_version(stored: Mapping[str, Any]) -> dict[str, Any]:
    """Return stored settings as they are named now.

    Versions without the setting ``recipe`` knew the published one only.
    """
    before: dict[str, Any] = {"target_transform": "none", "n_folds": 1, "n_members": 1}
    stored = {**before, **stored}
    if "recipe" in stored:
        return stored
    strategy = stored.get("strategy", "staged")
    searched = strategy in STRATEGIES and STRATEGIES[strategy].searches_training
    fixed = dict.fromkeys(_PUBLISHED_STEPS) if searched else {}
    return {**stored, "recipe": PUBLISHED, "scaling": "standard", **fixed}


def settings_as_begun(stored: Mapping[str, Any], given: Iterable[str]) -> dict[str, Any]:
    """Return the settings of an older search whose defaults have changed since.

    The same command then resumes that search.
    """
    if not stored:
        return {}
    changed = [name for name in ("n_folds", "n_members") if name not in stored]
    if stored.get("n_startup_trials") == _PUBLISHED_STARTUP:
        changed.append("n_startup_trials")
    if "recipe" not in stored:
        changed += ["recipe", "scaling", "n_steps", *_PUBLISHED_EPOCHS, *_PUBLISHED_STEPS]
    before = of_this_version(stored)
    return {name: before[name] for name in changed if name in before and name not in {*given}}
