"""Hyperband with promotion: exact brackets, on any storage, with any number of workers."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from contextlib import closing

import optuna
from optuna.study import Study

from optuna_dnc._arguments import exceptions, function
from optuna_dnc.pruners.checkpoints import Budget
from optuna_dnc.pruners.jobs import Callback, hyperband_jobs

Objective = Callable[[optuna.Trial, Budget], float]


def optimize_hyperband(
    study: Study,
    objective: Objective,
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
    catch: type[Exception] | Iterable[type[Exception]] = (),
    callbacks: Iterable[Callback] = (),
) -> None:
    """Optimize with Hyperband: train many configurations a little, and the best of them on.

    The brackets are those of :func:`hyperband_brackets`, filled and promoted as
    :class:`Schedule` says, to the letter; ``schedule="halving-once"`` goes through the large
    bracket only once. A promoted configuration goes on where it stopped::

        def objective(trial, budget):
            model = build(trial.suggest_int("width", 8, 256))
            if budget.start:
                model.load(budget.folder / "model.pt")
            for epoch in budget.epochs:
                model.train_one_epoch()
            model.save(budget.folder / "model.pt")
            return model.loss()

        optimize_hyperband(study, objective, max_resource=81, checkpoints="checkpoints")

    **Workers.** To use several, call this in each thread, process or machine with the same study
    and the same folder for checkpoints, which must support locks on files (local disks and NFS
    do). Nothing else may run trials of the study meanwhile.

    **Interruption.** Calling again goes on where all stopped: after Ctrl-C, ``timeout``,
    ``max_total_resource`` and ``kill -9``, also while others are working. Only a rung that was
    interrupted is trained again, from the checkpoint that it began with.

    **Trials.** Each configuration is one trial, with a report at the resource of each rung it
    has finished. It is WAITING between rungs; COMPLETE after ``max_resource``; PRUNED when it is
    dropped, at once when that is certain. Trials that were enqueued take the next places. If the
    objective raises, the trial fails, and the error is raised unless ``catch`` names it; an error
    of a full disk is always raised, and the trial waits where it was. ``optuna.TrialPruned``
    counts as the worst value. A value that is not finite is never
    promoted; after ``max_resource``, NaN makes the trial fail. ``trial.should_prune()`` asks the
    study's pruner, as always; here it is better not called.

    **Checkpoints** lie in ``checkpoints/TRIAL/RESOURCE``. Those of dropped and failed trials are
    deleted. If one is missing, or the objective raises :class:`DamagedCheckpoint`, the
    configuration is trained from the start, with one warning per trial.

    Li et al. 2018, JMLR 18(185); asynchronous: Li et al. 2020, arXiv 1810.05934.

    Args:
        study: A study with one objective.
        objective: Called as ``objective(trial, budget)`` for each rung, see :class:`Budget`;
            returns the value at ``budget.stop``.
        max_resource: What a configuration gets at most, R: epochs, samples or seconds.
        reduction_factor: One in so many goes on, eta, at least 2.
        min_resource: What a configuration gets at least, r, at least 1.
        rule: ``"paper-table"`` or ``"formula"``, see :func:`hyperband_brackets`.
        schedule: ``"hyperband"`` goes through all brackets again and again. ``"halving-once"``
            goes through the first one, which begins with the most configurations, and from then
            on trains eta configurations at a time to the rung below the last, and the best of
            them to the end: low rungs tell a sampler that has found the good region little more
            (``docs/multifidelity.md``). All five must be the same in each call for a study.
        n_iterations: How often to go through all brackets, in total, not in this call;
            ``"halving-once"`` spends at most as much.
        asynchronous: Whether to promote before a rung is full, see :class:`Schedule`. Keeps many
            workers busy, and promotes some that the full rung would not.
        checkpoints: A folder for this study's checkpoints, new or empty at first.
        timeout: Seconds after which this call begins nothing more.
        max_total_resource: Nothing is begun that would bring the resource of the study, with
            all workers and earlier calls, above this. What was trained twice counts once.
        catch: Errors of the objective to go on after.
        callbacks: Called as ``callback(study, trial)`` for each trial that this worker ends;
            ``study.stop()`` works in them and in the objective.
    """
    function("objective", objective)
    caught = exceptions("catch", catch)
    jobs = hyperband_jobs(
        study,
        max_resource=max_resource,
        reduction_factor=reduction_factor,
        min_resource=min_resource,
        rule=rule,
        schedule=schedule,
        n_iterations=n_iterations,
        asynchronous=asynchronous,
        checkpoints=checkpoints,
        timeout=timeout,
        max_total_resource=max_total_resource,
        callbacks=callbacks,
    )
    with closing(jobs):
        for job in jobs:
            try:
                value = objective(job.trial, job.budget)
            except Exception as error:  # noqa: PERF203 - one job is a whole training
                if job.fail(error) and not isinstance(error, caught):
                    raise
            else:
                job.finish(value)
