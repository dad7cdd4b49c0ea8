"""Trainings that a worker does ahead, and the trials that take them over."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from optuna_dnc.runs.run import open_run
from optuna_dnc.search import StagedSearch
from optuna_dnc.search.stages.look_ahead import LookAhead

Search = Callable[..., StagedSearch]


def test_a_trial_records_the_time_of_the_training_that_it_takes_over(search: Search) -> None:
    with search().begun() as run:
        while len(run.context.ledger.records) < 4:  # all of stage 1
            run.work_once()
        worker, grids = run.worker, run.stages[1]
        ahead = partial(grids.ahead, run.context)
        queue = LookAhead(run.context, worker.studies, worker.claims, ahead)
        while worker.step(queue) == "trained":
            pass
        done = {record.key: record.seconds for record in run.context.ahead.records}
        result = run.complete()
    records = open_run(result.path, to_read=True).ledger.of_stages(grids.name)
    taken_over = [r for r in records if r.key in done and r.reused_from is None]
    assert taken_over
    for record in taken_over:
        assert record.seconds >= done[record.key]
