"""DNCSampler in a study of your own: a conditional search space, nothing else to change.

The number of layers decides how many widths there are. The sampler learns that from the trials;
its kernel compares networks of different depth.
"""

import math

import optuna

from optuna_dnc import DNCSampler


def objective(trial: optuna.Trial) -> float:
    """Pretend to train a network: wide first layers help, every layer costs."""
    n_layers = trial.suggest_int("n_layers", 1, 4)
    widths = [trial.suggest_int(f"width_{i}", 8, 256) for i in range(n_layers)]
    lr = trial.suggest_float("lr", 1e-5, 1e-1, log=True)
    error = 0.05 + sum(math.exp(-width / 60) / (i + 1) for i, width in enumerate(widths)) / 4
    return error + 0.02 * n_layers + 0.1 * (math.log10(lr) + 2.5) ** 2


optuna.logging.set_verbosity(optuna.logging.WARNING)
study = optuna.create_study(sampler=DNCSampler(seed=0))
study.optimize(objective, n_trials=40)
print(f"best value {study.best_value:.4f} with {study.best_params}")
