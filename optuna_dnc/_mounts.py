"""Kinds of file systems."""

from __future__ import annotations

import os
from pathlib import Path


def file_system(folder: Path) -> str | None:
    """Return the kind of file system of a folder, such as ``ext4``; None if it is unknown."""
    try:
        mounts = Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines()
    except OSError:  # no Linux
        return None
    number = folder.stat().st_dev
    kinds = {line.split()[2]: line.partition(" - ")[2].split()[0] for line in mounts}
    return kinds.get(f"{os.major(number)}:{os.minor(number)}")
