"""``optuna-dnc tradeoff``: what it prints, writes and refuses."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from optuna_dnc.cli.tradeoff import _repeated
from optuna_dnc.tradeoff import Tradeoff
from tests.cli.conftest import FAST_TRAINING, Run
from tests.cli.test_bad_input import assert_refused

Write = Callable[..., Path]
TRADE_OFF = [
    "--wc",
    "0",
    "10",
    *FAST_TRAINING,
    "--space",
    "dropout=0.2",
    "--space",
    "activation=relu",
]


def test_it_ends_with_a_line_for_each_wc_and_the_figures(
    run: Run, npz: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = npz()
    first = run("tradeoff", data, *TRADE_OFF)
    assert first.code == 0
    lines = [line.split() for line in first.out.splitlines() if line.strip()]
    assert [line[0] for line in lines[2:4]] == ["0", "10"]
    folder = Path("runs") / "data-tradeoff"
    assert lines[-2] == ["Saved", "in", str(folder)]
    assert lines[-1] == ["Figures:", str(folder / "tradeoff.html")]
    assert (tmp_path / folder / "tradeoff.html").stat().st_size < 6_000_000
    assert "wc 10 core-architecture 3/3: loss" in first.err
    assert "wc 0 core-architecture 1/1: loss" in first.err
    assert f"Run folder: {folder}\n" in first.err
    again = run("tradeoff", data, *TRADE_OFF, "--quiet")
    assert (again.out, again.err) == (first.out, "")
    compared = run("tradeoff", folder, "--json")
    written = json.loads((tmp_path / folder / "tradeoff.json").read_text())
    assert json.loads(compared.out) == written
    assert run("status", folder / "wc-0").code == 0
    for options, word in ((["--wc", "1"], "--wc"), (["--epochs", "3"], "--epochs")):
        assert_refused(run("tradeoff", folder, *options), "compared as they are", word)
    other = run("tradeoff", data, *TRADE_OFF, "--out", folder, "--seed", "3")
    assert_refused(other, "seed was 0, now 3", "--out")
    # Searches that are not finished are resumed by the commands that started them.
    monkeypatch.setattr(Tradeoff, "complete", False)
    text = " ".join(run("tradeoff", folder).out.split())
    assert "run the command that started each again to resume" in text
    text = " ".join(run("tradeoff", data, *TRADE_OFF).out.split())
    assert "run the same command again to resume" in text


def test_a_settings_file_may_name_the_weights(run: Run, npz: Write, tmp_path: Path) -> None:
    (tmp_path / "search.toml").write_text(
        'wc = [2, 0.5]\nepochs = 1\nstartup = 1\nsteps = 0\nout = "found"\n[space]\nn_layers = 0\n'
    )
    assert run("tradeoff", npz(), "--config", "search.toml", "--quiet").code == 0
    summary = json.loads((tmp_path / "found" / "tradeoff.json").read_text())
    assert summary["wc"] == [0.5, 2.0]
    assert summary["settings"]["n_startup_trials"] == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["digits", "--wc", "0", "-1"], ["wc", "at least 0", "-1"]),
        (["digits", "--wc", "0", "0.10", "0.1"], ["got 0.1 twice"]),
        (["digits", "--wc", "0", "cheap"], ["got 'cheap'"]),
        (["digits", "--wc", "nan"], ["finite"]),
        (["--wc", "0", "1", "digits"], ["DATA|DIR"]),
        (["digits", "--wc"], ["--wc"]),
        (["digits", "--pruner", "hyperband", "--epochs", "9"], ["hyperband", "median"]),
        (["digits", "--epochs", "0"], ["epochs"]),
        (["digits", "--wcs", "1"], ["--wcs"]),
        (["nothing.npz"], ["nothing.npz", "does not exist"]),
        (["empty"], ["empty holds no finished search"]),
    ],
)
def test_wrong_input_is_one_line(
    run: Run, tmp_path: Path, arguments: list[str], words: list[str]
) -> None:
    (tmp_path / "empty").mkdir()
    assert_refused(run("tradeoff", *arguments), *words)
    assert [path.name for path in tmp_path.iterdir()] == ["empty"]
    assert not list((tmp_path / "empty").iterdir())


@pytest.mark.parametrize(
    ("given", "understood"),
    [
        ("d --wc 0 .1 1e1 -q", "d --wc 0 --wc .1 --wc 1e1 -q"),
        ("--wc 0 -1 --epochs 3 d", "--wc 0 --wc -1 --epochs 3 d"),
        ("d --wc=0 1", "d --wc=0 --wc 1"),
        ("d --wc 0 --wc 1", "d --wc 0 --wc 1"),
    ],
)
def test_one_option_takes_several_weights(given: str, understood: str) -> None:
    assert _repeated(given.split(), "--wc") == understood.split()


@pytest.mark.parametrize("command", ["tradeoff", "transfer"])
def test_help_lists_the_options_that_are_shared_with_search(run: Run, command: str) -> None:
    outcome = run(command, "--help")
    assert outcome.code == 0
    for option in ("--wc", "--epochs", "--startup", "--training-space", "--timeout", "--config"):
        assert option in outcome.out


def test_workers_that_are_started_by_hand_run_a_prepared_trade_off(
    run: Run, npz: Write, tmp_path: Path
) -> None:
    prepared = run("tradeoff", npz(), *TRADE_OFF, "--out", "found", "--workers", 0)
    assert prepared.out.splitlines()[-1].strip() == f"optuna-dnc worker {tmp_path / 'found'}"
    assert "start one with optuna-dnc worker found\n" in run("status", "found/wc-0").out
    assert_refused(run("worker", "found/wc-0"), "take part in them with optuna-dnc worker found")
    assert_refused(run("refit", "found/wc-0"), "one search of a trade-off, which the same")
    assert_refused(run("refit", "found"), "give the folder of a search, such as found/wc-0")
    worked = run("worker", "found", "--device", "cpu")
    assert (worked.code, worked.err.count("core-architecture/0: loss")) == (0, 1)
    summary = json.loads((tmp_path / "found" / "tradeoff.json").read_text())
    assert (summary["complete"], len(summary["points"])) == (True, 2)
    assert run("worker", "found", "--device", "cpu").code == 0
    for command in ("resume", "extend"):
        assert_refused(run(command, "found"), "run the same optuna-dnc tradeoff command again")
    assert_refused(run("choose", "found", "best"), "in which wc chooses the networks")
    assert_refused(run("choose", "found/wc-0", "best"), "in which wc chooses the networks")
    assert_refused(run("extend", "found/wc-0", "--steps", 9), "whose number of trials is fixed")
    assert_refused(run("pause", "found/wc-0"), "add values of wc to its trade-off")
    assert_refused(run("status", "found/wc-0/.workers"), "such as found/wc-0.")
    longer = run("tradeoff", npz(), *TRADE_OFF, "--steps", 9, "--out", "found")
    assert_refused(longer, "repeat the settings to resume it.")
