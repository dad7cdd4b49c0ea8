"""State and epochs of one training run: model, optimizer and generators."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from itertools import repeat

import torch
from torch import nn

from optuna_dnc._torch_compat import foreach_norm, foreach_sub
from optuna_dnc.data import PreparedData, augment
from optuna_dnc.data.augmentation import cutout
from optuna_dnc.tasks import learning_task
from optuna_dnc.training.config import TrainingConfig
from optuna_dnc.training.fit_result import Epoch
from optuna_dnc.training.mixing import Mixup, weighted
from optuna_dnc.training.optimizers import WeightAverage, new_optimizer
from optuna_dnc.training.samples import Batch, samples_of


class Trainer:
    """A model in training, with all state that its epochs change."""

    def __init__(
        self,
        model: nn.Module,
        data: PreparedData,
        config: TrainingConfig,
        seed: int,
        on_batch: Callable[[], None] = lambda: None,
        is_late: Callable[[], bool] = lambda: False,
    ) -> None:
        self.model = model
        self.data = data
        self.samples = samples_of(model, data)
        self.n_networks = self.samples.n_trained
        self.config = config
        self.seed = seed
        self.on_batch = on_batch
        self.is_late = is_late
        self.optimizer = new_optimizer(config, model.parameters())
        self.weights = [w for network in self.samples.networks for w in weight_matrices(network)]
        steps = math.ceil(self.samples.n_train / config.batch_size)
        self.average = WeightAverage(model, config.averaging * steps) if config.averaging else None
        self.generator = torch.Generator(data.train.x.device).manual_seed(seed)
        self.augmentation = torch.Generator(data.device).manual_seed(seed)
        self.mixing = torch.Generator().manual_seed(seed)
        is_image = len(data.input_shape) == 3
        self.augment = config.augment and is_image
        self.cutout = config.cutout if is_image else 0
        classes = None if data.train.y.is_floating_point() else data.n_outputs
        self.mixup = (
            Mixup(config.mixup, n_classes=classes, generator=self.mixing) if config.mixup else None
        )
        self.changes_batches = bool(self.augment or self.cutout or self.mixup)
        self.loss = learning_task(data.task).criterion(config.label_smoothing)
        self.weighted_loss = weighted(self.loss)

    def epoch(self, done: int) -> Epoch:
        """Train one epoch after ``done`` others, validate, and return the metrics.

        The epoch ends after the first batch once it is late.
        """
        self.optimizer.lr = self.config.lr_after(done)
        start = self._now()
        train_loss, ratio, share = self._train(done)
        trained = self._now()
        with self.final_weights():
            measured = self.samples.validate()
        return Epoch(
            number=done + 1,
            train_loss=train_loss,
            val_error=measured.error,
            val_loss=measured.loss,
            train_seconds=trained - start,
            eval_seconds=self._now() - trained,
            update_ratio=ratio,
            share=share,
            val_metric=measured.value,
            val_accuracy=measured.accuracy,
        )

    def final_weights(self) -> AbstractContextManager[None]:
        """Give the model, within the block, the weights that it would have at the end."""
        return nullcontext() if self.average is None else self.average.in_use()

    def _train(self, done: int) -> tuple[float, float, float]:
        """Return the mean loss of the batches, the update ratio of the last, and their share."""
        model, optimizer = self.model.train(), self.optimizer
        device, n_train = self.data.device, self.samples.n_train
        precision = (
            torch.autocast(device.type, torch.bfloat16) if self.config.bf16 else nullcontext()
        )
        steady = self.config.steady_within_epochs
        seen, ratio = 0, math.nan
        losses = []
        for x, y, w in self.samples.batches(self.config.batch_size, self.generator):
            if not steady:
                optimizer.lr = self.config.lr_after(done + seen / n_train)
            seen += len(x) // self.n_networks
            if self.changes_batches:
                x, y, w = self._each_changed(x, y, w)
            optimizer.zero_grad()
            with precision:
                outputs = model(x)
                loss = self.loss(outputs, y) if w is None else self.weighted_loss(outputs, y, w)
            # The gradient of each network of a stack is that of its own mean.
            total = loss * self.n_networks if self.n_networks > 1 else loss
            total.backward()  # type: ignore[no-untyped-call]
            if seen < n_train:
                optimizer.step()
            else:
                ratio = update_ratio(self.weights, optimizer.step)
            if self.average is not None:
                self.average.update()
            losses.append(loss.detach())
            self.on_batch()
            if self.is_late():
                break
        return torch.stack(losses).mean().item(), ratio, seen / n_train

    def _each_changed(self, x: torch.Tensor, y: torch.Tensor, w: torch.Tensor | None) -> Batch:
        """Change the batch of each network of a stack by itself: they mix no samples."""
        n = self.n_networks
        if n == 1:
            return self._changed(x, y, w)
        each = zip(x.chunk(n), y.chunk(n), repeat(None) if w is None else w.chunk(n), strict=False)
        xs, ys, ws = zip(*(self._changed(*batch) for batch in each), strict=True)
        return torch.cat(xs), torch.cat(ys), None if w is None else torch.cat(ws)

    def _changed(self, x: torch.Tensor, y: torch.Tensor, w: torch.Tensor | None) -> Batch:
        if self.augment:
            x = augment(
                x,
                generator=self.augmentation,
                pad=self.config.augment_shift,
                flip=self.config.augment_flip,
            )
        if self.cutout:
            x = cutout(x, self.cutout, generator=self.augmentation)
        return (x, y, w) if self.mixup is None else self.mixup.with_weights(x, y, w)

    def state(self) -> dict[str, torch.Tensor]:
        """Return all state that the next epoch depends on, by name; tensors are not copied.

        Torch's global generators are part of it, because dropout draws from them.
        """
        state = {f"model.{name}": tensor for name, tensor in self.model.state_dict().items()}
        state |= {f"optimizer.{name}": tensor for name, tensor in self.optimizer.state().items()}
        state |= {f"average.{name}": tensor for name, tensor in self._averages().items()}
        state |= {f"generator.{name}": g.get_state() for name, g in self._generators().items()}
        state["generator.cpu"] = torch.get_rng_state()
        if self.data.device.type == "cuda":
            state["generator.cuda"] = torch.cuda.get_rng_state(self.data.device)
        return state

    @torch.no_grad()
    def load_state(self, state: Mapping[str, torch.Tensor]) -> None:
        """Restore a :meth:`state` with the same names, shapes and dtypes."""
        for prefix, part in (
            ("model", self.model.state_dict()),
            ("optimizer", self.optimizer.state()),
            ("average", self._averages()),
        ):
            for name, tensor in part.items():
                tensor.copy_(state[f"{prefix}.{name}"])
        for name, generator in self._generators().items():
            generator.set_state(state[f"generator.{name}"])
        torch.set_rng_state(state["generator.cpu"])
        if self.data.device.type == "cuda":
            torch.cuda.set_rng_state(state["generator.cuda"], self.data.device)

    def _averages(self) -> dict[str, torch.Tensor]:
        return {} if self.average is None else self.average.state()

    def _generators(self) -> dict[str, torch.Generator]:
        return {
            "order": self.generator,
            "augmentation": self.augmentation,
            "mixing": self.mixing,
        }

    def _now(self) -> float:
        if self.data.device.type == "cuda":
            torch.cuda.synchronize(self.data.device)
        return time.perf_counter()


def weight_matrices(model: nn.Module) -> list[torch.Tensor]:
    """Return the trainable weights of linear and conv layers, without biases and scales."""
    return [w for w in model.parameters() if w.requires_grad and w.dim() >= 2]


@torch.no_grad()
def update_ratio(weights: list[torch.Tensor], step: Callable[[], None]) -> float:
    """Take a step and return ``||w_after - w_before|| / ||w_before||``, the median over layers.

    A median, so that no single layer dominates.

    Args:
        weights: Tensors that the step changes in place, one a layer, all on one device.
        step: Changes them.

    Returns:
        The ratio; NaN without weights, or if they are not finite.
    """
    if not weights:
        step()
        return math.nan
    before = [weight.detach().clone() for weight in weights]
    step()
    changes = foreach_norm(foreach_sub(weights, before))
    ratios = (torch.stack(changes) / torch.stack(foreach_norm(before))).tolist()
    return statistics.median(ratios) if all(map(math.isfinite, ratios)) else math.nan
