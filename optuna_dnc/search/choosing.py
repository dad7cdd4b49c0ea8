"""Changes of an ended search: another network is chosen, or more is searched."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from optuna.storages import BaseStorage
from typing_extensions import Unpack

from optuna_dnc._errors import InputError, RunBusyError, shown
from optuna_dnc._files import digest, write_sealed
from optuna_dnc._locks import is_claimed
from optuna_dnc.runs.choice import label_of, with_tested
from optuna_dnc.runs.folder import RunFolder, read_summary
from optuna_dnc.runs.identity import GROWABLE, grown, store_growth
from optuna_dnc.runs.leaderboard import leaderboard, state_of
from optuna_dnc.runs.ledger import Ledger
from optuna_dnc.runs.options import ChooseOptions
from optuna_dnc.runs.records import Record
from optuna_dnc.search.context import SearchContext
from optuna_dnc.search.ending.answering import answer_of, save_answer
from optuna_dnc.search.ending.finish import whole_result
from optuna_dnc.search.ending.judging import judged
from optuna_dnc.search.reopening import SessionOptions, check_separate, search_of_run
from optuna_dnc.search.search_result import SearchResult
from optuna_dnc.search.staged_search import StagedSearch

BEST = "best"
"""Choice of the network that the search has chosen itself."""

_CHOICE_OF_TRADEOFF = (
    "in which wc chooses the networks: use another of its searches, or run the same optuna-dnc "
    "tradeoff command again with another value of wc"
)
_EXTENSION_OF_TRADEOFF = (
    "whose number of trials is fixed: for more time, run the same optuna-dnc tradeoff command "
    "again with a new --timeout; for more trials, start another trade-off with a new --out"
)


def choose(path: str | Path, trial: str | int, **options: Unpack[ChooseOptions]) -> SearchResult:
    """Make a network of a search its result, which is then used for predictions and exports.

    Choose by validation error and cost only. The network is then trained on all samples and
    compared with simple models if the best network was, and evaluated on the test set. Each
    evaluation makes the best test result more optimistic, see
    :attr:`SearchResult.n_test_evaluations`. If the weights were not kept, the network is trained
    again with the same seed.

    >>> choose("runs/digits", "training/12").chosen.test_accuracy
    >>> choose("runs/digits", "best")  # back to the network of the search

    Args:
        path: Folder of a run with a result.
        trial: ``STAGE/NUMBER`` of the trial; the number of a row of the leaderboard; or ``best``.
        **options: ``storage`` of the search, if it has one; ``data``, ``data_root``, ``network``,
            ``sampler`` and ``device`` of :func:`optuna_dnc.search.search_of_run`.

    Raises:
        InputError: There is no such network, its training has not finished, or a process works
            on the run.
    """
    folder = RunFolder(path)
    check_separate(folder, _CHOICE_OF_TRADEOFF)
    summary = read_summary(folder)
    search = search_of_run(
        path,
        **options,
        timeout=None,
        refit=summary.get("refit") is not None,
        floors=summary.get("evaluation") is not None,
        progress=False,
    )
    with search.begun() as run:
        context = run.context
        record = _record(context, summary, trial)
        if not _is_answer(context, summary, record):
            _write(context, summary, record)
        # Also where a killed process has come so far.
        result = SearchResult.load(folder.path, family=context.family)
        if context.floors:
            result = judged(context, record, result)
        result.write_card()
        return result


def _write(context: SearchContext, summary: dict[str, Any], record: Record) -> None:
    """Save a network as the answer, and result.json."""
    folder, answer = context.folder, answer_of(context, record)
    save_answer(context, record, answer)
    summary["files"] = summary["files"] | {
        file.name: digest(file) for file in (folder.config, folder.model)
    }
    if record.label == label_of(summary["best"]):
        summary.pop("chosen", None)
    else:
        own = {"network": record.description, "refit": answer.refit}
        summary["chosen"] = answer.model.to_dict() | own
    if context.data.n_test:
        summary["tested"] = with_tested(summary, record.label)
    write_sealed(folder.result, summary)


def _record(context: SearchContext, summary: dict[str, Any], trial: str | int) -> Record:
    """Return the record of a trial that may be chosen."""
    ledger, path, wanted = context.ledger, context.folder.path, str(trial)
    if wanted == BEST:
        wanted = label_of(summary["best"])
    if wanted.isdecimal():
        record = _of_row(ledger, context.settings.penalize, int(wanted))
    else:
        record = ledger.of_trial(wanted)
    if record is None:
        raise InputError(
            f"trial: {shown(trial)} is not a network of the search in {path}; give STAGE/NUMBER, "
            f"such as {label_of(summary['best'])}, or the number of a row of "
            f"optuna-dnc leaderboard {path}."
        )
    if (state := state_of(record)) != "finished":
        raise InputError(
            f"trial: {record.label} was not trained to the end ({state}); choose a finished one."
        )
    return record


def _of_row(ledger: Ledger, penalize: str, number: int) -> Record | None:
    rows = leaderboard(ledger.records, penalize, ledger.best)
    return next((row.record for row in rows if row.rank == number), None)


def _is_answer(context: SearchContext, summary: dict[str, Any], record: Record) -> bool:
    """Whether the folder holds this network as the answer, intact."""
    if label_of(summary.get("chosen") or summary["best"]) != record.label:
        return False
    try:
        whole_result(context.folder, context.family)
    except InputError:
        return False
    return True


class ExtendOptions(SessionOptions, total=False):
    """Keyword arguments of :func:`extend`."""

    storage: str | BaseStorage | None
    n_steps: int | None
    n_startup_trials: int | None
    budget: int | None


def extend(path: str | Path, **options: Unpack[ExtendOptions]) -> SearchResult:
    """Raise the limits of a search and continue it; see :func:`extended_search`."""
    return extended_search(path, **options).run()


def extended_search(
    path: str | Path,
    storage: str | BaseStorage | None = None,
    *,
    n_steps: int | None = None,
    n_startup_trials: int | None = None,
    budget: int | None = None,
    **session: Unpack[SessionOptions],
) -> StagedSearch:
    """Raise the limits of a search; its other settings never change.

    All trials are kept. If stage 1 now finds a better network, stages 2 and 3 run for it. A choice
    by hand is reset, because there may be a better network. The command that started the search
    still resumes it.

    >>> extended_search("runs/digits", n_steps=40).run()

    Args:
        path: Folder of the run; no process may work on it.
        storage: Storage of the search; None for study.db in the folder.
        n_steps: New number of Bayesian steps of a stage, at least as many as before; None to leave
            it.
        n_startup_trials: The same of start-up trials.
        budget: The same of epochs.
        **session: See :func:`optuna_dnc.search.search_of_run`. ``timeout`` is for the additional
            trials.

    Raises:
        InputError: A value is lower than before, nothing is raised, or the search cannot be
            opened.
    """
    check_separate(RunFolder(path), _EXTENSION_OF_TRADEOFF)
    asked = dict(zip(GROWABLE, (n_steps, n_startup_trials, budget), strict=True))
    more = {name: value for name, value in asked.items() if value is not None}
    if not more and session.get("timeout") is None:
        raise InputError(
            "Nothing is added: raise n_steps=, n_startup_trials= or budget=, or give timeout=."
        )
    search = search_of_run(path, storage, **session)
    if is_claimed(search.folder.path):
        raise RunBusyError(
            f"{search.folder.path} is in use; pause it first with optuna-dnc pause."
        )
    settings = grown(search.settings, more)
    with search.begun() as run:
        store_growth(search.folder, run.studies, settings)
    session["data"] = search.dataset
    return search_of_run(path, storage, **session)
