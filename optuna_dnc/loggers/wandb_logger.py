"""Logger of trials: Weights & Biases."""

from __future__ import annotations

from pathlib import Path

from typing_extensions import Self, override

from optuna_dnc.loggers.logged_trial import LoggedTrial
from optuna_dnc.loggers.trial_logger import TrialLogger, required


class WandbLogger(TrialLogger):
    """Logs each trial as a run of Weights & Biases, with its learning curves.

    Args:
        project: Name of the project.
    """

    def __init__(self, project: str) -> None:
        super().__init__()
        self._wandb = required("wandb")
        self._project = project

    @classmethod
    @override
    def of_run(cls, folder: Path, dataset: str) -> Self:
        return cls(dataset)

    @override
    def log(self, trial: LoggedTrial) -> None:
        run = self._wandb.init(
            project=self._project,
            group=trial.study.replace("/", "-"),
            name=trial.name,
            config=dict(trial.params),
            reinit="create_new",
        )
        epochs = sorted({epoch for curve in trial.curves.values() for epoch in curve})
        for epoch in epochs:
            values = {name: curve[epoch] for name, curve in trial.curves.items() if epoch in curve}
            run.log(values, step=epoch)
        run.summary.update(dict(trial.metrics))
        run.finish()
