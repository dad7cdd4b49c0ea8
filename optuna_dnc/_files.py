"""Atomic writes of new and changed files, reading within bounds, JSON, and digests."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from pydantic_core import from_json

from optuna_dnc._disk_errors import disk_problem
from optuna_dnc._drafts import create_draft
from optuna_dnc._errors import InputError, brief, shown

SEAL = "sha256"
"""Entry of a JSON object with the digest of all other entries."""

_BLOCK = 2**20
_REMEDIES = {
    "result.json": "move it away and run the same search again, which writes it again",
    "config.json": "run the search or refit that wrote it again, which restores it",
    "settings.json": "move it away and run the same search again, which writes it again",
    "data.json": "move it away and run the same search again, which writes it again",
    "refit.json": "delete its folder and run optuna-dnc refit again",
    "ensemble.json": "delete it and run optuna-dnc ensemble again",
    "tradeoff.json": "delete it and run optuna-dnc tradeoff again",
}


def replace_file(path: Path, content: bytes) -> None:
    """Write a file atomically and durably, in place of an existing one.

    Raises:
        OSError: ``path`` cannot be written; an existing file is unchanged.
    """
    with replacing(path) as draft:
        draft.write_bytes(content)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a draft that replaces ``path`` at the end of the block, unless it fails.

    Raises:
        OSError: ``path`` cannot be written.
    """
    draft = None
    try:
        draft = create_draft(path)
        yield draft
        with draft.open("rb+") as file:
            # Otherwise the new name may reach the disk before the content.
            os.fsync(file.fileno())
        draft.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        # Write errors name no file, and the name of a draft is meaningless to users.
        if error.filename in (None, str(draft), draft):
            error.filename = str(path)
        error.filename2 = None
        raise
    finally:
        if draft is not None:
            with suppress(OSError):
                draft.unlink()


def sync_folder(folder: Path) -> None:
    """Flush the names in a folder to the disk."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        # Some network file systems refuse; the file has its new name anyway.
        with suppress(OSError):
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def digest(path: Path) -> str:
    """Return the SHA-256 of a file, 64 hexadecimal digits.

    Raises:
        OSError: The file cannot be read.
        ValueError: It is a pipe or a device.
    """
    check_regular(path)
    sha256 = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            sha256.update(block)
    return sha256.hexdigest()


def digest_of(content: Any) -> str:
    """Return the SHA-256 of JSON content, the same before and after it is stored."""
    as_read = json.loads(json.dumps(content))
    text = json.dumps(as_read, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def check_intact(path: Path, digests: Mapping[str, Any], remedy: str | None = None) -> None:
    """Raise :class:`DamagedFile` if a file does not match its digest.

    Args:
        path: The file.
        digests: SHA-256 by file name; files of earlier versions have none.
        remedy: How to restore the file, as the end of a sentence; None for the default.
    """
    expected = digests.get(path.name)
    try:
        if expected is None or digest(path) == expected:
            return
        reason = "its SHA-256 is not that of when it was written"
    except OSError as error:
        reason = error.strerror or brief(error)
    except ValueError as error:
        reason = brief(error)
    raise DamagedFile(path, reason, remedy)


class DamagedFile(InputError):  # noqa: N818 - says what is wrong, as FileNotFoundError
    """A file has changed since it was written, or is unreadable."""

    def __init__(self, path: Path, reason: str, remedy: str | None = None) -> None:
        remedy = remedy or _REMEDIES.get(path.name, "restore it from a copy")
        super().__init__(f"{path} is damaged and cannot be read ({reason}); {remedy}")
        self.path = path
        self.reason = reason


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write a JSON object atomically."""
    replace_file(path, (json.dumps(content, indent=2) + "\n").encode())


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object; raise :class:`InputError` if it is missing or damaged."""
    try:
        content = parse_json(read_bounded(path))
    except FileNotFoundError:
        raise InputError(f"{path.parent} {_missing(path)}.") from None
    except NotADirectoryError:
        raise InputError(f"{path.parent} is a file; give the folder of a search.") from None
    except (PermissionError, IsADirectoryError) as error:
        raise InputError(
            f"{path} cannot be read ({error.strerror}); check its permissions."
        ) from None
    except (ValueError, OSError) as error:
        raise DamagedFile(path, brief(error)) from None
    if not isinstance(content, dict):
        raise DamagedFile(path, "not a JSON object")
    return content


def _missing(path: Path) -> str:
    """Return what a folder lacks, and what to do."""
    if not path.parent.exists():
        return "does not exist; give the folder of a search"
    return f"holds no {path.name}; give the folder of a search{_nearby(path)}"


def _nearby(path: Path) -> str:
    """Return a hint where a file of a search is sought in a folder in one, or above some."""
    folder = path.parent
    if any((above := parent / path.name).exists() for parent in list(folder.parents)[:2]):
        return f", such as {above.parent}"
    others = sorted(folder.glob(f"*/{path.name}")) or sorted(folder.glob("*/settings.json"))
    return f", such as {others[0].parent}" if others else ""


def write_sealed(path: Path, content: Mapping[str, Any]) -> None:
    """Write a JSON object with the digest of its content atomically."""
    write_json(path, sealed(content))


def sealed(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return a JSON object with the digest of its entries added."""
    rest = {name: value for name, value in content.items() if name != SEAL}
    return {**rest, SEAL: digest_of(rest)}


def check_sealed(path: Path, content: Mapping[str, Any]) -> None:
    """Raise :class:`DamagedFile` if the content of a file does not match its digest.

    Files of earlier versions have no digest.
    """
    if SEAL in content and content[SEAL] != sealed(content)[SEAL]:
        raise DamagedFile(path, "it has changed since it was written")


def read_versioned(path: Path, schema: int) -> dict[str, Any]:
    """Read a JSON object; raise :class:`InputError` if it is of another version."""
    content = read_json(path)
    # True is 1 in Python, and so is 1.0.
    if type(content.get("schema")) is not int or content["schema"] != schema:
        raise InputError(
            f"{path} has schema {shown(content.get('schema'))}, and this version reads {schema}; "
            "use the version of optuna_dnc that wrote it."
        )
    return content


def read_sealed(path: Path, schema: int) -> dict[str, Any]:
    """Read a JSON object of a version; raise :class:`InputError` if it is damaged."""
    content = read_versioned(path, schema)
    check_sealed(path, content)
    return content


LARGEST_FILE = 2**28
"""Largest size in bytes; the preprocessing of ten million features needs less."""


def check_regular(path: Path) -> None:
    """Raise ValueError for a pipe or a device: to open it may wait for ever, or have no end."""
    if path.exists() and not path.is_file() and not path.is_dir():
        raise ValueError("not a regular file")


def read_bounded(path: Path, most: int = LARGEST_FILE) -> bytes:
    """Read a file of at most ``most`` bytes.

    Raises:
        OSError: The file cannot be read.
        ValueError: It is larger, or a pipe or device.
    """
    check_regular(path)
    with path.open("rb") as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise ValueError(f"it has more than {most:,} bytes")
    return content


def parse_json(content: bytes) -> Any:
    """Parse untrusted JSON.

    Raises:
        ValueError: It is not JSON in UTF-8, is nested more than 200 levels deep, or has half a
            surrogate or a number of thousands of digits, which Python cannot print.
    """
    return from_json(content, allow_partial=False)


def check_new(path: Path) -> None:
    """Raise :class:`InputError` if the file exists."""
    if path.exists():
        raise InputError(f"out: {path} exists and is not overwritten; choose another name.")


@contextmanager
def new_file(path: Path, *, may_be_there: bool = False) -> Iterator[Path]:
    """Yield a draft to write, which gets its name at the end, unless the block fails.

    The draft has the suffix of ``path``, which some libraries require. Missing folders are made.

    Args:
        path: The file.
        may_be_there: Whether it may exist with the same content: left by a process that was
            killed before it wrote the next of several files.

    Raises:
        InputError: The file exists, or cannot be written.
    """
    if not may_be_there:
        check_new(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as draft:
            yield draft
            if not (may_be_there and path.exists() and digest(path) == digest(draft)):
                check_new(path)
    except OSError as error:
        reason = disk_problem(error, path) or error
        raise InputError(f"out: {path} cannot be written ({reason}).") from error
