"""KerasTuner's Bayesian optimization of plain CNNs, on Keras with the torch backend."""

from __future__ import annotations

import math
import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

os.environ["KERAS_BACKEND"] = "torch"  # before keras is imported

import keras
import keras_tuner
import numpy as np
import torch
from keras import layers

from benchmarks.peers.contestants.job import Fitted, Job

EPOCHS = 30
PATIENCE = 5


class _TimeOverError(keras_tuner.errors.FatalError):
    """The only kind of error that ends a search."""


class _Clock(keras.callbacks.Callback):
    """Ends the search with the time, and tells the network of each epoch."""

    def __init__(self, job: Job, space: _Space, model: keras.Model) -> None:
        super().__init__()
        self.job, self.space, self.network = job, space, model

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if self.job.left() <= 0:
            raise _TimeOverError

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.space.see(self.network, 1 - logs["val_accuracy"])


class _Space(keras_tuner.HyperModel):
    """Two to four blocks; remembers the best epoch of all trials by the objective."""

    def __init__(self, job: Job) -> None:
        super().__init__()
        train, held = job.holdout()
        self.job, self.n_trials = job, 0
        self.best: tuple[float, keras.Model, list[np.ndarray]] | None = None
        x = np.moveaxis(job.x, 1, 3)
        self.train, self.held = (x[train], job.y[train]), (x[held], job.y[held])

    def build(self, hp: keras_tuner.HyperParameters) -> keras.Model:
        model = keras.Sequential([layers.Input(self.train[0].shape[1:])])
        normalization = layers.Normalization()
        normalization.adapt(self.train[0])
        model.add(normalization)
        width = hp.Int("width", 4, 64, sampling="log")
        for i in range(hp.Int("n_blocks", 2, 4)):
            model.add(layers.Conv2D(width * 2**i, 3, padding="same", use_bias=False))
            model.add(layers.BatchNormalization())
            model.add(layers.ReLU())
            model.add(layers.MaxPooling2D(padding="same"))
        model.add(layers.GlobalAveragePooling2D())
        model.add(layers.Dropout(hp.Float("dropout", 0.0, 0.5)))
        model.add(layers.Dense(self.job.n_outputs))
        model.compile(
            optimizer=keras.optimizers.Adam(hp.Float("lr", 1e-4, 1e-2, sampling="log")),
            loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            metrics=["accuracy"],
        )
        return model

    def fit(self, hp: keras_tuner.HyperParameters, model: keras.Model, **given: Any) -> float:
        self.n_trials += 1
        history = model.fit(
            *self.train,
            batch_size=hp.Choice("batch_size", [32, 64, 128]),
            epochs=EPOCHS,
            validation_data=self.held,
            verbose=0,
            callbacks=[
                _Clock(self.job, self, model),
                keras.callbacks.EarlyStopping("val_accuracy", patience=PATIENCE),
            ],
        )
        error = 1 - max(history.history["val_accuracy"])
        return self.job.objective(error, n_params(model), len(self.held[0]))

    def see(self, model: keras.Model, error: float) -> None:
        value = self.job.objective(error, n_params(model), len(self.held[0]))
        if self.best is None or value < self.best[0]:
            self.best = value, model, model.get_weights()


def n_params(model: keras.Model) -> int:
    """Trainable parameters, as for everyone."""
    return sum(math.prod(weight.shape) for weight in model.trainable_weights)


def fit(job: Job) -> Fitted:
    torch.set_num_threads(1)
    keras.utils.set_random_seed(job.seed)
    space = _Space(job)
    with tempfile.TemporaryDirectory() as folder:
        tuner = keras_tuner.BayesianOptimization(
            space,
            max_trials=100_000,
            seed=job.seed,
            directory=folder,
        )
        with suppress(_TimeOverError):
            tuner.search(verbose=0)
        if space.best is None:
            raise TimeoutError("the time was over before the first epoch")
        _, model, weights = space.best
        model.set_weights(weights)
        path = Path(folder) / "best.keras"
        model.save(path)
        n_bytes = path.stat().st_size
    return Fitted(
        predict=lambda x: keras.ops.convert_to_numpy(
            keras.ops.softmax(model.predict(np.moveaxis(x, 1, 3), verbose=0))
        ),
        n_bytes=n_bytes,
        n_params=n_params(model),
        about=f"{space.n_trials} trials",
    )
