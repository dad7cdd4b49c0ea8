"""Worker of Hyperband with promotion, which starts or resumes the study."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterable

from optuna.study import Study, StudyDirection

from optuna_dnc._arguments import at_least_zero, either, functions, whole
from optuna_dnc._errors import InputError, shown
from optuna_dnc._limits import MOST_TRIALS
from optuna_dnc._locks import FileLocks
from optuna_dnc.pruners.board import Board
from optuna_dnc.pruners.brackets import bracket_order, hyperband_brackets
from optuna_dnc.pruners.checkpoints import Checkpoints
from optuna_dnc.pruners.claims import Claims
from optuna_dnc.pruners.jobs import Callback, Worker
from optuna_dnc.pruners.schedule import Schedule
from optuna_dnc.pruners.stored import begin_run, run_of


def hyperband_worker(
    study: Study,
    *,
    max_resource: int,
    reduction_factor: int = 3,
    min_resource: int = 1,
    rule: str = "paper-table",
    schedule: str = "hyperband",
    n_iterations: int = 1,
    asynchronous: bool = False,
    checkpoints: str | os.PathLike[str],
    timeout: float | None = None,
    max_total_resource: int | None = None,
    callbacks: Iterable[Callback] = (),
    claims: Claims | None = None,
) -> Worker:
    """Return a worker for :func:`~optuna_dnc.pruners.hyperband_jobs`, whose arguments it takes.

    ``claims`` are those of the worker; None for locks on files beside the checkpoints.
    """
    if not isinstance(study, Study):
        raise InputError(f"study must be an optuna.Study, got {shown(study)}; create one.")
    if len(study.directions) > 1:
        raise InputError(
            f"study must have one objective, got {len(study.directions)} directions; create it "
            "with one, or use study.optimize."
        )
    brackets = hyperband_brackets(max_resource, reduction_factor, min_resource, rule)
    settings = {
        "max_resource": int(max_resource),
        "reduction_factor": int(reduction_factor),
        "min_resource": int(min_resource),
        "rule": rule,
        "schedule": schedule,
    }
    n_iterations = whole("n_iterations", n_iterations, least=1, most=MOST_TRIALS)
    plan = Schedule(
        brackets=bracket_order(schedule, brackets, int(reduction_factor), n_iterations),
        reduction_factor=int(reduction_factor),
        maximize=study.direction == StudyDirection.MAXIMIZE,
        asynchronous=either("asynchronous", asynchronous),
    )
    limit = (
        math.inf
        if max_total_resource is None
        else whole("max_total_resource", max_total_resource, least=1)
    )
    seconds = math.inf if timeout is None else at_least_zero("timeout", timeout)
    checked_callbacks = functions("callbacks", callbacks)
    folder = Checkpoints(checkpoints)
    claims = claims or Claims(FileLocks(folder.own))
    with claims.deciding():
        run = run_of(study, settings)
        folder.check_free_for(None if run is None else _owner(study, run))
        run = run or begin_run(study, settings)
        folder.belong_to(_owner(study, run))
    return Worker(
        study=study,
        board=Board(study, run, plan, folder, claims, limit=limit),
        checkpoints=folder,
        callbacks=checked_callbacks,
        deadline=time.monotonic() + seconds,
    )


def _owner(study: Study, run: str) -> str:
    # The name too: a copy of a study has the same id.
    return f"{run} {study.study_name}"
