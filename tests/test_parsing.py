"""Files of strangers: no nesting, size or kind of file is more than the reader can take."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from optuna_dnc._files import parse_json, read_bounded


@pytest.mark.parametrize(
    "content",
    [
        b"[" * 100_000,
        b"[" * 5_000 + b"]" * 5_000,
        b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
        b"1" * 5_000,
        b'"\\ud800"',
        b"\xff",
        b"\xef\xbb\xbf{}",
        '{"a": 1}'.encode("utf-16"),
        b"",
    ],
)
def test_json_that_python_could_not_take_is_a_value_error(content: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_json(content)


def test_json_as_python_writes_it_is_read() -> None:
    assert parse_json(b'{"a": [1, 2.5, null, "\\u00e9"], "b": Infinity}') == {
        "a": [1, 2.5, None, "\u00e9"],
        "b": float("inf"),
    }


def test_a_file_beyond_the_bound_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "large"
    path.write_bytes(b"x" * 101)
    with pytest.raises(ValueError, match="more than 100 bytes"):
        read_bounded(path, 100)
    assert read_bounded(path, 101) == b"x" * 101


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes in the file system")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    with pytest.raises(ValueError, match="not a regular file"):
        read_bounded(path, 100)


def test_a_device_without_an_end_is_not_read() -> None:
    with pytest.raises(ValueError, match="not a regular file"):
        read_bounded(Path("/dev/zero"), 100)
