"""Metadata of settings, the source of command line, help, settings files, docs and signatures."""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from types import UnionType
from typing import TYPE_CHECKING, Any, Literal, Union, get_args, get_origin

if TYPE_CHECKING:
    from pydantic import BaseModel

Group = Literal[
    "Data", "Table", "Network", "Objective", "Budget", "Search strategy", "Training", "Run"
]
"""Headings of settings, in this order."""

Verb = Literal["search", "tradeoff", "transfer", "check", "estimators"]
"""Commands, functions of the same name, and scikit-learn estimators that take settings."""

SEARCHES: frozenset[Verb] = frozenset({"search", "tradeoff", "transfer", "estimators"})


@dataclass(frozen=True)
class Setting:
    """Annotation of a field that users can set; other fields are internal."""

    group: Group
    verbs: frozenset[Verb] = SEARCHES
    """Verbs that take the setting as one of their ``**settings``."""
    option: str | None = None
    """Name on the command line and in settings files; None for the field's name."""
    metavar: str | None = None
    """Placeholder of the value in the help; None for its type."""
    default: str | None = None
    """Default in words, if the field's default is None or depends on other settings."""
    inherited: Literal["always", "unless joint", "same task", "never"] = "always"
    """Whether a transfer takes the value from its source."""
    must_agree: bool = False
    """Whether only results with the same value are comparable."""


@dataclass(frozen=True)
class SettingField:
    """A field of a settings model that users can set."""

    name: str
    """Name in Python."""
    type: Any
    """``int``, ``float``, ``bool``, ``str``, or ``dict`` for ranges."""
    default: Any
    description: str
    """Sentences with literals in double backticks."""
    setting: Setting

    @property
    def option(self) -> str:
        """Name on the command line, without dashes in front."""
        return self.setting.option or self.name.replace("_", "-")

    @property
    def default_text(self) -> str:
        """Default in words; empty if there is none."""
        if self.setting.default is not None:
            return self.setting.default
        if isinstance(self.default, bool):
            return "yes" if self.default else "no"
        is_empty = self.default is None or self.default == () or self.type is dict
        return "" if is_empty else str(self.default)

    def help(self, default: str | None = None) -> str:
        """Describe the setting in plain text, ``Random seed (default: 0).``.

        Args:
            default: Default in words; None for that of the model.
        """
        text, shown = self.description.replace("``", ""), default or self.default_text
        if not shown:
            return text
        sentence, stop, rest = text.partition(". ")
        return f"{sentence.removesuffix('.')} (default: {shown}).{stop[1:]}{rest}"


def setting_fields(model: type[BaseModel], verb: Verb | None = None) -> list[SettingField]:
    """List the fields of a model that users can set, by group.

    Args:
        model: Model whose fields are annotated with :class:`Setting`.
        verb: Verb that takes the settings; None for all settings.
    """
    return by_group(
        field for field in _fields(model) if verb is None or verb in field.setting.verbs
    )


def by_group(fields: Iterable[SettingField]) -> list[SettingField]:
    """Sort fields by their groups, and leave their order within a group."""
    return sorted(fields, key=lambda field: get_args(Group).index(field.setting.group))


def _fields(model: type[BaseModel]) -> Iterator[SettingField]:
    for name, field in model.model_fields.items():
        for setting in field.metadata:
            if isinstance(setting, Setting):
                default = field.get_default(call_default_factory=True)
                text = field.description or _docstrings(model)[name]
                yield SettingField(name, _plain_type(field.annotation), default, text, setting)


def _docstrings(model: type[BaseModel]) -> dict[str, str]:
    """Return the strings below the fields of a model and of its bases, in one line each."""
    own = [kind for kind in model.__mro__ if getattr(kind, "model_fields", None)]
    return {name: text for kind in reversed(own) for name, text in _own_docstrings(kind).items()}


@cache
def _own_docstrings(model: type[BaseModel]) -> dict[str, str]:
    """Return the strings below the fields in the source of a class.

    Pydantic can read them (``use_attribute_docstrings``), but only when the class is created:
    every command would wait for it, 30 ms.
    """
    module = ast.parse(inspect.getsource(sys.modules[model.__module__]))
    classes = (node for node in module.body if isinstance(node, ast.ClassDef))
    body = next(node.body for node in classes if node.name == model.__name__)
    return {
        field.target.id: " ".join(below.value.value.split())
        for field, below in pairwise(body)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(below, ast.Expr)
        and isinstance(below.value, ast.Constant)
        and isinstance(below.value.value, str)
    }


def _plain_type(annotation: Any) -> Any:
    """Return the type of a parsed value: ``int`` for ``Annotated[int, ...] | None``."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return type(arguments[0])
    if origin in (Union, UnionType) or hasattr(annotation, "__metadata__"):
        return _plain_type(arguments[0])
    return origin or annotation
