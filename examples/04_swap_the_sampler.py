"""One line changes the sampler of an existing study; what it knows is kept.

The study chooses a model and that model's own hyperparameters. It is begun with Optuna's default
sampler and goes on with DNCSampler, which learns the branches from the trials it finds. At the
end the sampler says what it makes of the study.
"""

import optuna
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import cross_val_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from optuna_dnc import DNCSampler

x, y = load_breast_cancer(return_X_y=True)


def objective(trial: optuna.Trial) -> float:
    """Cross-validated accuracy of a support vector machine or of nearest neighbours."""
    if trial.suggest_categorical("model", ["svm", "neighbours"]) == "svm":
        c = trial.suggest_float("C", 1e-2, 1e3, log=True)
        gamma = trial.suggest_float("gamma", 1e-5, 1e0, log=True)
        model = SVC(C=c, gamma=gamma)
    else:
        weights = trial.suggest_categorical("weights", ["uniform", "distance"])
        model = KNeighborsClassifier(trial.suggest_int("k", 1, 50), weights=weights)
    return cross_val_score(make_pipeline(StandardScaler(), model), x, y, cv=3).mean()


optuna.logging.set_verbosity(optuna.logging.WARNING)
study = optuna.create_study(direction="maximize")
study.optimize(objective, n_trials=15)
print(f"after 15 trials with TPESampler: {study.best_value:.4f}")

study.sampler = DNCSampler(seed=0)  # the one line
study.optimize(objective, n_trials=25)
print(f"after 25 more with DNCSampler: {study.best_value:.4f} with {study.best_params}")
print(study.sampler.explain(study))
