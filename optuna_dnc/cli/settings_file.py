"""Options of a search from the command line and from a settings file, brought together."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from optuna_dnc._errors import InputError, brief, shown, unknown_name
from optuna_dnc._parsing import read_bounded

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

LARGEST_FILE = 2**20
"""Bytes of a settings file."""


def option_of(name: str) -> str:
    """The name on the command line, without dashes in front, of a setting or other argument."""
    from optuna_dnc.runs.settings import SearchSettings

    options = {field.name: field.option for field in SearchSettings.options()}
    return options.get(name, name.replace("_", "-"))


def collect(given: Mapping[str, Any], file: Path | None) -> dict[str, Any]:
    """Options of the command line and of a settings file, by the names of settings in Python.

    Args:
        given: Options by the same names, None where one was not given; those of ranges are lists
            of ``NAME=RANGE``.
        file: The settings file; the command line takes precedence.
    """
    from optuna_dnc.runs.settings import SearchSettings

    known = dict(given)
    for field in SearchSettings.options():
        if field.type is dict and field.name in given:
            known[field.name] = parse_ranges(given[field.name] or [], f"--{field.option}")
    return merge(read_settings_file(file, list(known)) if file else {}, known)


def read_settings_file(path: Path, known: Sequence[str]) -> dict[str, Any]:
    """Read ``FILE.toml``: the same names as the options, ``-`` and ``_`` being alike.

    Args:
        path: The file.
        known: Arguments that it may hold, as they are called in Python.

    Returns:
        The values by their Python names.
    """
    try:
        content = tomllib.loads(read_bounded(path, LARGEST_FILE).decode())
    except OSError as error:
        raise InputError(f"--config: {path} cannot be read: {error.strerror}.") from None
    except RecursionError:
        raise InputError(f"--config: {path} is nested too deep; options are not.") from None
    except ValueError as error:  # no TOML, no UTF-8, too large
        raise InputError(f"--config: {path} is not valid TOML: {brief(error)}.") from None
    names = {option_of(name).replace("-", "_"): name for name in known}
    options = {name.replace("-", "_"): value for name, value in content.items()}
    for name in options:
        if name not in names:
            raise unknown_name(f"--config: in {path} the option", name, names)
    return {names[name]: value for name, value in options.items()}


def parse_ranges(pairs: Sequence[str], option: str) -> dict[str, Any]:
    """Parse ``NAME=2:4``, ``NAME=relu,tanh``, ``NAME=256``, and ``NAME=`` for none."""
    ranges = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not (name and equals):
            raise InputError(
                f"{option} {shown(pair)} must be NAME=LOW:HIGH, NAME=CHOICE,CHOICE or NAME=VALUE."
            )
        ranges[name.strip().replace("-", "_")] = _parse_value(text) if text.strip() else []
    return ranges


def parse_values(pairs: Sequence[str], option: str) -> dict[str, Any]:
    """Parse ``NAME=VALUE``, a number or a word each."""
    values = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not (name and equals and text):
            raise InputError(f"{option} {shown(pair)} must be NAME=VALUE.")
        values[name.strip().replace("-", "_")] = _parse_scalar(text)
    return values


def _parse_value(text: str) -> Any:
    for separator in (":", ","):
        if separator in text:
            return [_parse_scalar(part) for part in text.split(separator) if part.strip()]
    return _parse_scalar(text)


def _parse_scalar(text: str) -> int | float | str:
    try:
        return int(text)  # a float would round a long one
    except ValueError:
        pass
    try:
        number = float(text)
    except ValueError:
        return text.strip()
    return int(number) if number.is_integer() and "." not in text else number


def merge(file: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Options of the file, overruled by those given on the command line, by Python names.

    Tables of ranges are merged range by range.
    """
    merged = dict(file)
    for name, value in given.items():
        if value is None or value == {}:
            continue
        before = merged.get(name)
        if isinstance(value, dict) and isinstance(before, dict):
            value = {**before, **value}
        merged[name] = value
    return merged
