"""``optuna-dnc report`` on the command line."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from optuna_dnc.cli import main


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    """Exit code, output and errors of ``optuna-dnc report``."""
    with pytest.raises(SystemExit) as stop:
        main(["report", *map(str, arguments)])
    screen = capsys.readouterr()
    return int(stop.value.code or 0), screen.out, screen.err


def test_it_says_where_the_report_is(
    capsys: pytest.CaptureFixture[str], finished_copy: Path, tmp_path: Path
) -> None:
    file = tmp_path / "found.html"
    assert run(capsys, finished_copy, "--out", file) == (0, f"Report written to {file}\n", "")
    assert run(capsys, finished_copy)[1] == f"Report written to {finished_copy / 'report.html'}\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["{empty}"], "holds no settings.json"),
        (["{run}", "--images", "gif"], "images 'gif' is unknown; allowed are png, svg"),
        (["{run}", "--storage", "sqlite:////no/such.db"], "cannot be reached"),
        (["{run}", "--out", "{empty}"], "is a folder"),
    ],
)
def test_bad_input_is_one_line(
    capsys: pytest.CaptureFixture[str],
    finished_search: Path,
    tmp_path: Path,
    arguments: list[str],
    message: str,
) -> None:
    given = [text.format(run=finished_search, empty=tmp_path) for text in arguments]
    code, out, err = run(capsys, *given)
    assert (code, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("package", "module"),
    [("plotly", "figures"), ("plotly", "figures.theme"), ("jinja2", "html.page")],
)
def test_a_missing_package_is_named_with_its_extra(package: str, module: str) -> None:
    program = (
        f"import sys; sys.modules[{package!r}] = None\n"
        "from optuna_dnc import InputError\n"
        "try:\n"
        f"    import optuna_dnc.report.{module}\n"
        "except InputError as error:\n"
        "    assert isinstance(error, ImportError)\n"
        "    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert f"need {package}, which is not installed" in done.stdout
    assert "pip install 'optuna-dnc[report]'" in done.stdout


def test_images_without_a_browser_are_refused_in_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, finished_copy: Path
) -> None:
    monkeypatch.setenv("BROWSER_PATH", os.devnull)
    code, _, err = run(capsys, finished_copy, "--images", "png")
    assert code == 2
    assert "there is none; install it" in err
    assert list((finished_copy / "figures").iterdir()) == []
