"""Checks that another package still has the private names that are used of it."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
from collections.abc import Iterable
from importlib.metadata import version
from typing import Any

from optuna_dnc._errors import InputError


class UnsupportedVersionError(InputError, ImportError):
    """An installed package is too old or too new."""


def require_names(package: str, supported: str, names: Iterable[str]) -> None:
    """Raise :class:`UnsupportedVersionError` unless a package has all names.

    A package may rename what is private in any release. It is better not to start than to fail in
    the middle of a study.

    Args:
        package: As it is installed.
        supported: The versions that have the names, as pip takes them.
        names: ``MODULE:NAME``, ``MODULE:CLASS.ATTRIBUTE`` also for attributes that ``__init__``
            sets, or ``MODULE?NAME`` for a module that takes long to import and is only looked at.
    """
    for name in names:
        if not _exists(name):
            raise UnsupportedVersionError(
                f"optuna_dnc needs {name.replace(':', '.').replace('?', '.')}, which {package} "
                f"{version(package)} does not have; supported is {package}{supported}: pip "
                f"install '{package}{supported}'."
            )


def _exists(name: str) -> bool:
    if "?" in name:
        module, _, defined = name.partition("?")
        return defined in _names_in(module)
    module, _, path = name.partition(":")
    try:
        found: Any = importlib.import_module(module)
    except ImportError:
        return False
    *parents, last = path.split(".")
    for parent in parents:
        found = getattr(found, parent, None)
    return hasattr(found, last) or _is_set_by(found, last)


def _names_in(module: str) -> tuple[str, ...]:
    """The names that the code of a module uses or defines, without running it."""
    try:
        spec = importlib.util.find_spec(module)
        code = getattr(spec and spec.loader, "get_code")(module)  # noqa: B009 - not of every loader
    except (ImportError, AttributeError):
        return ()
    return tuple(code.co_names)


def _is_set_by(found: Any, attribute: str) -> bool:
    """Whether a class has an ``__init__`` that sets the attribute."""
    # Optuna wraps that of experimental classes.
    code = getattr(inspect.unwrap(found.__init__), "__code__", None)
    return code is not None and attribute in code.co_names
