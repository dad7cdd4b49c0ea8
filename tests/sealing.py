"""Change files of a finished run as somebody would who writes their digests anew too."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from optuna_dnc._files import SEAL, digest, write_json, write_sealed
from optuna_dnc.runs.folder import RunFolder
from optuna_dnc.runs.storage import open_storage
from optuna_dnc.runs.strategies import stage_keys
from optuna_dnc.runs.studies import Studies, name_in_own_file
from optuna_dnc.runs.trial_digests import trial_digests


def rewrite(file: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Change a JSON file of a run, and all digests that would tell."""
    content = json.loads(file.read_text())
    change(content)
    if SEAL in content:
        write_sealed(file, content)
    else:
        write_json(file, content)
    if (file.parent / "result.json").exists():
        reseal(file.parent)


def reseal(folder: Path) -> None:
    """Take the files and trials of a run as they are now for those that were written."""
    run = RunFolder(folder)
    summary = json.loads(run.result.read_text())
    summary["files"] = {name: digest(folder / name) for name in summary["files"]}
    if run.study.exists():
        storage = open_storage(run.study, create=False, to_read=True)
        settings = json.loads(run.settings.read_text())
        stages = stage_keys(settings["strategy"], settings["pruner"])
        studies = Studies(storage, name_in_own_file(storage, run), stages)
        summary["trials"] = trial_digests(studies)
        studies.close()
    write_sealed(run.result, summary)


def forget_digests(folder: Path) -> None:
    """Leave a run as versions wrote it that knew no digests."""
    file = folder / "result.json"
    summary = json.loads(file.read_text())
    for name in ("files", "trials", SEAL):
        del summary[name]
    write_json(file, summary)
