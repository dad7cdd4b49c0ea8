"""Drafts: files that are being written, and are renamed when they are whole."""

from __future__ import annotations

import os
import re
import secrets
import time
from contextlib import suppress
from functools import cache
from pathlib import Path
from platform import node

MOST_SECONDS = 86_400.0
"""A draft that is older is nobody's, whatever its name says."""

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
    """Create an empty draft beside ``path``, and delete those that killed processes left there.

    Its name, ``.STEM.draft-HOST-PID-SECONDS-RANDOM.SUFFIX``, says who writes it since when. It
    cannot be guessed, and is never one that exists or a symbolic link, so that nobody can have
    prepared it to point elsewhere.
    """
    sweep_drafts(path.parent, path.stem)
    owner = f"{_host()}-{os.getpid()}-{int(time.time())}-{secrets.token_hex(8)}"
    draft = path.with_name(f".{_shortened(path.stem)}.draft-{owner}{path.suffix}")
    os.close(os.open(draft, _FLAGS, 0o666))
    return draft


def sweep_drafts(folder: Path, stem: str | None = None) -> None:
    """Delete the drafts in a folder whose process has ended or that are older than a day.

    Args:
        folder: May be missing or read-only.
        stem: Only drafts for files of this stem; None for all.
    """
    wanted = None if stem is None else _shortened(stem)
    with suppress(OSError):
        for path in folder.iterdir():
            name = _NAME.fullmatch(path.name)
            if name and wanted in (None, name["stem"]) and _is_abandoned(name):
                with suppress(OSError):
                    path.unlink()


def _is_abandoned(name: re.Match[str]) -> bool:
    begun, pid = float(name["seconds"]), int(name["pid"])
    if time.time() - begun > MOST_SECONDS:
        return True
    if name["host"] != _host():
        return False
    if pid == os.getpid():
        # Of an earlier process with this number, as the first of every container has.
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
    """This machine, and on Linux the container: both have process numbers of their own."""
    space = ""
    with suppress(OSError):
        space = "." + os.readlink("/proc/self/ns/pid").strip("pid:[]")  # noqa: PTH115 - no path
    return re.sub(r"[^\w.]", "_", node())[:40] + space


def _shortened(stem: str) -> str:
    """So that the whole name has less than the 255 bytes that file systems allow."""
    return os.fsencode(stem)[:80].decode(errors="ignore")
