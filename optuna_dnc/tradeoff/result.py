"""Result of a trade-off: the best network of each ``wc``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from optuna_dnc._errors import InputError
from optuna_dnc._files import read_json, sealed
from optuna_dnc.nets import NetworkFamily
from optuna_dnc.runs.folder import RunFolder
from optuna_dnc.search.search_result import SearchResult
from optuna_dnc.tradeoff.folder import SCHEMA, TradeoffFolder

_COMMON = ("dataset", "task", "network", "penalize")


@dataclass(frozen=True)
class Tradeoff:
    """Results of searches of one data set that differ in ``wc``."""

    path: Path
    results: Mapping[float, SearchResult]
    """Finished searches by ``wc``, ascending."""
    summary: dict[str, Any]
    """Content of tradeoff.json, see docs/tradeoff.md."""

    @classmethod
    def load(cls, path: str | Path, *, family: NetworkFamily | None = None) -> Tradeoff:
        """Load the searches in a folder, whether they were run together or one by one.

        Args:
            path: Folder that holds the folders of searches.
            family: Network family of the searches, if it is not registered.

        Raises:
            InputError: The folder holds no finished search, a file is damaged, or two searches
                cannot be compared.
        """
        folder = TradeoffFolder(path)
        results: dict[float, SearchResult] = {}
        for run in folder.search_folders():
            if not RunFolder(run).result.exists():
                continue
            result = SearchResult.load(run, family=family)
            wc = result.summary["wc"]
            if wc in results:
                raise InputError(
                    f"{folder.path} has two searches with wc {wc:g}, {results[wc].path.name} and "
                    f"{run.name}; move one of them elsewhere."
                )
            results[wc] = result
        if not results:
            raise InputError(f"{folder.path} holds no finished search; give a folder of searches.")
        results = dict(sorted(results.items()))
        _check_comparable(folder, list(results.values()))
        before = folder.read() if folder.summary.exists() else {}
        kept = {name: before[name] for name in ("wc", "settings") if name in before}
        summary = {"schema": SCHEMA} | kept | _summary(folder, results)
        return cls(folder.path, results, sealed(summary))

    @property
    def complete(self) -> bool:
        """Whether every search has ended; False after a time limit."""
        return bool(self.summary["complete"])

    def save(self) -> None:
        """Write tradeoff.json."""
        TradeoffFolder(self.path).write(self.summary)


def _check_comparable(folder: TradeoffFolder, results: list[SearchResult]) -> None:
    first = results[0]
    for result in results[1:]:
        for name in ("dataset", "task", "penalize"):
            if result.summary[name] != first.summary[name]:
                raise InputError(
                    f"{folder.path} has searches that cannot be compared: {name} is "
                    f"{first.summary[name]} in {first.path.name} and {result.summary[name]} in "
                    f"{result.path.name}; keep those of each {name} in a folder of their own."
                )
        if _data(result) != _data(first):
            raise InputError(
                f"{folder.path} has searches that cannot be compared: the data of "
                f"{first.path.name} and {result.path.name} differ; keep those of each data set in "
                "a folder of their own."
            )


def _data(result: SearchResult) -> Any:
    return read_json(RunFolder(result.path).settings).get("data")


def _summary(folder: TradeoffFolder, results: Mapping[float, SearchResult]) -> dict[str, Any]:
    first = next(iter(results.values())).summary
    points = [_point(wc, result) for wc, result in results.items()]
    n_searches = len(folder.search_folders())
    return {
        "complete": len(points) == n_searches and all(r.complete for r in results.values()),
        **{name: first[name] for name in _COMMON},
        "points": points,
        "n_trained": sum(point["n_trained"] for point in points),
        "epochs": sum(point["epochs"] for point in points),
        "search_seconds": sum(point["search_seconds"] for point in points),
    }


def _point(wc: float, result: SearchResult) -> dict[str, Any]:
    best, stages = result.best, result.summary["stages"]
    return {
        "wc": wc,
        "folder": result.path.name,
        "complete": result.complete,
        "description": str(best.config),
        "loss": best.loss,
        **best.metrics_to_dict(),
        "stage": best.stage,
        "trial_number": best.trial_number,
        "baseline": result.summary["baseline"],
        "n_trials": sum(stage["n_trials"] for stage in stages),
        "n_trained": sum(stage["n_trained"] for stage in stages),
        "epochs": sum(stage.get("epochs", 0) for stage in stages),
        "search_seconds": result.summary["search_seconds"],
    }
