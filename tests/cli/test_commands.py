"""The commands that work: what they print, and for whom."""

from __future__ import annotations

import gc
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from sqlalchemy.exc import OperationalError

from optuna_dnc.nets import MLPFamily
from optuna_dnc.runs.studies import Studies
from optuna_dnc.search import StagedSearch
from optuna_dnc.search.ending import judging
from tests.cli.conftest import FASTEST, FINISHED, Outcome, Run

Write = Callable[..., Path]


in_finished_search = pytest.mark.usefixtures("in_finished_search")


def test_search_ends_with_the_table_and_the_folder(finished_outcome: Outcome) -> None:
    assert finished_outcome.code == 0
    lines = finished_outcome.out.rstrip().splitlines()
    assert "val acc" in finished_outcome.out
    assert "Test accuracy" in finished_outcome.out
    assert lines[-1] == "Saved in run"
    assert max(map(len, lines)) <= 100


def test_search_and_status_compare_the_network_with_simple_models(
    run: Run, npz: Write, finished_outcome: Outcome, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Their share of the time of so short a search may be too little for them.
    monkeypatch.setattr(judging, "seconds_without_limit", lambda searched: 60.0)
    out = run("search", npz(), *FASTEST, "--floors", "--out", "run").out
    (line,) = [
        line for line in out.splitlines() if line.startswith("Test accuracy ") and "%" in line
    ]
    assert "linear model" in line
    assert "constant guess" in line
    assert line in run("status", "run").out
    assert "linear model" not in finished_outcome.out


def test_progress_is_plain_lines_where_there_is_no_terminal(finished_outcome: Outcome) -> None:
    err = finished_outcome.err
    assert "Network family: mlp (the samples are vectors of 4 features)." in err
    assert "core-architecture 3/3: loss" in err
    assert "training 3/3: loss" in err
    assert "\x1b" not in err


def test_quiet_prints_no_progress(run: Run, npz: Write) -> None:
    assert run("search", npz(), *FASTEST, "--out", "run", "--quiet").err == ""


def test_json_prints_the_result_file_alone(run: Run, npz: Write, tmp_path: Path) -> None:
    outcome = run("search", npz(), *FASTEST, "--out", "run", "--json")
    assert json.loads(outcome.out) == json.loads((tmp_path / "run" / "result.json").read_text())


@in_finished_search
def test_the_same_command_again_says_the_same_and_trains_nothing(
    run: Run, finished_outcome: Outcome
) -> None:
    again = run(*FINISHED)
    assert again.out == finished_outcome.out
    assert "Resuming after" in again.err


def test_the_default_folder_is_named_after_the_data(run: Run, npz: Write, tmp_path: Path) -> None:
    assert run("search", npz(), *FASTEST).code == 0
    assert (tmp_path / "runs" / "data" / "result.json").exists()


def test_settings_file_has_the_options_names_and_the_command_line_wins(
    run: Run, npz: Write, tmp_path: Path
) -> None:
    (tmp_path / "search.toml").write_text(
        'wc = 0.5\nstartup = 2\nsteps = 1\nepochs = 9\nval-fraction = 0.3\nout = "run"\n'
        "[space]\nwidth = [4, 8]\ndropout = [0.0]\n[training-space]\nlr = [1e-3, 1e-2]\n"
    )
    assert run("search", npz(), "--config", "search.toml", "--epochs", "1").code == 0
    settings = json.loads((tmp_path / "run" / "settings.json").read_text())
    assert (settings["wc"], settings["epochs"], settings["val_fraction"]) == (0.5, 1, 0.3)
    assert settings["space"]["width"] == [4, 8]
    assert settings["training_space"]["lr"] == [1e-3, 1e-2]


def test_ranges_of_the_command_line_join_those_of_the_settings_file(
    run: Run, tmp_path: Path
) -> None:
    (tmp_path / "search.toml").write_text("[space]\nwidth = [4, 8]\n")
    plan = run(
        "search", "digits", "--config", "search.toml", "--space", "n_layers=1", "--dry-run",
        "--json",
    )  # fmt: skip
    space = json.loads(plan.out)["space"]
    assert (space["width"], space["n_layers"]) == ([4, 8], [1, 1])


@pytest.mark.parametrize(("given", "wanted"), [("dropout", ["dropout"]), ("", [])])
def test_one_refinement_or_none_can_be_asked_for(run: Run, given: str, wanted: list[str]) -> None:
    options = ("--network", "mlp", "--space", f"refinements={given}", "--dry-run", "--json")
    assert json.loads(run("search", "digits", *options).out)["space"]["refinements"] == wanted


def test_the_home_folder_can_be_named_in_a_settings_file(
    run: Run, npz: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "search.toml").write_text('out = "~/run"\n')
    run("search", npz(), *FASTEST, "--config", "search.toml", "--timeout", "0.000001", "-q")
    assert (tmp_path / "home" / "run" / "settings.json").exists()


def test_dry_run_shows_the_plan_and_writes_nothing(run: Run, npz: Write, tmp_path: Path) -> None:
    options = ("--startup", "2", "--steps", "1", "--space", "width=4:8")
    outcome = run("search", npz(), *options, "--dry-run")
    assert outcome.code == 0
    startup = next(line for line in outcome.out.splitlines() if "--startup" in line)
    assert startup.split()[:4] == ["--startup", "2", "Number", "of"]
    assert not any(name in outcome.out for name in ("given", "shares_trials", "n_startup_trials"))
    assert "width: 4, 8" in outcome.out
    # 3 in stage 1; 2 activations, 4 dropouts, no encoding and 3 of 3 widths each in stage 2; 3 in
    # stage 3.
    assert "total: 22" in outcome.out
    assert [path.name for path in tmp_path.iterdir()] == ["data.npz"]


def test_status_before_during_and_after(run: Run, npz: Write) -> None:
    data = npz()
    run("search", data, *FASTEST, "--out", "run", "--timeout", "0.000001")
    assert "run: stopped" in run("status", "run").out
    run("search", data, *FASTEST, "--out", "run")
    outcome = run("status", "run")
    assert "run: complete" in outcome.out
    assert "core-architecture: 1 trial" in outcome.out
    state = json.loads(run("status", "run", "--json").out)
    assert (state["state"], state["saved"]["n_params"] > 0) == ("complete", True)


def test_status_leaves_the_garbage_collector_on(run: Run) -> None:
    assert run("status", "no-run").code == 2
    assert gc.isenabled()


class _OwnFamily(MLPFamily):
    name: ClassVar[str] = "own"


def test_status_of_a_finished_search_of_an_own_family(
    run: Run, arrays: dict[str, np.ndarray]
) -> None:
    result = StagedSearch(
        tuple(arrays[key] for key in ("xtr", "ytr", "xte", "yte")),
        network=_OwnFamily(n_layers=(1, 1), width=(4, 8)),
        epochs=1, n_startup_trials=2, n_steps=0, out="run", device="cpu", floors=False,
    ).run()  # fmt: skip
    out = run("status", "run").out
    assert "run: complete; own on arrays" in out
    assert f"Saved network: test acc {result.best.test_accuracy:.4f}" in out
    assert str(result.best.config) in out.splitlines()[-1]


def test_a_search_with_hyperband_says_what_was_stopped(run: Run, npz: Write) -> None:
    options = [npz(), "--epochs", "9", "--pruner", "hyperband", "--budget", "21", "--startup", "4"]
    options += ["--space", "width=4:64", "--device", "cpu", "--out", "run"]
    options += ["--recipe", "deep-n-cheap"]
    plan = run("search", *options, "--dry-run").out
    assert "core-architecture: 9 (21 epochs)" in plan
    assert json.loads(run("search", *options, "--dry-run", "--json").out)["n_epochs"] >= 42
    outcome = run("search", *options)
    assert "core-architecture 1/9: loss" in outcome.err
    assert "stopped after 1 epoch;" in outcome.err
    assert "stopped after 3 epochs" in outcome.err
    assert "epochs in total, in" in outcome.out
    status = run("status", "run").out
    assert "training: 9 trials, 8 of them stopped early, 21 epochs, best loss" in status


def test_a_settings_file_can_ask_for_a_joint_search(run: Run, npz: Write, tmp_path: Path) -> None:
    (tmp_path / "search.toml").write_text(
        'strategy = "joint"\nsampler = "bohb"\npruner = "median"\nepochs = 2\nbudget = 6\n'
        'network = "mlp"\nout = "run"\n[space]\nwidth = [4, 8]\n'
        "[training-space]\nlr = [0.1, 0.5]\n"
    )
    outcome = run("search", npz(), "--config", "search.toml")
    assert outcome.code == 0
    assert "joint 3/30: loss" in outcome.err
    settings = json.loads((tmp_path / "run" / "result.json").read_text())["settings"]
    wanted = {"strategy": "joint", "sampler": "bohb", "pruner": "median", "budget": 6}
    assert wanted.items() <= settings.items()
    assert "joint: 3 trials, 6 epochs" in run("status", "run").out
    assert (
        "Search space of the training"
        in run("search", npz(), "--strategy", "joint", "--dry-run").out
    )


def test_predict_prints_a_label_a_line(
    run: Run, npz: Write, arrays: dict[str, np.ndarray], tmp_path: Path
) -> None:
    names = np.array(["ant", "bee", "cat"])
    data = npz(ytr=names[arrays["ytr"]], yte=names[arrays["yte"]])
    run("search", data, *FASTEST, "--out", "run")
    lines = run("predict", "run", data).out.split()
    assert len(lines) == 30
    assert set(lines) <= set(names)
    assert json.loads(run("predict", "run", data, "--json").out) == lines
    run("predict", "run", data, "--out", "p.npz")
    assert np.load(tmp_path / "p.npz")["predictions"].tolist() == lines


@pytest.mark.parametrize("command", ["search", "status", "predict"])
def test_help_of_every_command(run: Run, command: str) -> None:
    outcome = run(command, "--help")
    assert outcome.code == 0
    assert "Usage" in outcome.out


def test_paragraphs_of_the_help_fill_the_width(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    text, *_ = run("worker", "--help").out.partition("╭")
    paragraphs = "\n".join(map(str.strip, text.splitlines())).strip().split("\n\n")
    assert max(map(len, text.splitlines())) <= 80
    assert [line for p in paragraphs for line in p.splitlines()[:-1] if len(line) < 60] == []


def test_version(run: Run) -> None:
    import optuna_dnc

    assert run("--version").out.strip() == optuna_dnc.__version__


@pytest.mark.parametrize(("option", "expected"), [("--augment", True), ("--no-augment", False)])
def test_a_switch_is_what_it_says(run: Run, option: str, expected: bool) -> None:
    plan = json.loads(run("search", "digits", option, "--dry-run", "--json").out)
    assert plan["identity"]["augment"] is expected


def test_a_switch_takes_no_value_that_could_be_misread(run: Run) -> None:
    assert run("search", "digits", "--augment", "False").code == 2


DEFAULTS_IN_WORDS = {
    "n_startup_trials": "15, or fewer if the model needs fewer",
    "epochs": "15 to 60, depending on the number of samples",
    "n_steps": "15; with a time limit, as many as fit",
    "lr": "searched in stage 1; 0.001 as published",
    "batch_size": "32 to 256, depending on the number of samples; 256 as published",
    "patience": "10; no early stopping with other recipes",
}


def test_the_help_tells_the_true_defaults(run: Run) -> None:
    from optuna_dnc.runs import SearchSettings

    words = " ".join(run("search", "--help").out.replace("│", " ").split())
    for name in ("wc", "penalize", "n_candidates", "preset", "seed"):
        assert f"(default: {SearchSettings.model_fields[name].default})" in words
    for name, default in DEFAULTS_IN_WORDS.items():
        (field,) = (field for field in SearchSettings.options() if field.name == name)
        assert field.setting.default == default
        assert f"(default: {default})" in words
    assert [SearchSettings().for_samples(n).epochs for n in (100, 10**9)] == [60, 15]
    assert [SearchSettings().for_samples(n).batch_size for n in (100, 10**9)] == [32, 256]
    published = SearchSettings(preset="deep-n-cheap")
    assert (published.batch_size, published.lr) == (256, 0.001)
    assert words.count("(default: no)") == 3


def test_the_list_of_commands_imports_no_settings() -> None:
    program = (
        "import sys, contextlib\n"
        "from optuna_dnc.cli import main\n"
        "with contextlib.suppress(SystemExit): main(['--help'])\n"
        "assert not {'torch', 'optuna', 'pydantic'} & set(sys.modules)\n"
        "with contextlib.suppress(SystemExit): main(['search', '--help'])\n"
        "assert not {'torch', 'optuna'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)


@in_finished_search
def test_a_storage_that_fails_while_it_is_read_is_one_line(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object) -> None:
        raise OperationalError("SELECT 1", {}, ConnectionError("server closed"))

    monkeypatch.setattr(Studies, "ledger", fail)
    outcome = run("status", "run")
    assert outcome.code == 2
    assert "storage: it stopped responding" in outcome.err
    assert "Traceback" not in outcome.err
