"""Time limit of a search that would take hours, and whose user has given none."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from optuna_dnc._formats import duration
from optuna_dnc.cli.clock import seconds_used

if TYPE_CHECKING:
    from optuna_dnc.search import StagedSearch

MOST_SECONDS = 1800.0
"""Estimated time of a search that runs without a limit, at most."""

FEWEST_STEPS = 2e6
FEWEST_MULTIPLICATIONS = 2e12
"""A search with fewer steps and multiplications is not timed: it takes minutes on any machine."""


def limit_if_long(
    searches: Sequence[StagedSearch], options: Mapping[str, Any], engine: Mapping[str, Any]
) -> None:
    """Give searches without a time limit that of the preset medium if each would take hours.

    A search with a number of epochs in total, or with the published preset, takes as long as it
    takes, and so does one whose workers are on a cluster or are started by hand.

    Args:
        searches: Searches that have not begun, with one time limit.
        options: Options that the user has given.
        engine: Options of workers, see :func:`optuna_dnc.cli.engines.split_engine`.
    """
    from optuna_dnc.runs.recipe import PRESET_SECONDS

    search, n_workers = searches[0], engine.get("workers", 1)
    limit, settings = search.opener.limit, search.settings
    is_chosen = "timeout" in options or limit.is_set or settings.budget is not None
    if is_chosen or settings.is_published or not n_workers or "executor" in engine:
        return
    if _is_short(search) or all(one.is_complete() for one in searches):
        return
    seconds = search.plan().seconds / n_workers
    if seconds <= MOST_SECONDS:
        return
    usual = len(searches) * PRESET_SECONDS["medium"]
    limit.begin(usual, seconds_used())
    for one in searches:
        one.session["timeout"] = usual
    warnings.warn(
        f"This would take about {duration(len(searches) * seconds)}, so it has a time limit of "
        f"{duration(usual)}. Choose another one with --timeout SECONDS; with --timeout inf, there "
        "is none.",
        stacklevel=2,
    )


def _is_short(search: StagedSearch) -> bool:
    from optuna_dnc.search.limits.pace import Work, steps_of_epoch
    from optuna_dnc.search.limits.time_plan import SHARE_OF_EPOCHS

    settings, family, dataset = search.settings, search.family, search.dataset
    most_epochs = sum(stage.most_epochs(family, settings) for stage in search.opener.stages)
    n_epochs = SHARE_OF_EPOCHS * most_epochs
    n_steps = n_epochs * steps_of_epoch(dataset.n_train, 0, settings.training().batch_size)
    # Forward, and backward by weights and by values.
    n_multiplications = 3 * Work(family, dataset).typical * dataset.n_train * n_epochs
    return n_steps < FEWEST_STEPS and n_multiplications < FEWEST_MULTIPLICATIONS
