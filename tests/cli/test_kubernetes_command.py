"""The command prints a Job, and refuses what no Job can have."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from optuna_dnc.kubernetes import WorkerJob, job_manifest
from tests.cli.conftest import Run
from tests.cli.test_bad_input import assert_refused


def test_it_prints_the_job_as_yaml(run: Run) -> None:
    options = ("--image", "a", "--workers", 8, "--secret", "b", "--gpus", 1, "--cpu", 2)
    outcome = run("kubernetes", "runs/digits", *options)
    assert (outcome.code, outcome.err) == (0, "")
    job = WorkerJob(run="runs/digits", image="a", workers=8, secret="b", gpus=1, cpu="2")
    assert yaml.safe_load(outcome.out) == job_manifest(job)
    assert "&id" not in outcome.out


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--workers", "0"), ("--workers must be at least 1", "got 0")),
        (("--workers", "1001"), ("--workers must be at most 1,000",)),
        (("--image", "Team/Image"), ("--image must be the name of an image", "'Team/Image'")),
        (("--image", "a b"), ("--image must be",)),
        (("--image", "-a"), ("--image must be",)),
        (("--claim", "My_Claim"), ("--claim must be a name of RFC 1123", "'My_Claim'")),
        (("--secret", "a/b c"), ("--secret must be NAME or NAME/KEY",)),
        (("--secret", "A"), ("--secret must be a name of RFC 1123",)),
        (("--name", "a.b"), ("--name must be a label of RFC 1123",)),
        (("--name", "n" * 62), ("--name must have at most 61 characters", "index")),
        (("--namespace", "-a"), ("--namespace must be a label",)),
        (("--gpus", "-1"), ("--gpus must be at least 0", "got -1")),
        (("--cpu", "0"), ("--cpu must be a positive quantity", "'500m'")),
        (("--cpu", "4Gi"), ("--cpu must be a number of cores",)),
        (("--memory", "4GB"), ("--memory must be a positive quantity", "'4Gi'")),
        (("--memory", "500m"), ("--memory must be a number of bytes",)),
        (("--timeout", "0"), ("--timeout must be above 0",)),
        (("--mount", "work"), ("--mount must be an absolute path", "'/work'")),
        (("--mount", "/a:b"), ("--mount must be a path",)),
        (
            ("--storage", "journal:///work/a.journal"),
            ("--secret and --storage are mutually exclusive",),
        ),
    ],
)
def test_bad_input(run: Run, options: tuple[str, ...], words: tuple[str, ...]) -> None:
    defaults = ("--image", "a", "--workers", "8", "--secret", "search")
    outcome = run("kubernetes", "runs/digits", *defaults, *options)
    assert (outcome.code, outcome.out, outcome.err.count("\n")) == (2, "", 1)
    for word in words:
        assert word in outcome.err


@pytest.mark.parametrize("folder", ["../digits", "/elsewhere/digits", ".", "runs/$(HOME)", ""])
def test_a_run_outside_of_the_volume_is_refused(run: Run, folder: str) -> None:
    outcome = run("kubernetes", folder, "--image", "a", "--workers", "1", "--secret", "b")
    assert outcome.code == 2
    assert "optuna-dnc: run must be a " in outcome.err


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("storage", [(), ("--storage", "sqlite:////work/study.db")])
def test_an_sqlite_file_is_refused(run: Run, storage: tuple[str, ...], workers: int) -> None:
    outcome = run("kubernetes", "runs/digits", "--image", "a", "--workers", workers, *storage)
    assert_refused(
        outcome,
        "SQLite file, which only works on the host on which the search was started",
        "PostgreSQL",
        "--storage journal:///work/trials.journal",
    )
    assert "***" not in outcome.err


def test_a_journal_file_outside_of_the_volume_is_refused(run: Run) -> None:
    options = ("--image", "a", "--workers", 2, "--storage")
    assert run("kubernetes", "runs/digits", *options, "runs/digits.journal").code == 0
    outcome = run("kubernetes", "runs/digits", *options, "journal:///tmp/digits.journal")
    assert_refused(outcome, "--storage must be a file on the volume", "/tmp/digits.journal")


def test_runs_whose_trials_are_in_sqlite_files_are_refused(run: Run, tmp_path: Path) -> None:
    start = ("--workers", 0, "--max-train", 100, "--out")
    job = ("--image", "a", "--workers", 2, "--secret", "search")
    prepared = run("search", "digits", *start, "one")
    assert "workers on this machine" in prepared.out
    assert "with --storage" in prepared.out
    assert_refused(run("kubernetes", "one", *job), "The trials of one are in its study.db")
    prepared = run("tradeoff", "digits", *start, "several")
    assert "workers on this machine" in prepared.out
    assert "--storage" not in prepared.out
    assert_refused(run("kubernetes", "several", *job), "several holds a trade-off", "one machine")
    prepared = run("search", "digits", *start, "shared", "--storage", "shared.journal")
    assert f"--storage journal://{tmp_path / 'shared.journal'}\n" in prepared.out
    assert run("kubernetes", "shared", *job).code == 0


def test_a_password_is_kept_out_of_the_job(run: Run) -> None:
    url = "postgresql+psycopg://me:hush@db/runs"
    outcome = run("kubernetes", "a", "--image", "a", "--workers", "2", "--storage", url)
    assert outcome.code == 2
    assert "must not hold a password" in outcome.err
    assert "hush" not in outcome.err + outcome.out
