"""Examples at the end of the help of commands that take settings."""

from __future__ import annotations

EXAMPLES = {
    "search": (
        "digits",
        "data.npz --wc 0.01 --epochs 100 --out runs/small",
        "digits --space n_layers=1:3 --space width=16:128",
        "cifar10 --network resnet --strategy joint",
        "digits --dry-run",
    ),
    "tradeoff": ("digits", "data.npz --wc 0 0.1 1 --epochs 10", "runs/digits-tradeoff"),
    "transfer": ("runs/digits data.npz", "runs/digits data.npz --epochs 60 --dry-run"),
    "check": ("digits", "data.npz --task regression --json"),
}


def examples(command: str) -> str:
    """The examples of a command, one a paragraph, as typer wants them."""
    lines = (f"optuna-dnc {command} {example}" for example in EXAMPLES[command])
    return "\n\n".join(("Examples:", *lines))
