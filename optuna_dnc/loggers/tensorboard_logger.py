"""Logger of trials: TensorBoard."""

from __future__ import annotations

from pathlib import Path

from typing_extensions import Self, override

from optuna_dnc.loggers.logged_trial import LoggedTrial
from optuna_dnc.loggers.trial_logger import TrialLogger, required


class TensorBoardLogger(TrialLogger):
    """Writes each trial as a run of TensorBoard, with its learning curves.

    Args:
        folder: Folder for ``tensorboard --logdir``.
    """

    def __init__(self, folder: str | Path) -> None:
        super().__init__()
        required("tensorboard")
        self._folder = Path(folder)

    @classmethod
    @override
    def of_run(cls, folder: Path, dataset: str) -> Self:
        return cls(folder / "tensorboard")

    @override
    def log(self, trial: LoggedTrial) -> None:
        from torch.utils.tensorboard import SummaryWriter

        stage = trial.study.rpartition("/")[2]
        with SummaryWriter(str(self._folder / f"{stage}-{trial.number}")) as writer:
            for name, curve in trial.curves.items():
                for epoch, value in curve.items():
                    writer.add_scalar(f"curve/{name}", value, epoch)
            known = (bool, str, float, int)
            params = {
                name: value if isinstance(value, known) else str(value)
                for name, value in trial.params.items()
            }
            metrics = dict(trial.metrics)
            writer.add_hparams(params, metrics, run_name=".", global_step=trial.number)
