"""A search as a scikit-learn classifier: in a pipeline, with strings as labels, in a pickle."""

import pickle

import numpy as np
from sklearn.datasets import load_wine
from sklearn.model_selection import cross_val_score, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from optuna_dnc import DNCClassifier, check

wine = load_wine()
x, x_test, y, y_test = train_test_split(
    wine.data, wine.target_names[wine.target], stratify=wine.target, random_state=0
)

for finding in check((x, y)).findings:  # before anything is searched
    if finding.status != "ok":
        print(f"{finding.status}: {finding.check}: {finding.seen}. {finding.advice}")

classifier = DNCClassifier(
    wc=0.1,
    epochs=10,
    n_startup_trials=2,
    n_steps=1,
    space={"n_layers": 1, "width": (8, 64), "dropout": (0.0, 0.2)},
    batch_size=16,
    training_space={"batch_size": (8, 32), "lr": (1e-3, 1e-1)},
    random_state=0,
)
model = make_pipeline(FunctionTransformer(np.log1p), classifier)

scores = cross_val_score(model, x, y, cv=3)  # a search for each fold
print(f"cross-validated accuracy {scores.mean():.3f}")

model.fit(x, y)
print(f"{classifier.best_config_}: {classifier.n_params_:,} parameters")
print(f"test accuracy {model.score(x_test, y_test):.3f}")

again = pickle.loads(pickle.dumps(model))  # weights and all, without the folder of the search
print(again.predict(x_test[:3]), again.predict_proba(x_test[:3]).round(2))
