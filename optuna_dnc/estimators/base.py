"""Base class of classifier and regressor: parameters, search, refit, and progress."""

from __future__ import annotations

import inspect
import shutil
import tempfile
import warnings
import weakref
from collections.abc import Callable
from numbers import Integral
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from joblib import effective_n_jobs
from numpy.typing import NDArray
from optuna.storages import InMemoryStorage
from rich.console import Console
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted
from typing_extensions import Unpack

from optuna_dnc._errors import InputError, shown
from optuna_dnc._optuna_log import quiet_optuna
from optuna_dnc.data import Dataset
from optuna_dnc.data.frames import column_names
from optuna_dnc.data.label_checks import Task
from optuna_dnc.estimators.fit_data import FitData, samples_like
from optuna_dnc.estimators.fitted_network import FittedNetwork
from optuna_dnc.nets import NetworkFamily
from optuna_dnc.objectives import METRICS, costs_in_words, described_cost, metric_named
from optuna_dnc.runs.options import EstimatorKeywords
from optuna_dnc.runs.recipe import PRESET_SECONDS
from optuna_dnc.runs.records import Record
from optuna_dnc.runs.settings import SearchSettings
from optuna_dnc.search import Event, SearchStarted, StageDone, StagedSearch, TrialDone
from optuna_dnc.search.search_result import SearchResult
from optuna_dnc.workers import gpus_of, local_environments, process_pool, visible_gpus

Init = TypeVar("Init", bound=Callable[..., None])


def _with_settings(init: Init) -> Init:
    """Add ``**settings`` to the signature, from which scikit-learn reads the parameters."""
    signature = inspect.signature(init)
    *explicit, _ = signature.parameters.values()
    settings = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default)
        for name, default in _defaults().items()
    ]
    described: Any = init
    described.__signature__ = signature.replace(parameters=[*explicit, *settings])
    return init


def _defaults() -> dict[str, Any]:
    """Return defaults by name; None for empty ones and those that depend on other settings."""
    return {
        field.name: None if field.type is dict or field.setting.default else field.default
        for field in SearchSettings.options("estimators")
    }


class DNCEstimator(BaseEstimator):  # type: ignore[misc]
    """Base class of :class:`DNCClassifier` and :class:`DNCRegressor`."""

    @_with_settings
    def __init__(
        self,
        *,
        network: str | NetworkFamily | None = None,
        refit: bool = True,
        floors: bool = False,
        timeout: float | None = None,
        device: str = "auto",
        out: str | Path | None = None,
        scoring: str | None = None,
        random_state: int | np.random.RandomState | None = None,
        n_jobs: int | None = None,
        verbose: int = 0,
        **settings: Unpack[EstimatorKeywords],
    ) -> None:
        self.network = network
        self.refit = refit
        self.floors = floors
        self.timeout = timeout
        self.device = device
        self.out = out
        self.scoring = scoring
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.verbose = verbose
        defaults = _defaults()
        for name in settings:
            if name not in defaults:
                raise TypeError(f"{type(self).__name__} has no parameter {name!r}")
        for name, value in {**defaults, **settings}.items():
            setattr(self, name, value)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        # Times differ between two runs.
        is_limited = self.timeout is not None or self.preset in PRESET_SECONDS
        is_timed = is_limited or self.max_ms is not None
        tags.non_deterministic = is_timed or not described_cost(self.penalize).repeats_exactly
        return tags

    def _fit(self, data: FitData, task: Task) -> None:
        """Search on checked arrays and keep the best network."""
        n_workers = workers_for(self.n_jobs, self.device)
        out, storage = self.out, None
        if out is None:
            temporary = tempfile.mkdtemp(prefix="optuna-dnc-")
            weakref.finalize(self, shutil.rmtree, temporary, ignore_errors=True)
            out = Path(temporary) / "search"
            if n_workers == 1:  # a database takes longer than a small search
                storage = InMemoryStorage()
        search = StagedSearch(
            _dataset(type(self).__name__, data, task),
            network=self.network,
            out=out,
            storage=storage,
            timeout=self.timeout,
            # Who gives samples to validate with does not want them trained on.
            refit=self.refit and data.held_out is None,
            floors=self.floors,
            device=self.device,
            progress=False,
            on_event=Progress(self.verbose),
            **self._settings(),
        )
        with quiet_optuna():
            self.result_: SearchResult = run_in_processes(search, n_workers, self.device)
            self.network_ = FittedNetwork.of(
                search.family,
                self.result_.best.config,
                self.result_.model().state_dict(),
                self.result_.preprocessing(),
                self.device,
            )
        self.best_config_ = self.result_.best.config
        self.n_params_ = self.result_.best.n_params

    def _settings(self) -> dict[str, Any]:
        """Return the fields of SearchSettings that are not None, and the seed."""
        seed = self.random_state
        if not isinstance(seed, Integral):
            seed = check_random_state(seed).randint(2**31 - 1)
        values = {name: getattr(self, name) for name in _defaults()}
        values["metric"] = self._metric()
        values["class_weight"] = self._class_weight()
        given = {name: value for name, value in values.items() if value is not None}
        return {**given, "seed": int(seed)}

    def _metric(self) -> str | None:
        if self.scoring is None:
            given: str | None = self.metric
            return given
        if not isinstance(self.scoring, str):
            raise InputError(
                f"scoring must be the name of a metric, got {shown(self.scoring)}; choose one of "
                f"{', '.join(METRICS)}, or register a metric of your own."
            )
        if self.metric is not None and metric_named(self.metric) != metric_named(self.scoring):
            raise InputError(
                f"scoring is {self.scoring!r} and metric {self.metric!r}; both name the metric of "
                "the search, leave one of them out."
            )
        return self.scoring

    def _class_weight(self) -> Any:
        """Return the class weights by the labels of the data set of the search."""
        return self.class_weight

    def _checked(self, X: Any) -> NDArray[Any]:
        """Return samples to predict, checked for the features of the training data."""
        check_is_fitted(self)
        preprocessing = self.network_.preprocessing
        x, names = samples_like(self, X, preprocessing.table), column_names(X)
        # scikit-learn checks names only if they are strings, and refuses another order.
        if names is None or preprocessing.table is not None:
            return x
        return preprocessing.in_order(x, names, "X")


def _dataset(name: str, data: FitData, task: Task) -> Dataset:
    """Create a data set without test samples; errors name ``X`` and ``y``."""
    x, y = data.x, data.y
    try:
        dataset = Dataset(
            name,
            x,
            y,
            x[:0],
            y[:0],
            task,
            data.names,
            data.table,
            weights=data.weights,
            held_out=data.held_out,
        )
    except InputError as error:
        message = str(error).replace(f"{name}: ", "").replace("weights", "sample_weight")
        raise InputError(message.replace("xtr", "X").replace("ytr", "y")) from None
    if doubt := dataset.doubt_about_axes:
        warnings.warn(doubt.replace("xtr", "X"), stacklevel=4)
    return dataset


def workers_for(n_jobs: object, device: str) -> int:
    """Return the number of networks to train at a time.

    Args:
        n_jobs: As in scikit-learn: None for 1, or what a block of ``joblib.parallel_config``
            says; -1 for all cores, -2 for all but one.
        device: Device of the search. Each training has a GPU of its own, if there are GPUs.

    Raises:
        InputError: It is no such number.
    """
    is_int = isinstance(n_jobs, Integral) and not isinstance(n_jobs, bool)
    if n_jobs is not None and not (is_int and n_jobs != 0):
        raise InputError(
            f"n_jobs must be None or an int other than 0, got {shown(n_jobs)}; give -1 for all "
            "cores."
        )
    n_workers = int(effective_n_jobs(n_jobs))
    if n_workers == 1 or device == "cpu":
        return n_workers
    return min(n_workers, len(gpus_of(device, visible_gpus())) or n_workers)


def run_in_processes(search: StagedSearch, n_workers: int, device: str) -> SearchResult:
    """Run a search in as many processes as it has workers; in this one if there is one."""
    if n_workers == 1:
        return search.run()
    with process_pool(local_environments(n_workers, device=device)) as create:
        return search.run(create, workers=n_workers)


class Progress:
    """Prints a line per stage to stderr with ``verbose=1``, and a line per trial with 2."""

    def __init__(self, verbose: int) -> None:
        self._verbose = int(verbose)
        self._console = Console(stderr=True, highlight=False)
        self._best: Record | None = None

    def __call__(self, event: Event) -> None:
        """Print an event of the search."""
        if self._verbose < 1:
            return
        if isinstance(event, SearchStarted):
            self._say(f"Network {event.network}: {event.samples_in_words}, folder {event.folder}")
            for warning in event.warnings:
                self._say(f"Warning: {warning}")
        elif isinstance(event, TrialDone):
            self._best = event.best
            if self._verbose > 1:
                self._say(f"{event.stage} {event.number}/{event.n_trials}: {_text(event.record)}")
        elif isinstance(event, StageDone):
            best = "" if self._best is None else f"; best so far: {_text(self._best)}"
            self._say(f"{event.stage}, trials: {event.n_trials}{best}")

    def _say(self, line: str) -> None:
        self._console.print(line, markup=False, soft_wrap=True)


def _text(record: Record) -> str:
    score = record.measured.score
    return (
        f"{record.description}, validation {score.described.title} {score.format()}, "
        f"{costs_in_words(record.measured.costs)}"
    )
