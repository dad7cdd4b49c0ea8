"""``optuna-dnc check``, and the same from Python."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from optuna_dnc import check
from tests.cli.conftest import Run

Write = Callable[..., Path]


def test_sound_data_pass_with_a_table(run: Run) -> None:
    done = run("check", "digits", "--device", "cpu")
    assert (done.code, done.err) == (0, "")
    assert "digits: classification, checked with mlp, 210 relu" in done.out
    assert "0:142, 1:146" in done.out
    assert done.out.rstrip().endswith("13 checks: 0 warnings, 0 failures.")
    assert all(len(line) <= 100 for line in done.out.splitlines())


def test_a_failed_check_ends_with_1_and_says_what_to_do(run: Run, npz: Write) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(400, 4))
    y = rng.integers(0, 2, 400)
    done = run("check", npz(xtr=x, ytr=y, xte=x[:30], yte=y[:30]))
    assert done.code == 1
    failed = ("test samples seen in training", "signal in the inputs")
    for line in (line for line in done.out.splitlines() if line.strip().startswith(failed)):
        assert "failure" in line
    assert "split again" in done.out
    assert "2 failures" in done.out


def test_warnings_alone_end_with_0(run: Run, npz: Write) -> None:
    done = run("check", npz(), "--device", "cpu")
    assert done.code == 0
    assert "samples" in done.out
    assert "1 warning, 0 failures" in done.out
    assert "raise --val-fraction." in " ".join(done.out.split())


def test_json_is_what_python_gives(run: Run, npz: Write) -> None:
    file = npz()
    done = run("check", file, "--json", "--val-fraction", "0.5", "--device", "cpu")
    told = json.loads(done.out)
    found: list[Any] = []
    report = check(file, val_fraction=0.5, device="cpu", on_finding=found.append)
    assert told == json.loads(json.dumps(report.to_dict()))
    assert report.findings == tuple(found)
    assert told["passed"] is report.passed is True
    assert report["samples"].details["n_val"] == 45
    assert {finding["status"] for finding in told["findings"]} == {"ok", "warning"}


def test_the_same_check_finds_the_same_and_leaves_the_random_state_alone(npz: Write) -> None:
    file = npz()
    state = torch.get_rng_state()
    first = check(file, device="cpu")
    assert torch.equal(torch.get_rng_state(), state)
    torch.manual_seed(7)
    assert check(file, device="cpu") == first


def test_a_regression_is_checked(run: Run, npz: Write) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(120, 4))
    file = npz(xtr=x[:90], ytr=x[:90, 0] * 9.0, xte=x[90:], yte=x[90:, 0] * 9.0)
    done = run("check", file, "--task", "regression", "--network", "mlp")
    assert done.code == 0
    assert "regression, checked with mlp" in done.out
    assert "standard deviation" in done.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere.npz"], ["nowhere.npz does not exist"]),
        (["digit"], ["'digit'", "Did you mean 'digits'"]),
        (["digits", "--network", "cn"], ["'cn'", "Did you mean 'cnn'"]),
        (["digits", "--task", "ranking"], ["'ranking'", "classification, multilabel, regression"]),
        (["digits", "--val-fraction", "2"], ["2.0", "between 0 and 1"]),
        (["digits", "--max-train", "3"], ["--max-train is 3", "at least 20"]),
        (["digits", "--seed", "-1"], ["--seed is -1"]),
        (["digits", "--device", "tpu7"], ["tpu7"]),
    ],
    ids=lambda value: " ".join(value[:3]) if isinstance(value, list) else "",
)
def test_bad_input_is_one_line_and_2(run: Run, arguments: list[str], said: list[str]) -> None:
    done = run("check", *arguments)
    assert (done.code, done.out) == (2, "")
    assert done.err.count("\n") == 1
    assert all(words in done.err for words in said), done.err


def test_a_network_that_does_not_fit_the_samples_is_bad_input(run: Run, npz: Write) -> None:
    done = run("check", npz(), "--network", "cnn")
    assert done.code == 2
    assert "needs images" in done.err


def test_missing_values_are_bad_input(run: Run, npz: Write) -> None:
    x = np.ones((90, 4))
    x[3, 2] = np.nan
    done = run("check", npz(xtr=x))
    assert done.code == 2
    assert "NaN" in done.err
    assert "row 3, column 2" in done.err
