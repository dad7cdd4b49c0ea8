"""Drafts: temporary files and folders that are renamed once they are complete."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from platform import node

MOST_SECONDS = 86_400.0
"""Age of a draft in seconds above which it is abandoned in any case."""

_STARTED = time.time()
_FLAGS = (
    os.O_WRONLY
    | os.O_CREAT
    | os.O_EXCL
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)
_NAME = re.compile(
    r"\.(?P<stem>.+)\.draft-(?P<host>[^/]+)-(?P<pid>\d+)-(?P<seconds>\d+)-[0-9a-f]{16}(?:\.\w+)?"
)


def create_draft(path: Path) -> Path:
    """Create an empty draft beside ``path``, and delete those of killed processes.

    Its name, ``.STEM.draft-HOST-PID-SECONDS-RANDOM.SUFFIX``, holds its owner and start. The file
    is new, never a symbolic link, and its name cannot be guessed: an attacker cannot redirect it.
    """
    sweep_drafts(path.parent, path.stem)
    draft = _name_for(path)
    os.close(os.open(draft, _FLAGS, 0o666))
    return draft


@contextmanager
def draft_folder(path: Path) -> Iterator[Path]:
    """Yield an empty folder beside ``path``, named as a draft, and delete it after the block.

    Raises:
        OSError: The folder cannot be created.
    """
    sweep_drafts(path.parent, path.stem)
    draft = _name_for(path)
    draft.mkdir(parents=True)
    try:
        yield draft
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def sweep_drafts(folder: Path, stem: str | None = None) -> None:
    """Delete the drafts in a folder whose process has ended, or that are older than a day.

    Args:
        folder: The folder; may be missing or read-only.
        stem: Stem of the files whose drafts to delete; None for all.
    """
    wanted = None if stem is None else _shortened(stem)
    with suppress(OSError):
        for path in folder.iterdir():
            name = _NAME.fullmatch(path.name)
            if name and wanted in (None, name["stem"]) and _is_abandoned(name):
                _delete(path)


def _name_for(path: Path) -> Path:
    owner = f"{_host()}-{os.getpid()}-{int(time.time())}-{secrets.token_hex(8)}"
    return path.with_name(f".{_shortened(path.stem)}.draft-{owner}{path.suffix}")


def _delete(draft: Path) -> None:
    if draft.is_dir() and not draft.is_symlink():
        shutil.rmtree(draft, ignore_errors=True)
        return
    with suppress(OSError):
        draft.unlink()


def _is_abandoned(name: re.Match[str]) -> bool:
    begun, pid = float(name["seconds"]), int(name["pid"])
    if time.time() - begun > MOST_SECONDS:
        return True
    if name["host"] != _host():
        return False
    if pid == os.getpid():
        # Of an earlier process with the same id, which is common in containers.
        return begun < int(_STARTED)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        return False
    return False


@cache
def _host() -> str:
    """Return an id of the machine, and on Linux of the container: process ids are unique there."""
    space = ""
    with suppress(OSError):
        space = "." + os.readlink("/proc/self/ns/pid").strip("pid:[]")  # noqa: PTH115 - no path
    return re.sub(r"[^\w.]", "_", node())[:40] + space


def _shortened(stem: str) -> str:
    """Shorten a stem so that the name has fewer than 255 bytes, the limit of file systems."""
    return os.fsencode(stem)[:80].decode(errors="ignore")
