"""What a real terminal of 80 and of 60 columns shows."""

from __future__ import annotations

import io
import os
import re
from pathlib import Path

import pytest
from rich.console import Console

from optuna_dnc.search.progress.bars import SearchBars
from optuna_dnc.search.progress.bars import Terminal as Screen
from tests.cli.conftest import FAST

if os.name == "posix":
    from tests.cli.terminal import Terminal

pytestmark = pytest.mark.skipif(os.name != "posix", reason="of POSIX systems")

SLOW = ("--epochs", "200", "--patience", "200", "--device", "cpu", "--space", "width=4:8")
"""A search that is running when the test looks at it."""


@pytest.mark.parametrize("columns", [60, 80])
def test_nothing_is_wider_than_the_terminal_and_no_figure_is_cut(
    in_finished_search: None, tmp_path: Path, columns: int
) -> None:
    terminal = Terminal("search", "data.npz", *FAST, folder=tmp_path, columns=columns)
    assert terminal.end() == 0
    assert max(map(len, terminal.lines)) <= columns
    bars = [line for line in terminal.lines if "━" in line]
    for line, name in zip(bars, ("core-arch", "remaining-", "training"), strict=False):
        assert re.fullmatch(rf"{name}\S* +[━╸╺]{{4,}} +\d+/\d+ best -?\d\.\d{{3}} \d+ s", line)
    assert re.fullmatch(r"whole search +━{4,} +\d+ s", bars[3])
    (heading,) = (line.split() for line in terminal.lines if "val acc" in line)
    assert {"loss", "params", "network"} <= set(heading)
    assert "decay" not in heading
    assert ("lr" in heading) <= (columns == 80)
    (end,) = (i for i, line in enumerate(terminal.lines) if line.startswith("At the end,"))
    wrapped = terminal.lines[end : end + 2]
    assert re.fullmatch(
        r"At the end, .* on all 90 samples; before that, test acc \d\.\d+\.", " ".join(wrapped)
    )


def test_long_lines_above_the_bars_are_wrapped_with_their_indent() -> None:
    shown = io.StringIO()
    console = Console(file=shown, width=40, force_terminal=True, no_color=True)
    Screen(SearchBars(), console).say(f"  numeric: {', '.join(['blood pressure'] * 8)}")
    first, *others = shown.getvalue().splitlines()
    assert first.startswith("  numeric: blood")
    assert others
    assert all(line.startswith("    ") and len(line) <= 40 for line in others)


def test_ctrl_c_leaves_whole_bars_and_the_command_that_resumes(
    in_finished_search: None, tmp_path: Path
) -> None:
    command = ("search", "data.npz", *SLOW)
    terminal = Terminal(*command, folder=tmp_path, columns=60)
    terminal.until(lambda text: "1/30" in text)
    terminal.press_ctrl_c()
    assert terminal.end() == 130
    assert "Traceback" not in terminal.text
    bars = [i for i, line in enumerate(terminal.lines) if "━" in line]
    assert len(bars) == 2
    after = "".join(terminal.lines[bars[-1] + 1 :]).replace(" ", "")
    assert after.startswith("Interrupted.Finishedtrialsaresaved;runthesamecommandagain")
    assert after.endswith("".join(("optuna-dnc", *command)))
