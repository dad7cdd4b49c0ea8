"""Private names of torch, all uses of which are here: kernels without their overhead."""

from __future__ import annotations

import torch

from optuna_dnc._private_names import require_names

require_names(
    "torch",
    ">=2.6",
    (
        "torch:_foreach_lerp_",
        "torch:_foreach_norm",
        "torch:_foreach_sub",
        "torch:_fused_adam_",
        "torch:_fused_adamw_",
        "torch:_fused_sgd_",
    ),
)

foreach_lerp_ = torch._foreach_lerp_
foreach_norm = torch._foreach_norm
foreach_sub = torch._foreach_sub
fused_adam_ = torch._fused_adam_
fused_adamw_ = torch._fused_adamw_
fused_sgd_ = torch._fused_sgd_
