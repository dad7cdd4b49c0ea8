"""Stochastic gradient descent, without torch's bookkeeping around its fused kernel."""

from __future__ import annotations

from collections.abc import Iterable

import torch

from optuna_dnc._torch_compat import fused_sgd_


class FusedSGD:
    """SGD with Nesterov's momentum and weight decay added to the gradient, as torch's.

    ``g = gradient + weight_decay * w; v = momentum * v + g; w -= lr * (g + momentum * v)``: the
    same kernel and the same numbers as ``torch.optim.SGD(nesterov=True, fused=True)``. For what
    is left out see :class:`optuna_dnc.training.adam.FusedAdam`.
    """

    def __init__(
        self,
        parameters: Iterable[torch.Tensor],
        *,
        lr: float,
        momentum: float,
        weight_decay: float,
    ) -> None:
        self.lr = lr
        self.momentum = momentum
        self.weight_decay = weight_decay
        self._parameters = [tensor for tensor in parameters if tensor.requires_grad]
        # The kernel wants none where there is no momentum.
        self._velocities = [torch.zeros_like(tensor) for tensor in self._parameters if momentum]

    def state(self) -> dict[str, torch.Tensor]:
        """What the next step depends on, apart from the settings; no copies."""
        return {f"velocity.{i}": tensor for i, tensor in enumerate(self._velocities)}

    def zero_grad(self) -> None:
        """Forget the gradients."""
        for tensor in self._parameters:
            tensor.grad = None

    @torch.no_grad()
    def step(self) -> None:
        """Update the parameters; one without a gradient counts as having gradient 0."""
        fused_sgd_(
            self._parameters,
            [
                torch.zeros_like(tensor) if tensor.grad is None else tensor.grad
                for tensor in self._parameters
            ],
            self._velocities,
            weight_decay=self.weight_decay,
            momentum=self.momentum,
            lr=self.lr,
            dampening=0.0,
            nesterov=self.momentum > 0,
            maximize=False,
            is_first_step=False,
        )
