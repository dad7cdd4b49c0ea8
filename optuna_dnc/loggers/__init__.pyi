from .logged_trial import LoggedTrial
from .mlflow_logger import MLflowLogger
from .registry import LOGGERS, create_loggers
from .tensorboard_logger import TensorBoardLogger
from .trial_logger import TrialLogger
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
