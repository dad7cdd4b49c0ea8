"""Adam, AdamW and SGD without bookkeeping around fused kernels, and averages of weights."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import torch
from torch import nn

from optuna_dnc._torch_compat import foreach_lerp_, fused_adam_, fused_adamw_, fused_sgd_
from optuna_dnc.training.config import TrainingConfig


class _FusedOptimizer:
    """Parameters and gradients of an optimizer.

    Left out are hooks, parameter groups and checks in every step, which take longer than the
    update for the small networks of a search: a step of Adam on a 64-100-10 MLP takes 17 instead
    of 48 microseconds.
    """

    def __init__(
        self, parameters: Iterable[torch.Tensor], *, lr: float, weight_decay: float
    ) -> None:
        self.lr = lr
        self.weight_decay = weight_decay
        self._parameters = [tensor for tensor in parameters if tensor.requires_grad]

    def zero_grad(self) -> None:
        """Drop the gradients."""
        for tensor in self._parameters:
            tensor.grad = None

    def _gradients(self) -> list[torch.Tensor]:
        """Return the gradients, 0 for a parameter that has none."""
        return [
            torch.zeros_like(tensor) if tensor.grad is None else tensor.grad
            for tensor in self._parameters
        ]


class FusedAdam(_FusedOptimizer):
    """Adam (Kingma and Ba, 2015), or AdamW (Loshchilov and Hutter, 2019).

    The same kernel and the same numbers as ``torch.optim.Adam(fused=True)``, where weight decay is
    added to the gradient, and as ``torch.optim.AdamW(fused=True)``, where it is decoupled.
    """

    def __init__(
        self,
        parameters: Iterable[torch.Tensor],
        *,
        lr: float,
        weight_decay: float,
        decoupled: bool = False,
    ) -> None:
        super().__init__(parameters, lr=lr, weight_decay=weight_decay)
        self._update = fused_adamw_ if decoupled else fused_adam_
        self._means = [torch.zeros_like(tensor) for tensor in self._parameters]
        self._squares = [torch.zeros_like(tensor) for tensor in self._parameters]
        # Torch keeps a counter for each tensor; they are always equal, so one serves all.
        self._step = torch.zeros((), device=self._parameters[0].device)

    def state(self) -> dict[str, torch.Tensor]:
        """Return the state by name, without the settings; not copied."""
        return {
            "step": self._step,
            **{f"mean.{i}": tensor for i, tensor in enumerate(self._means)},
            **{f"square.{i}": tensor for i, tensor in enumerate(self._squares)},
        }

    @torch.no_grad()
    def step(self) -> None:
        """Update the parameters."""
        gradients = self._gradients()
        self._step += 1
        self._update(
            self._parameters,
            gradients,
            self._means,
            self._squares,
            [],
            [self._step] * len(gradients),
            lr=self.lr,
            beta1=0.9,
            beta2=0.999,
            weight_decay=self.weight_decay,
            eps=1e-8,
            amsgrad=False,
            maximize=False,
        )


class FusedSGD(_FusedOptimizer):
    """SGD with Nesterov momentum and weight decay added to the gradient.

    ``g = gradient + weight_decay * w; v = momentum * v + g; w -= lr * (g + momentum * v)``: the
    same kernel and the same numbers as ``torch.optim.SGD(nesterov=True, fused=True)``.
    """

    def __init__(
        self,
        parameters: Iterable[torch.Tensor],
        *,
        lr: float,
        momentum: float,
        weight_decay: float,
    ) -> None:
        super().__init__(parameters, lr=lr, weight_decay=weight_decay)
        self.momentum = momentum
        # The kernel refuses velocities where there is no momentum.
        self._velocities = [torch.zeros_like(tensor) for tensor in self._parameters if momentum]

    def state(self) -> dict[str, torch.Tensor]:
        """Return the state by name, without the settings; not copied."""
        return {f"velocity.{i}": tensor for i, tensor in enumerate(self._velocities)}

    @torch.no_grad()
    def step(self) -> None:
        """Update the parameters."""
        fused_sgd_(
            self._parameters,
            self._gradients(),
            self._velocities,
            weight_decay=self.weight_decay,
            momentum=self.momentum,
            lr=self.lr,
            dampening=0.0,
            nesterov=self.momentum > 0,
            maximize=False,
            is_first_step=False,
        )


def new_optimizer(
    config: TrainingConfig, parameters: Iterable[torch.Tensor]
) -> FusedAdam | FusedSGD:
    """Return the optimizer of ``config``, before its first step."""
    if config.optimizer == "sgd":
        return FusedSGD(
            parameters,
            lr=config.lr,
            momentum=config.momentum,
            weight_decay=config.weight_decay,
        )
    return FusedAdam(
        parameters,
        lr=config.lr,
        weight_decay=config.weight_decay,
        decoupled=config.optimizer == "adamw",
    )


class WeightAverage:
    """Average ``a += (w - a) / min(step, window)`` of the weights ``w`` after each step.

    Over the first ``window`` steps it is the plain mean. Statistics of batch norm are averaged,
    too.
    """

    def __init__(self, model: nn.Module, window: float) -> None:
        self._window = window
        self._weights = [
            tensor.detach() for tensor in model.state_dict().values() if tensor.is_floating_point()
        ]
        self._average = [tensor.clone() for tensor in self._weights]
        self._steps = torch.zeros((), dtype=torch.int64)

    def state(self) -> dict[str, torch.Tensor]:
        """Return the state by name; not copied."""
        return {"steps": self._steps, **{str(i): a for i, a in enumerate(self._average)}}

    @torch.no_grad()
    def update(self) -> None:
        """Take the weights after a step into the average."""
        self._steps += 1
        n_averaged = max(1.0, min(int(self._steps), self._window))
        foreach_lerp_(self._average, self._weights, 1 / n_averaged)

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """Give the network the averaged weights within the block."""
        self._swap()
        try:
            yield
        finally:
            self._swap()

    @torch.no_grad()
    def _swap(self) -> None:
        for weight, average in zip(self._weights, self._average, strict=True):
            kept = weight.clone()
            weight.copy_(average)
            average.copy_(kept)
