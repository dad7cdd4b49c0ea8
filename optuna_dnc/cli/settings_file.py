"""Options of a search from the command line and a settings file."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from optuna_dnc._errors import InputError, brief, shown, unknown_name
from optuna_dnc._files import read_bounded
from optuna_dnc.cli.importing import with_imports

if TYPE_CHECKING:
    from optuna_dnc._setting_fields import SettingField, Verb

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

LARGEST_FILE = 2**20
"""Maximum size of a settings file in bytes."""


@cache
def options_of(verb: Verb | None = None) -> tuple[SettingField, ...]:
    """List the settings and the options of data that a command takes; all without a verb."""
    from optuna_dnc._setting_fields import by_group
    from optuna_dnc.data.tables.options import DataOptions
    from optuna_dnc.runs.settings import SearchSettings

    return tuple(by_group([*SearchSettings.options(verb), *DataOptions.options(verb)]))


def option_of(name: str) -> str:
    """Return the command-line name, without leading dashes, of a setting or argument."""
    options = {field.name: field.option for field in options_of()}
    return options.get(name, name.replace("_", "-"))


def collect(given: Mapping[str, Any], file: Path | None) -> dict[str, Any]:
    """Merge options of the command line and of a settings file, by their Python names.

    Only ``given`` may name ``module:Class``, which is imported; a settings file may not.

    Args:
        given: Options of the command line by their Python names, None if not given; ranges are
            lists of ``NAME=RANGE``.
        file: Settings file; the command line takes precedence.
    """
    known = with_imports(given)
    for field in options_of():
        if field.name == "kind" and "kind" in given:
            known["kind"] = dict(_pairs(given["kind"] or [], "--kind"))
        elif field.type is dict and field.name in given:
            known[field.name] = parse_ranges(given[field.name] or [], f"--{field.option}")
    return merge(read_settings_file(file, list(known)) if file else {}, known)


def read_settings_file(path: Path, known: Sequence[str]) -> dict[str, Any]:
    """Read a TOML file with the names of the options; ``-`` and ``_`` are equivalent.

    Args:
        path: The file.
        known: Python names of the options that it may contain.

    Returns:
        Values by their Python names.
    """
    try:
        content = tomllib.loads(read_bounded(path, LARGEST_FILE).decode())
    except OSError as error:
        raise InputError(f"--config: {path} cannot be read: {error.strerror}.") from None
    except RecursionError:
        raise InputError(
            f"--config: {path} is nested too deeply; give one option per line."
        ) from None
    except ValueError as error:  # not TOML, not UTF-8, or too large
        raise InputError(f"--config: {path} is not valid TOML: {brief(error)}.") from None
    names = {option_of(name).replace("-", "_"): name for name in known}
    options = {name.replace("-", "_"): value for name, value in content.items()}
    for name in options:
        if name not in names:
            raise unknown_name(f"--config: in {path} the option", name, names)
    return {names[name]: value for name, value in options.items()}


def parse_ranges(pairs: Sequence[str], option: str) -> dict[str, Any]:
    """Parse ``NAME=2:4``, ``NAME=relu,tanh`` or ``NAME=256``; ``NAME=`` is an empty range."""
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
    """Parse ``NAME=VALUE``, where a value is a number or a word."""
    values = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not (name and equals and text):
            raise InputError(f"{option} {shown(pair)} must be NAME=VALUE.")
        values[name.strip().replace("-", "_")] = _parse_scalar(text)
    return values


def _pairs(texts: Sequence[str], option: str) -> Iterator[tuple[str, str]]:
    """Parse ``COLUMN=KIND``, also several separated by commas; a column may contain ``=``."""
    for text in texts:
        for part in re.split(r",(?=[^=]*=)", text):
            name, equals, kind = part.rpartition("=")
            if not (name and equals and kind):
                raise InputError(f"{option} {shown(part)} must be COLUMN=KIND.")
            yield name.strip(), kind.strip()


def _parse_value(text: str) -> Any:
    for separator in (":", ","):
        if separator in text:
            return [_parse_scalar(part) for part in text.split(separator) if part.strip()]
    return _parse_scalar(text)


def _parse_scalar(text: str) -> int | float | str:
    try:
        return int(text)  # float would round large integers
    except ValueError:
        pass
    try:
        number = float(text)
    except ValueError:
        return text.strip()
    return int(number) if number.is_integer() and "." not in text else number


def merge(file: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Merge options of a file and of the command line, which takes precedence.

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
