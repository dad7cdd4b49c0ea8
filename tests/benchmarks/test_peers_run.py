"""The runs of ``benchmarks.peers``: processes, what is kept, and what is told."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks.peers import run
from benchmarks.peers.child import run_child
from benchmarks.peers.contestants.registry import CONTESTANTS, Contestant
from benchmarks.peers.kept_runs import load_runs
from benchmarks.peers.tables import load_table

FAKE = Contestant("tests.benchmarks.fake_contestant", ("numpy",), uses_wc=True)


def play(monkeypatch: pytest.MonkeyPatch, folder: Path, *arguments: str) -> None:
    monkeypatch.setitem(CONTESTANTS, "fake", FAKE)
    monkeypatch.setattr(
        sys, "argv",
        ["run", "--tables", "wine", "--contestants", "fake", "--core", "-1", "--wc", "1",
         "--seconds", "5", "--runs", str(folder), "--json", str(folder / "run.json"), *arguments],
    )  # fmt: skip
    run.main()


def test_a_run_is_kept_with_its_figures_and_not_repeated(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    play(monkeypatch, tmp_path, "--seeds", "1")
    kept = load_runs(tmp_path, "wine", "fake")
    play(monkeypatch, tmp_path, "--seeds", "1")
    wine = load_table("wine", tmp_path)
    commonest = np.bincount(wine.y_train).argmax()
    (figures,) = kept.values()
    assert figures["error"] == pytest.approx(np.mean(wine.y_test != commonest), abs=1e-6)
    assert figures["cpu_seconds"] > 0
    assert load_runs(tmp_path, "wine", "fake") == kept  # with the time that it took
    written = json.loads((tmp_path / "run.json").read_text())
    assert written["tables"]["5 s, wc 1"][0]["params"] == 3


def test_a_failure_is_told_and_does_not_end_the_others(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    play(monkeypatch, tmp_path, "--seeds", "2")
    assert "ValueError: seed 1 is too hard" in capsys.readouterr().out
    assert json.loads((tmp_path / "run.json").read_text())["tables"]["5 s, wc 1"][0]["runs"] == 1


def test_who_is_not_installed_is_left_out_with_the_reason(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    peer = Contestant("nowhere", ("no-such-distribution",))
    monkeypatch.setitem(CONTESTANTS, "absent", peer)
    able, notes = run.installed(["absent"], run.Pythons.parse([]))
    assert able == {}
    assert notes == [f"absent is left out: no no-such-distribution in {sys.executable}"]


def test_a_table_whose_file_is_not_there_is_left_out(tmp_path: Path) -> None:
    tables, notes = run.readable(["wine", "letter", "Vowel", "fashion"], tmp_path)
    assert list(tables) == ["wine"]
    assert len(notes) == 3


def test_pythons_are_for_all_peers_or_for_one(monkeypatch: pytest.MonkeyPatch) -> None:
    pythons = run.Pythons.parse(["peers/python", "realmlp=other/python"])
    used = [pythons[name] for name in ("ours", "scikit", "realmlp")]
    assert used == [sys.executable, "peers/python", "other/python"]


def test_a_process_that_hangs_is_ended(tmp_path: Path) -> None:
    ended = run_child(
        [sys.executable, "-c", "import time; time.sleep(60)"], tmp_path / "log",
        cpu_limit=60, wall_limit=0.2, env={}, cwd=tmp_path,
    )  # fmt: skip
    assert ended.failure == "ended by the limit on its time"


def test_the_time_of_children_counts(tmp_path: Path) -> None:
    spin = "import time\\nwhile time.process_time() < 0.3: pass"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', \"{spin}\"])"
    ended = run_child(
        [sys.executable, "-c", parent], tmp_path / "log",
        cpu_limit=60, wall_limit=60, env={}, cwd=tmp_path,
    )  # fmt: skip
    assert ended.failure is None
    assert ended.cpu_seconds >= 0.3
