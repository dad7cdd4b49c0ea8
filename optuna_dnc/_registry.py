"""Registries of implementations by name: built-in, registered, or from entry points."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Generic, TypeVar

from optuna_dnc._errors import InputError, brief, shown, unknown_name

Item = TypeVar("Item")


class Registry(Generic[Item]):
    """Registry of implementations of one kind, such as network families, by name.

    A name is looked up in the built-in ones, those passed to :meth:`register`, and entry points of
    installed packages, in this order. Built-in ones and entry points are imported on first use.

    Args:
        kind: Name of the kind in messages, such as ``network``.
        group: Entry-point group, such as ``optuna_dnc.families``.
        built_in: ``module:attribute`` by name.
        check: Return the object that was loaded or registered, or raise ``InputError`` if it is
            of the wrong type. Gets the name for its message, and the object.
        takes_objects: Whether the object itself can be used in place of its name.
    """

    def __init__(
        self,
        kind: str,
        group: str,
        built_in: Mapping[str, str],
        check: Callable[[str, Any], Item],
        *,
        takes_objects: bool = False,
    ) -> None:
        self._kind = kind
        self._group = group
        self._built_in = {name: EntryPoint(name, value, group) for name, value in built_in.items()}
        self._check = check
        self._takes_objects = takes_objects
        self._loaded: dict[str, Item] = {}

    def register(self, name: str, item: Any) -> None:
        """Add an implementation under a name for as long as the process lives.

        Raises:
            InputError: The name is taken, or ``item`` is of the wrong type.
        """
        checked = self._check(name, item)
        if not name or ":" in name:
            raise InputError(
                f"{self._kind} must have a name without colon, got {shown(name)}; change it."
            )
        # The cell of a notebook that runs again registers the new version of its class.
        if name in self._built_in or name in self._declared():
            raise InputError(f"{self._kind} {name!r} is already registered; choose another name.")
        self._loaded[name] = checked

    def __contains__(self, name: object) -> bool:
        return name in self._built_in or name in self._loaded or name in self._declared()

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names, built-in ones first."""
        return iter(dict.fromkeys([*self._built_in, *self._loaded, *self._declared()]))

    def __getitem__(self, name: str) -> Item:
        """Return one implementation.

        Raises:
            InputError: The name is unknown, or the package that declares it is broken.
        """
        if name in self._built_in and name not in self._loaded:
            self._loaded[name] = self._check(name, self._built_in[name].load())
        elif name not in self:
            raise self._unknown(name)
        elif name not in self._loaded:
            self._loaded[name] = self._load(self._declared()[name])
        return self._loaded[name]

    def items(self) -> Iterator[tuple[str, Item]]:
        """Iterate over names and implementations; warn of those that cannot be loaded."""
        for name in list(self):
            try:
                item = self[name]
            except InputError as error:  # noqa: PERF203 - one may fail, the others not
                warnings.warn(str(error), stacklevel=2)
            else:
                yield name, item

    def _unknown(self, name: object) -> InputError:
        # Strings are not imported: they may come from a file.
        if self._takes_objects and isinstance(name, str) and ":" in name:
            return InputError(
                f"{self._kind} {shown(name)} is not a registered name; pass the object itself, on "
                f"the command line as --{self._kind} module:Class."
            )
        return unknown_name(self._kind, name, self)

    def _declared(self) -> dict[str, EntryPoint]:
        return _entry_points(self._group, tuple(sys.path))

    def _load(self, entry_point: EntryPoint) -> Item:
        try:
            return self._check(entry_point.name, entry_point.load())
        except Exception as error:  # of any kind: the module is not ours
            package = entry_point.dist.name if entry_point.dist else "unknown"
            raise InputError(
                f"{self._kind} {entry_point.name!r} of the package {package!r} cannot be loaded "
                f"({brief(error)}). Upgrade or uninstall that package."
            ) from error


@lru_cache(maxsize=32)
def _entry_points(group: str, path: tuple[str, ...]) -> dict[str, EntryPoint]:
    """Return entry points by name; ``path``, which determines them, is that of Python."""
    del path
    return {entry.name: entry for entry in entry_points(group=group)}


def name_of(item: object) -> str:
    """Return the name of an implementation in the settings of a run.

    A string is returned as it is; a class or function is named ``module:name``. The name of an
    instance is marked as such because its arguments are unknown.
    """
    if isinstance(item, str):
        return item
    named: Any = item if hasattr(item, "__qualname__") else type(item)
    name = f"{named.__module__}:{named.__qualname__}"
    return name if named is item else f"{name} (instance)"
