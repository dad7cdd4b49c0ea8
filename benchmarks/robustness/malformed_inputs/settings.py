"""Options and settings files with something wrong."""

from __future__ import annotations

import random
from collections.abc import Iterator
from inspect import signature

from optuna_dnc.cli.search import search
from optuna_dnc.nets.cnn import CNNFamily
from optuna_dnc.nets.mlp import MLPFamily
from optuna_dnc.training import TrainingSpace

VALUES = (
    "10" + "0" * 29,
    "-1" + "0" * 30,
    "1e400",
    "nan",
    "inf",
    "-inf",
    "",
    " ",
    "0",
    "-1",
    "0x10",
    "1_000",
    "9" * 5000,
    "x" * 5000,
    "one two " * 1000,
    "\u0663",
    "caf\udce9",
    "true",
    "[]",
    "../../x",
    "\n",
    "\x1b[2J",
)

SEARCH = tuple(
    name.replace("_", "-")
    for name, option in signature(search).parameters.items()
    if name != "data" and "bool" not in str(option.annotation)
)
RANGES = sorted({*MLPFamily.model_fields, *CNNFamily.model_fields, *TrainingSpace.model_fields})
OTHERS = {
    "refit": ("epochs", "training", "data", "device", "out"),
    "ensemble": ("top", "snapshots", "data", "device", "out", "storage"),
    "check": ("network", "task", "max-train", "val-fraction", "seed", "device"),
    "tradeoff": ("wc", "epochs", "startup", "steps", "seed", "out", "config"),
    "export": ("format", "out", "data"),
    "status": ("storage",),
    "report": ("out", "images", "storage"),
    "predict": ("out", "device"),
}
SUBJECTS = {
    "check": ("data.npz",),
    "tradeoff": ("data.npz",),
    "predict": ("run", "data.npz"),
}
FAST = ("--epochs", "1", "--startup", "1", "--steps", "0", "--space", "width=4:8", "-q")


def options(rng: random.Random) -> Iterator[tuple[str, list[str]]]:
    """Name and arguments of one command line after the other, without an end."""
    while True:
        value = rng.choice(VALUES)
        if rng.random() < 0.6:
            option = rng.choice(SEARCH)
            if option in ("space", "training-space") and rng.random() < 0.9:
                value = f"{rng.choice(RANGES)}={value}" + rng.choice(("", f":{value}", ",1"))
            # Not the run that the others are compared with; nothing is trained where it is right.
            command = ["search", "data.npz", *FAST, "--out", "new", "--dry-run"]
            command += [f"--{option}={value}"]
        else:
            verb = rng.choice(list(OTHERS))
            option = rng.choice(OTHERS[verb])
            if option == "training" and rng.random() < 0.9:
                name = rng.choice(("lr", "epochs", "batch_size", "schedule", "mixup", "cutout"))
                value = f"{name}={value}"
            command = [verb, *SUBJECTS.get(verb, ("run",)), f"--{option}={value}"]
            if verb == "export" and option != "format":
                command.append("--format=safetensors")
            if verb == "tradeoff":
                command[2:2] = ["--wc", "0", *FAST]
        yield f"{command[0]} --{option}={value[:20]!a}", command


TOML_VALUES = (
    "[]",
    "[[]]",
    "{}",
    "{ a = 1 }",
    "true",
    "1" + "0" * 30,
    "1e400",
    "nan",
    "-inf",
    '""',
    '"' + "x" * 5000 + '"',
    "1979-05-27T07:32:00Z",
    "07:32:00",
    "[1, 'a', true]",
    '"\\u0000"',
    '"a\\nb"',
    "[" * 100 + "]" * 100,
    "[" * 20_000 + "]" * 20_000,
    "{ a = " * 500 + "1" + " }" * 500,
)


def settings_files(rng: random.Random) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of one settings file after the other, without an end."""
    while True:
        option = rng.choice([*SEARCH[:-1], "bf16", "augment", "nonsense", '"caf\u00e9 \u2603"'])
        value = rng.choice(TOML_VALUES)
        text = f"{option} = {value}\n".encode()
        kind = rng.choice(("value",) * 6 + ("range", "truncated", "bytes", "twice", "long"))
        if kind == "range":
            text = f"[space]\n{rng.choice(RANGES)} = {value}\n".encode()
        elif kind == "truncated":
            text = text[: rng.randrange(len(text))]
        elif kind == "bytes":
            where = rng.randrange(len(text))
            text = text[:where] + rng.choice((b"\xff", b"\0", b"\r", b"=")) + text[where:]
        elif kind == "twice":
            text += text
        elif kind == "long":
            text = ("n" * 5000 + " = 1\n").encode()
        yield f"{kind}: {option} = {value[:20]}", text
