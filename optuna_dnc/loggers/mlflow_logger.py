"""Logger of trials: MLflow."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from typing_extensions import Self, override

from optuna_dnc.loggers.logged_trial import LoggedTrial
from optuna_dnc.loggers.trial_logger import TrialLogger, required


class MLflowLogger(TrialLogger):
    """Logs each trial as an MLflow run, with its learning curves.

    Args:
        experiment: Name of the experiment, which is created if it is missing.
        tracking_uri: Where MLflow stores it; None for MLflow's own default.
    """

    def __init__(self, experiment: str, tracking_uri: str | None = None) -> None:
        super().__init__()
        self._mlflow = required("mlflow")
        self._client = self._mlflow.MlflowClient(tracking_uri)
        self._experiment = experiment

    @classmethod
    @override
    def of_run(cls, folder: Path, dataset: str) -> Self:
        return cls(dataset)

    @override
    def log(self, trial: LoggedTrial) -> None:
        entities, now = self._mlflow.entities, int(1000 * time.time())
        metrics: list[Any] = [
            entities.Metric(name, value, now, 0) for name, value in trial.metrics.items()
        ]
        metrics += [
            entities.Metric(f"curve/{name}", value, now, epoch)
            for name, curve in trial.curves.items()
            for epoch, value in curve.items()
        ]
        params = [entities.Param(name, str(value)) for name, value in trial.params.items()]
        run = self._client.create_run(
            self._experiment_id(), run_name=trial.name, tags={"study": trial.study}
        ).info.run_id
        for start in range(0, len(metrics), 1000):  # the most that MLflow takes at once
            self._client.log_batch(run, metrics=metrics[start : start + 1000])
        self._client.log_batch(run, params=params)
        self._client.set_terminated(run)

    def _experiment_id(self) -> str:
        known = self._client.get_experiment_by_name(self._experiment)
        if known is not None:
            return str(known.experiment_id)
        return str(self._client.create_experiment(self._experiment))
