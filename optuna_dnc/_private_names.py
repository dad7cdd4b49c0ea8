"""Checks that an installed package has the private names that we use."""

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

    Any release of a package may rename private names. It is better not to start than to fail in
    the middle of a study.

    Args:
        package: Name of the package.
        supported: Versions that have the names, as a specifier for pip.
        names: ``MODULE:NAME``, ``MODULE:CLASS.ATTRIBUTE``, also for attributes that ``__init__``
            sets; ``MODULE?NAME`` or ``MODULE?CLASS.ATTRIBUTE`` for a module that is slow to
            import and only inspected.
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
        module, _, path = name.partition("?")
        return _is_defined(module, path.split("."))
    module, _, path = name.partition(":")
    try:
        found: Any = importlib.import_module(module)
    except ImportError:
        return False
    *parents, last = path.split(".")
    for parent in parents:
        found = getattr(found, parent, None)
    return hasattr(found, last) or _is_set_by(found, last)


def _is_defined(module: str, path: list[str]) -> bool:
    """Return whether the code of a module uses or defines a name, without running it."""
    try:
        spec = importlib.util.find_spec(module)
        code = getattr(spec and spec.loader, "get_code")(module)  # noqa: B009 - not of every loader
    except (ImportError, AttributeError):
        return False
    *classes, last = path
    for name in classes:
        bodies = [c for c in code.co_consts if inspect.iscode(c) and c.co_name == name]
        if not bodies:
            return False
        code = bodies[0]
    return last in code.co_names


def _is_set_by(found: Any, attribute: str) -> bool:
    """Return whether the ``__init__`` of a class sets an attribute."""
    # Optuna wraps that of experimental classes.
    code = getattr(inspect.unwrap(found.__init__), "__code__", None)
    return code is not None and attribute in code.co_names
