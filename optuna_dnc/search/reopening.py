"""The search of a run, created again from its folder, and one step of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from optuna.storages import BaseStorage
from typing_extensions import Unpack

from optuna_dnc._errors import InputError, shown
from optuna_dnc._optuna_log import quiet_optuna
from optuna_dnc.nets import NetworkFamily, network_family
from optuna_dnc.nets.registry import FAMILIES
from optuna_dnc.results.run_data import data_of_run
from optuna_dnc.runs.folder import RunFolder
from optuna_dnc.runs.options import PartOptions
from optuna_dnc.runs.run import open_run, read_settings
from optuna_dnc.runs.settings import SearchSettings
from optuna_dnc.samplers.registry import SAMPLERS, SamplerSource
from optuna_dnc.search.events import Listener
from optuna_dnc.search.limits.time_limit import TimeLimit
from optuna_dnc.search.setup import own_family
from optuna_dnc.search.staged_search import StagedSearch
from optuna_dnc.search.stages.stage_run import TrialCallback
from optuna_dnc.search.stages.worker import Outcome


class SessionOptions(PartOptions, total=False):
    """How this process runs the search; what is left out is as the search was run before."""

    timeout: float | TimeLimit | None
    refit: bool
    floors: bool
    progress: bool | None
    callbacks: Sequence[TrialCallback]
    log: str | Sequence[str]
    on_event: Listener | None


def search_of_run(
    path: str | Path,
    storage: str | BaseStorage | None = None,
    **session: Unpack[SessionOptions],
) -> StagedSearch:
    """Create the search of a run again, from its settings.json and data.json alone.

    >>> search_of_run("runs/digits").run()  # goes on, as the same command would

    Args:
        path: Folder of the run.
        storage: Storage of the search; None for study.db in the folder.
        **session: ``data`` of the search, if they were in memory or have been moved; its
            ``network``, a family or a class or function that creates one, and its ``sampler``, if
            they are not registered: no file names a class to import. ``data_root``, ``device``,
            ``timeout``, ``refit``, ``floors``, ``progress``, ``callbacks``, ``log`` and
            ``on_event`` of :class:`StagedSearch`; what is left out of ``data_root``, ``timeout``,
            ``refit``, ``floors`` and ``log`` is as it was before.

    Raises:
        InputError: The folder holds no search, its data or an own network family or sampler are
            missing, or it is one of the searches of a trade-off.
    """
    if session.get("timeout") is not None:  # it runs while the data are loaded
        session["timeout"] = TimeLimit.of(session["timeout"])
    folder = RunFolder(path)
    check_separate(
        folder,
        "whose searches run together: run the same optuna-dnc tradeoff command again to resume "
        "them, with a new --timeout if you like, or take part in them with "
        f"{folder.joining_command}",
    )
    arguments = arguments_of_run(folder, **{**session_before(folder, storage), **session})
    return StagedSearch(**arguments, out=folder.path, storage=storage)


def check_separate(folder: RunFolder, remedy: str) -> None:
    """Raise :class:`InputError` for the folder of a trade-off, or of one of its searches.

    Args:
        folder: Folder of the run.
        remedy: What is different there, and what to do instead, for the message.
    """
    if folder.tradeoff is not None:
        what = "holds" if folder.tradeoff == folder.path else "is one search of"
        raise InputError(f"{folder.path} {what} a trade-off, {remedy}.")


def arguments_of_run(folder: RunFolder, **session: Any) -> dict[str, Any]:
    """Return the arguments of a search that was started: settings, data and extensions.

    Args:
        folder: Folder of the run.
        **session: Further arguments, with ``data``, ``network`` and ``sampler`` if no file can
            hold them.
    """
    settings = read_settings(folder)
    given = {
        name: settings[name]
        for name in SearchSettings.model_fields
        if name not in ("network", "space", "sampler")
    }
    family = _family(folder, settings, session.pop("network", None))
    sampler = _sampler(folder, settings, session.pop("sampler", None))
    data = data_of_run(folder.path, settings, session.pop("data", None), session.get("data_root"))
    return {"data": data, "network": family, "sampler": sampler, **given, **session}


def _family(folder: RunFolder, settings: Mapping[str, Any], network: Any) -> NetworkFamily:
    """Return the family with the ranges of the search, which the data may have narrowed."""
    name, ranges = settings["network"], settings["space"]
    own = own_family(network, {} if isinstance(network, NetworkFamily) else ranges)
    if own is not None:
        return own
    if name not in FAMILIES:
        raise InputError(
            f"network: the search in {folder.path} has the network family {shown(name)}, which is "
            "not registered; give it with network=."
        )
    return network_family(name, ranges)


def _sampler(
    folder: RunFolder, settings: Mapping[str, Any], sampler: SamplerSource | None
) -> SamplerSource:
    name: str = settings["sampler"]
    if sampler is None and name not in SAMPLERS:
        raise InputError(
            f"sampler: the search in {folder.path} has the sampler {shown(name)}, which is not "
            "registered; give it with sampler=."
        )
    return name if sampler is None else sampler


def session_before(folder: RunFolder, storage: str | BaseStorage | None) -> dict[str, Any]:
    """Return how the search was run before; empty if it has not come that far."""
    if storage is None and not (folder.study.exists() or folder.is_stored_elsewhere):
        return {}
    return open_run(folder.path, storage, to_read=True).studies.session()


def work_once(
    run: StagedSearch | str | Path,
    storage: str | BaseStorage | None = None,
    **session: Unpack[SessionOptions],
) -> Outcome:
    """Train one network of a started search, if this process can; the last step ends the search.

    There is no coordinator: any number of processes may call this, on any machine that shares the
    folder and the storage, and any of them may die. The trial of a dead one is taken up under its
    own number. To take many steps, open the search once:
    ``with search.joined() as run: run.work_once()``.

    >>> while (outcome := work_once("runs/digits")) != "done":
    ...     time.sleep(outcome == "wait")

    Args:
        run: The search, or its folder.
        storage: Storage of the search in a folder; None for its study.db.
        **session: Options of :func:`optuna_dnc.search.search_of_run`.

    Returns:
        ``trained``; ``wait`` if only other workers can go on; ``done`` once the result is written.

    Raises:
        InputError: The folder holds no search that was started, or its data cannot be found.
    """
    with quiet_optuna():  # each call opens all studies again
        search = run if isinstance(run, StagedSearch) else search_of_run(run, storage, **session)
        with search.joined() as joined:
            return joined.work_or_finish()
