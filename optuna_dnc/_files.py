"""Files that are written whole or not at all, JSON objects, and digests that find damage."""

from __future__ import annotations

import hashlib
import json
import os
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from optuna_dnc._drafts import create_draft
from optuna_dnc._errors import InputError, brief, shown
from optuna_dnc._parsing import parse_json, read_bounded

SEAL = "sha256"
"""Entry of a JSON object that holds the digest of all others."""

_BLOCK = 2**20
_REMEDIES = {
    "result.json": "move it away and run the same search again, which writes it anew",
    "config.json": "run what wrote it, search or refit, again: it writes the file anew",
    "settings.json": "move it away and run the same search again, which writes it anew",
    "refit.json": "delete its folder and run optuna-dnc refit again",
    "ensemble.json": "delete it and run optuna-dnc ensemble again",
    "tradeoff.json": "delete it and run optuna-dnc tradeoff again",
}


def replace_file(path: Path, content: bytes) -> None:
    """Put a file of this content in the place of ``path`` in one step, safely on the disk.

    Raises:
        OSError: It cannot be written; names ``path``. What was there is still there.
    """
    with replacing(path) as draft:
        draft.write_bytes(content)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A draft to write in the block, which takes the place of ``path`` unless something failed.

    Raises:
        OSError: It cannot be written; names ``path``.
    """
    draft = None
    try:
        draft = create_draft(path)
        yield draft
        with draft.open("rb+") as file:
            # Otherwise the new name may reach the disk before the content: an empty file.
            os.fsync(file.fileno())
        draft.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        # Errors of writing name no file, and a draft means nothing to the reader.
        if error.filename in (None, str(draft), draft):
            error.filename = str(path)
        error.filename2 = None
        raise
    finally:
        if draft is not None:
            with suppress(OSError):
                draft.unlink()


def sync_folder(folder: Path) -> None:
    """Wait until new names in a folder are on the disk."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        # Some network file systems refuse; the file has its new name all the same.
        with suppress(OSError):
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def digest(path: Path) -> str:
    """SHA-256 of a file, 64 hexadecimal digits.

    Raises:
        OSError: It cannot be read.
    """
    found = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            found.update(block)
    return found.hexdigest()


def digest_of(content: Any) -> str:
    """SHA-256 of JSON content, 64 hexadecimal digits; equal after a way through a file."""
    as_read = json.loads(json.dumps(content))
    text = json.dumps(as_read, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def is_intact(path: Path, digests: Mapping[str, Any]) -> bool:
    """Whether a file is there, and is the one that a digest was kept of, if one was.

    Args:
        path: The file.
        digests: SHA-256 by names of files.
    """
    try:
        return digests.get(path.name) in (None, digest(path))
    except OSError:
        return False


def check_intact(path: Path, digests: Mapping[str, Any], remedy: str | None = None) -> None:
    """Raise :class:`InputError` where a file is not the one that a digest was kept of.

    Args:
        path: The file.
        digests: SHA-256 by names of files; files of earlier versions have none.
        remedy: What to do about it, as the end of a sentence; None for what such files need.
    """
    expected = digests.get(path.name)
    try:
        if expected is None or digest(path) == expected:
            return
        reason = "its SHA-256 is not that of when it was written"
    except OSError as error:
        reason = error.strerror or brief(error)
    raise DamagedFile(path, reason, remedy)


class DamagedFile(InputError):  # noqa: N818 - says what is wrong, as FileNotFoundError
    """A file is not as it was written, and so is no answer that rests on it."""

    def __init__(self, path: Path, reason: str, remedy: str | None = None) -> None:
        remedy = remedy or _REMEDIES.get(path.name, "restore it from a copy")
        super().__init__(f"{path} is damaged and cannot be read ({reason}); {remedy}")
        self.path = path
        self.reason = reason


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write a JSON object, all of it or none."""
    replace_file(path, (json.dumps(content, indent=2) + "\n").encode())


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object."""
    try:
        content = parse_json(read_bounded(path))
    except FileNotFoundError:
        raise InputError(
            f"{path.parent} holds no {path.name}; give the folder of a search."
        ) from None
    except (PermissionError, IsADirectoryError, NotADirectoryError) as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.") from None
    except (ValueError, OSError) as error:
        raise DamagedFile(path, brief(error)) from None
    if not isinstance(content, dict):
        raise DamagedFile(path, "it holds no JSON object")
    return content


def write_sealed(path: Path, content: Mapping[str, Any]) -> None:
    """Write a JSON object with the digest of its content in it, all of it or none."""
    write_json(path, sealed(content))


def sealed(content: Mapping[str, Any]) -> dict[str, Any]:
    """A JSON object with the digest of all its entries as another one."""
    rest = {name: value for name, value in content.items() if name != SEAL}
    return {**rest, SEAL: digest_of(rest)}


def is_sealed(content: Mapping[str, Any]) -> bool:
    """Whether a JSON object is as it was written; those of earlier versions have no digest."""
    return SEAL not in content or content[SEAL] == sealed(content)[SEAL]


def check_sealed(path: Path, content: Mapping[str, Any]) -> None:
    """Raise :class:`InputError` where the content of a file is not as it was written."""
    if not is_sealed(content):
        raise DamagedFile(path, "it has changed since it was written")


def warn_if_changed(path: Path, content: Mapping[str, Any]) -> None:
    """The same as a warning, where what is at stake are figures alone."""
    try:
        check_sealed(path, content)
    except DamagedFile as error:
        warnings.warn(str(error), stacklevel=4)


def read_versioned(path: Path, schema: int) -> dict[str, Any]:
    """Read a JSON object; raises :class:`InputError` for one of another version."""
    content = read_json(path)
    # True is 1 in Python, and so is 1.0.
    if type(content.get("schema")) is not int or content["schema"] != schema:
        raise InputError(
            f"{path} has schema {shown(content.get('schema'))}, and this version reads {schema}; "
            "use the version of optuna_dnc that wrote it."
        )
    return content


def read_sealed(path: Path, schema: int) -> dict[str, Any]:
    """Read a JSON object of this version; raises :class:`InputError` if it is damaged."""
    content = read_versioned(path, schema)
    check_sealed(path, content)
    return content
