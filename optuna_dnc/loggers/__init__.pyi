from .logged_trial import LoggedTrial
from .mlflow_logger import MLflowLogger
from .tensorboard_logger import TensorBoardLogger
from .trial_logger import LOGGERS, TrialLogger, create_loggers
from .wandb_logger import WandbLogger

__all__ = [
    "LOGGERS",
    "LoggedTrial",
    "MLflowLogger",
    "TensorBoardLogger",
    "TrialLogger",
    "WandbLogger",
    "create_loggers",
]
