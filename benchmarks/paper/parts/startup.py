"""How many of 30 trainings should be start-up trials?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import optuna
from optuna.samplers import BaseSampler, RandomSampler
from optuna.trial import BaseTrial

from benchmarks.paper.parts.settings import DATASETS, Settings
from optuna_dnc.data import Dataset, PreparedData, load_dataset, prepare
from optuna_dnc.nets import MLPConfig, MLPFamily
from optuna_dnc.objectives import penalized_loss
from optuna_dnc.samplers import DNCSampler
from optuna_dnc.training import TrainingConfig, TrainingSpace, train_network

N_TRAININGS = 30
N_SAMPLES = 5_000
EPOCHS = 8
WC = 0.1
FAMILY = MLPFamily()


def _dnc(n_startup: int, seed: int) -> BaseSampler:
    return DNCSampler(search_space=suggest, n_startup_trials=n_startup, seed=seed)


SPLITS: dict[str, Callable[[int], BaseSampler]] = {
    "30 random": lambda seed: RandomSampler(seed=seed),
    "30 Sobol": lambda seed: _dnc(30, seed),
    "15 + 15": lambda seed: _dnc(15, seed),
    "1 + 29": lambda seed: _dnc(1, seed),
}


def suggest(trial: BaseTrial) -> tuple[MLPConfig, TrainingConfig]:
    """Stages 1 and 3 in one."""
    config: MLPConfig = FAMILY.suggest_core(trial)
    return config, TrainingSpace().suggest(trial, TrainingConfig(epochs=EPOCHS))


def run(settings: Settings) -> dict[str, Any]:
    """Return the mean of the lowest loss of 30 trainings for each split and data set."""
    losses = {
        name: {
            split: [_lowest(data, make(seed), seed) for seed in range(settings.seeds)]
            for split, make in SPLITS.items()
        }
        for name in DATASETS
        for data in [prepare(_subset(settings, name), seed=0, device="cpu")]
    }
    rows = [
        {
            "data": name,
            "trainings": split,
            "mean loss": float(np.mean(values)),
            "sd": float(np.std(values)),
            "better than 15 + 15": sum(
                a < b for a, b in zip(values, by_split["15 + 15"], strict=True)
            ),
        }
        for name, by_split in losses.items()
        for split, values in by_split.items()
    ]
    agrees = {
        name: min(by_split, key=lambda split: np.mean(by_split[split])) == "15 + 15"
        for name, by_split in losses.items()
    }
    return {"rows": rows, "losses": losses, "agrees": agrees}


def _subset(settings: Settings, name: str) -> Dataset:
    return load_dataset(settings.dataset(name), max_train=N_SAMPLES, seed=0)


def _lowest(data: PreparedData, sampler: BaseSampler, seed: int) -> float:
    largest = FAMILY.n_params(FAMILY.largest(), data.input_shape, data.n_outputs)

    def objective(trial: optuna.Trial) -> float:
        config, training = suggest(trial)
        result = train_network(FAMILY, config, data, training, seed=seed)
        n_params = FAMILY.n_params(config, data.input_shape, data.n_outputs)
        return penalized_loss(result.error, n_params / largest, WC, n_val=len(data.val))

    study = optuna.create_study(sampler=sampler)
    study.optimize(objective, n_trials=N_TRAININGS)
    return study.best_value
