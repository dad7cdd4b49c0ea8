"""Numbers beyond all bounds, odd names and settings files end in one line."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from optuna_dnc import DNCSampler, InputError, StagedSearch
from optuna_dnc.data import load_dataset
from optuna_dnc.nets import cnn, mlp
from optuna_dnc.pruners import optimize_hyperband
from optuna_dnc.runs import SearchSettings
from optuna_dnc.samplers import BOHBSampler
from optuna_dnc.tradeoff import TradeoffSearch
from tests.cli.conftest import FAST, FAST_TRAINING, FASTEST, Outcome, Run

HUGE = 10**30
OPTIONS = {
    "epochs": "epochs",
    "startup": "n_startup_trials",
    "steps": "n_steps",
    "candidates": "n_candidates",
    "budget": "budget",
    "batch-size": "batch_size",
    "patience": "patience",
    "max-train": "max_train",
    "seed": "seed",
}
FLOATS = {"wc": "wc", "lr": "lr", "baseline": "baseline"}


def assert_refused(outcome: Outcome, *words: str) -> None:
    assert outcome.code == 2
    assert outcome.err.startswith("optuna-dnc: ")
    assert outcome.err.count("\n") == 1
    assert max(map(len, outcome.err.replace("/", " ").split())) <= 82
    for word in words:
        assert word in outcome.err


@pytest.mark.parametrize("option", OPTIONS)
def test_a_count_without_bounds_is_refused(run: Run, option: str) -> None:
    assert_refused(run("search", "digits", f"--{option}", HUGE), option.partition("-")[0])
    Path("options.toml").write_text(f"{option} = {HUGE}")
    assert_refused(run("search", "digits", "--config", "options.toml"), option.partition("-")[0])
    with pytest.raises(InputError, match=OPTIONS[option]):
        SearchSettings(**{OPTIONS[option]: HUGE})
    assert not Path("runs").exists()


@pytest.mark.parametrize("option", FLOATS)
@pytest.mark.parametrize("value", ["1e300", "1e400", "nan", "-inf"])
def test_a_number_without_bounds_is_refused(run: Run, option: str, value: str) -> None:
    assert_refused(run("search", "digits", f"--{option}={value}"), option)


@pytest.mark.parametrize("option", [*OPTIONS, *FLOATS])
def test_true_is_no_number(run: Run, option: str) -> None:
    Path("options.toml").write_text(f"{option} = true")
    assert_refused(run("search", "digits", "--config", "options.toml"), "must be a number")


@pytest.mark.parametrize(
    "ranges",
    [
        {"n_layers": (0, HUGE)},
        {"n_layers": (0, 10**9)},
        {"width": (20, HUGE)},
        {"width": (20, 10**9)},
        {"dropout": (1e300,)},
    ],
)
def test_a_space_without_bounds_is_refused(ranges: dict[str, tuple[int, int]]) -> None:
    with pytest.raises(InputError, match=next(iter(ranges))):
        mlp.MLPFamily(**ranges)
    if "n_layers" in ranges:
        with pytest.raises(InputError, match="n_layers"):
            cnn.CNNFamily(**ranges)


@pytest.mark.parametrize("name", ["n_startup_trials", "n_candidates", "seed"])
def test_a_sampler_without_bounds_is_refused(name: str) -> None:
    with pytest.raises(InputError, match=name):
        DNCSampler(**{name: HUGE})  # type: ignore[arg-type]
    if name != "n_startup_trials":
        with pytest.raises(InputError, match=name):
            BOHBSampler(**{name: HUGE})  # type: ignore[arg-type]


def test_a_float_that_python_cannot_make_is_refused() -> None:
    with pytest.raises(InputError, match="bandwidth_factor must be at most"):
        BOHBSampler(bandwidth_factor=10**400)
    with pytest.raises(InputError, match="timeout must be at most"):
        StagedSearch("digits", timeout=10**400)


def test_iterations_of_hyperband_have_a_bound(tmp_path: Path) -> None:
    import optuna

    with pytest.raises(InputError, match="n_iterations"):
        optimize_hyperband(
            optuna.create_study(),
            lambda trial, budget: 0.0,
            max_resource=9,
            n_iterations=HUGE,
            checkpoints=tmp_path,
        )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("device = []", ("device",)),
        ("device = { a = 1 }", ("device",)),
        ("out = 3", ("out",)),
        ("out = 'a\\u0000b'", ("out",)),
        ("network = ['mlp']", ("network",)),
        ("timeout = 'soon'", ("timeout",)),
        ("task = 1", ("task",)),
        ("data_root = true", ("--data-root",)),
        ("storage = 1979-05-27", ("storage",)),
        ("log = nan", ("log",)),
        ("log = [1]", ("log",)),
        ("space = 3", ("space",)),
        ("space = { width = { a = 1 } }", ("width",)),
        ("space = " + "[" * 20_000 + "]" * 20_000, ("options.toml",)),
        ("space = " + "[" * 300 + "]" * 300, ("space",)),
        ("x" * 5000 + " = 1", ("options.toml", "unknown")),
        (f"device = '{'x' * 5000}'", ("device",)),
    ],
)
def test_a_settings_file_with_a_wrong_type(run: Run, text: str, words: tuple[str, ...]) -> None:
    Path("options.toml").write_text(text.replace("'a\\u0000b'", '"a\\u0000b"'))
    assert_refused(run("search", "digits", "--config", "options.toml"), *words)


@pytest.mark.parametrize("text", ["workers = 'two'", "workers = []", f"wc = [1{'0' * 400}]"])
def test_a_settings_file_of_a_tradeoff_with_a_wrong_type(run: Run, text: str) -> None:
    Path("options.toml").write_text(text)
    word = text.partition(" ")[0]
    assert_refused(run("tradeoff", "digits", "--config", "options.toml"), word)


def test_workers_without_bounds_are_refused(run: Run) -> None:
    assert_refused(run("search", "digits", "--workers", str(HUGE)), "--workers")
    assert_refused(run("search", "digits", "--workers", str(10**9)), "--workers")
    assert_refused(run("worker", "run", "--threads", str(HUGE)), "--threads")
    assert_refused(run("worker", "run", "--timeout", "nan"), "--timeout")


def test_a_settings_file_that_is_no_text(run: Run) -> None:
    Path("options.toml").write_bytes(b"device = '\xff'")
    assert_refused(run("search", "digits", "--config", "options.toml"), "options.toml")
    os.mkfifo("pipe.toml")
    assert_refused(run("search", "digits", "--config", "pipe.toml"), "pipe.toml")


@pytest.mark.parametrize("name", [os.fsdecode(b"caf\xe9"), "n" * 200, "n" * 250, "\u2603" * 60])
def test_data_of_any_name_that_a_file_can_have(
    run: Run, arrays: dict[str, Any], name: str
) -> None:
    np.savez(f"{name}.npz", **arrays)
    assert run("search", f"{name}.npz", *FASTEST, "-q", "--out", "run").code == 0
    assert run("status", "run").code == 0
    assert run("predict", "run", f"{name}.npz").code == 0
    assert run("transfer", "run", f"{name}.npz", "--dry-run").code == 0
    least = ("--startup", "1", "--steps", "0", "--space", "refinements=")
    assert run("tradeoff", f"{name}.npz", "--wc", "0", *FAST_TRAINING, *least, "-q").code == 0


def test_names_that_nothing_can_have_are_refused(run: Run, arrays: dict[str, Any]) -> None:
    np.savez("data.npz", **arrays)
    for out in (os.fsdecode(b"caf\xe9"), "n" * 300):
        assert_refused(run("search", "data.npz", *FAST, "--out", out), "out")
    assert_refused(run("search", "n" * 300), "unknown")
    assert_refused(run("search", "n" * 300 + ".npz"), "cannot be read")
    with pytest.raises(InputError):
        load_dataset("a\0b.npz")
    with pytest.raises(InputError, match="out"):
        TradeoffSearch("digits", out="n" * 300)


def test_a_device_that_computes_nothing_is_refused(run: Run) -> None:
    assert_refused(run("search", "digits", "--device", "meta"), "device")


def test_a_long_value_is_cut_by_every_parser(run: Run) -> None:
    for option in ("--epochs", "--wc", "--network", "--space", "--penalize", "--pruner"):
        assert_refused(run("search", "digits", f"{option}={'x' * 5000}"))
    assert_refused(run("search", "digits", f"--{'x' * 5000}"))
    assert_refused(run("x" * 5000))
