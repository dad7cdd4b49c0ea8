"""Hyperband with promotion: exact brackets, on any storage, with any number of workers."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import closing
from dataclasses import replace
from functools import partial

import optuna
from optuna.study import Study

from optuna_dnc._arguments import exceptions, function, threads
from optuna_dnc._optuna_compat import optimize_loop
from optuna_dnc.pruners.checkpoints import Budget
from optuna_dnc.pruners.hyperband_worker import hyperband_worker
from optuna_dnc.pruners.jobs import Callback, HyperbandJob, Worker

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
    n_jobs: int = 1,
    catch: type[Exception] | Iterable[type[Exception]] = (),
    callbacks: Iterable[Callback] = (),
) -> None:
    """Optimize with Hyperband: train many configurations briefly, and promote the best of them.

    The brackets are exactly those of :func:`hyperband_brackets`, filled and promoted by
    :class:`Schedule`; ``schedule="halving-once"`` runs the large bracket only once. A promoted
    configuration continues from its checkpoint.

    Example::

        def objective(trial, budget):
            model = build(trial.suggest_int("width", 8, 256))
            if budget.start:
                model.load(budget.folder / "model.pt")
            for epoch in budget.epochs:
                model.train_one_epoch()
            model.save(budget.folder / "model.pt")
            return model.loss()

        optimize_hyperband(study, objective, max_resource=81, checkpoints="checkpoints")

    **Workers.** ``n_jobs`` threads share the study, which can be in memory; an objective in pure
    Python is not faster with them. To use several processes or machines, call this in each of
    them with the same study and the same folder for checkpoints, which must support file locks
    (local disks and NFS do). Nothing else may run trials of the study at the same time.

    **Interruption.** Call this again to resume after Ctrl-C, ``timeout``, ``max_total_resource``
    or ``kill -9``, even while other workers are running. Only an interrupted rung is trained
    again, from the checkpoint that it started with.

    **Trials.** Each configuration is one trial, with an intermediate value at the resource of each
    rung that it has finished. It is WAITING between rungs, COMPLETE after ``max_resource``, and
    PRUNED as soon as it is certain that it will not be promoted. Enqueued trials are taken first.
    If the objective raises an error, the trial is FAIL, and the error is raised unless it is in
    ``catch``; if the disk is full, the error is always raised, and the trial keeps waiting.
    ``optuna.TrialPruned`` counts as the worst value. A value that is not finite is never
    promoted; after ``max_resource``, NaN makes the trial FAIL. ``trial.should_prune()`` still
    asks the pruner of the study, so do not call it here.

    **Checkpoints** are in ``checkpoints/TRIAL/RESOURCE``. Those of pruned and failed trials are
    deleted. If one is missing, or the objective raises :class:`DamagedCheckpoint`, the
    configuration is trained from the start, with one warning per trial.

    Li et al. 2018, JMLR 18(185); asynchronous: Li et al. 2020, arXiv 1810.05934.

    Args:
        study: A study with one objective.
        objective: Called as ``objective(trial, budget)`` for each rung, see :class:`Budget`;
            returns the value at ``budget.stop``.
        max_resource: Maximum resource of a configuration, R: epochs, samples or seconds.
        reduction_factor: One in ``reduction_factor`` configurations is promoted, eta, at least 2.
        min_resource: Minimum resource of a configuration, r, at least 1.
        rule: ``"paper-table"`` or ``"formula"``, see :func:`hyperband_brackets`.
        schedule: ``"hyperband"`` repeats all brackets. ``"halving-once"`` runs the first bracket,
            which starts the most configurations, once; from then on, it trains eta
            configurations at a time up to the second-to-last rung, and the best of them to the
            end, because low rungs hardly help a sampler that knows the good region
            (``docs/multifidelity.md``). All five must be the same in each call for a study.
        n_iterations: Number of passes through all brackets, in total, not in this call;
            ``"halving-once"`` trains at most as many epochs.
        asynchronous: Whether to promote before a rung is full, see :class:`Schedule`. Keeps many
            workers busy, and promotes some configurations that the full rung would not.
        checkpoints: Folder for the checkpoints of this study, new or empty at first.
        timeout: Seconds after which no training is started.
        max_total_resource: Limit on the total resource of the study, over all workers and calls.
            Repeated training counts once.
        n_jobs: Number of threads, as of ``study.optimize``; -1 for the number of CPU cores. After
            an error or Ctrl-C, each of them finishes its current rung.
        catch: Errors of the objective that do not end the optimization.
        callbacks: Called as ``callback(study, trial)`` for each trial that this worker ends,
            in the thread that ends it; ``study.stop()`` works in them and in the objective.

    Raises:
        InputError: An argument is invalid, the study was started with other settings, or the
            objective did not return a number.
    """
    function("objective", objective)
    caught = exceptions("catch", catch)
    n_jobs = threads("n_jobs", n_jobs)
    worker = hyperband_worker(
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
    if n_jobs == 1:
        _carry_out(worker, objective, caught)
        return
    with optimize_loop(study):
        one_of_several = replace(worker, begins=False)
        in_threads(partial(_carry_out, one_of_several, objective, caught), n_jobs, study.stop)


def _carry_out(worker: Worker, objective: Objective, caught: tuple[type[Exception], ...]) -> None:
    """Do jobs until none is left."""
    with closing(worker.jobs()) as jobs:
        for job in jobs:
            try:
                value = objective(job.trial, job.budget)
            except Exception as error:  # noqa: PERF203 - one job is a whole training
                if job.fail(error) and not isinstance(error, caught):
                    raise
            else:
                job.finish(value)


def hyperband_jobs(
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
) -> Generator[HyperbandJob, None, None]:
    """Iterate over the training jobs of Hyperband, to run them in a loop of your own.

    The arguments, workers, interruption, trials and checkpoints are those of
    :func:`optimize_hyperband`, which is a loop over these jobs.

    Example::

        for job in hyperband_jobs(study, max_resource=81, checkpoints="checkpoints"):
            model = build(job.trial.suggest_int("width", 8, 256))
            if job.budget.start:
                model.load(job.budget.folder / "model.pt")
            for epoch in job.budget.epochs:
                model.train_one_epoch()
            model.save(job.budget.folder / "model.pt")
            job.finish(model.loss())

    End each job before asking for the next: a worker has one at a time. If ``break`` or an error
    leaves the loop early, the trial waits, and its rung is trained again later.
    ``study.stop()`` in the loop makes the current job the last one. The iterator sleeps while
    only other workers can continue.

    ``callbacks`` run when the loop asks for the next job.

    Returns:
        A generator; ``close()`` returns a job that has not ended.

    Raises:
        InputError: An argument is invalid, or the study was started with other settings.
        RuntimeError: From the loop, if a job has not ended when the next one is asked for, or in
            a thread that is optimizing the study already.
    """
    return hyperband_worker(
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
    ).jobs()


def in_threads(work: Callable[[], None], n_threads: int, stop: Callable[[], None]) -> None:
    """Call a function in each of several threads, and wait for their end.

    Args:
        work: The function.
        n_threads: Number of threads.
        stop: Asks the others to end, after an error in one of them or Ctrl-C in this thread.

    Raises:
        Exception: What one of the threads has raised.
    """
    with ThreadPoolExecutor(n_threads) as pool:
        calls = [pool.submit(work) for _ in range(n_threads)]
        try:
            first = wait(calls, return_when=FIRST_EXCEPTION).done
            if any(call.exception() for call in first):
                stop()
            wait(calls)
        except BaseException:
            stop()
            raise
    for call in calls:
        call.result()
