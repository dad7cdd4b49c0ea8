"""JSON objects with one thing wrong: a type, a value, a name, the nesting, bytes."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from typing import Any

SEAL = "sha256"
FILES = "files"

Path = tuple[str | int, ...]

WRONG: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    10**30,
    -0.5,
    1e308,
    float("nan"),
    float("inf"),
    "",
    "x" * 5000,
    "../../../x",
    "/etc/passwd",
    "\n\x1b[31m",
    "\ud800",
    [],
    [[[]]],
    {},
    {"a": 1},
    ["a", 1, None],
)


def paths_in(value: Any, at: Path = ()) -> Iterator[Path]:
    """Every place in a JSON value, itself first."""
    yield at
    items: Any = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    for key, inner in items:
        yield from paths_in(inner, (*at, key))


def changed(content: Any, at: Path, change: Callable[[Any, str | int], None]) -> Any:
    """A copy in which ``change(parent, key)`` was applied to a place."""
    copy = json.loads(json.dumps(content))
    parent = copy
    for key in at[:-1]:
        parent = parent[key]
    change(parent, at[-1])
    return copy


def mutations(content: dict[str, Any], rng: random.Random) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of one mutation after the other, without an end."""
    places = [at for at in paths_in(content) if at]
    while True:
        at = rng.choice(places)
        where = ".".join(map(str, at))
        kind = rng.choice(("value",) * 6 + ("missing", "added", "deep", "truncated", "bytes"))
        if kind == "value":
            wrong = rng.choice(WRONG)
            yield f"{where} = {str(wrong)[:20]!a}", _text(changed(content, at, _put(wrong)))
        elif kind == "missing":
            yield f"without {where}", _text(changed(content, at, _drop))
        elif kind == "added":
            yield f"beside {where}", _text(changed(content, at, _add))
        elif kind == "deep":
            yield f"{where} nested deep", _nested(content, at, rng.choice((150, 2_000, 200_000)))
        elif kind == "truncated":
            text = _text(content)
            end = rng.randrange(len(text))
            yield f"first {end} bytes", text[:end]
        else:
            yield _with_other_bytes(_text(content), rng)


def _put(value: Any) -> Callable[[Any, str | int], None]:
    def put(parent: Any, key: str | int) -> None:
        parent[key] = value

    return put


def _drop(parent: Any, key: Any) -> None:
    del parent[key]


def _add(parent: Any, key: str | int) -> None:
    if isinstance(parent, dict):
        parent[f"{key}_"] = 1
    else:
        parent.append(parent[int(key)])


def _nested(content: Any, at: Path, depth: int) -> bytes:
    mark = "MARK"
    text = _text(changed(content, at, _put(mark)))
    return text.replace(f'"{mark}"'.encode(), b"[" * depth + b"]" * depth)


def _with_other_bytes(text: bytes, rng: random.Random) -> tuple[str, bytes]:
    where = rng.randrange(len(text))
    other = rng.choice((b"\xff", b"\x00", b"\xef\xbb\xbf", b"\\ud800", b"1" * 5000, b"NaN", b"}"))
    kind = rng.choice(("into", "utf-16", "latin"))
    if kind == "utf-16":
        return "in UTF-16", text.decode().encode("utf-16")
    if kind == "latin":
        return "in Latin-1", text.replace(b"a", b"\xe9", 1)
    return f"{other[:8]!r} at byte {where}", text[:where] + other + text[where:]


def _text(content: Any) -> bytes:
    return json.dumps(content, indent=2).encode()


def without_digests(content: dict[str, Any]) -> dict[str, Any]:
    """As versions without digests wrote it, so that types are looked at, not digests alone."""
    return {name: value for name, value in content.items() if name not in (SEAL, FILES)}
