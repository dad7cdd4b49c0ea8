"""Docstrings as Markdown: Sphinx's references become links, literal blocks and doctests code.

Names of arguments that share a description and take more than a line are joined to one.
"""

from __future__ import annotations

import re
from textwrap import dedent
from typing import Any

from griffe import Extension, NameResolutionError, Object

ROLE = re.compile(r":(?:attr|class|data|func|meth|mod):`(~?)([\w.]+)`")
LITERAL_BLOCK = re.compile(r":: *\n\n((?: {4}.*\n|\n)+)")
WRAPPED_NAMES = re.compile(r"^( +\w+(?:, \w+)*,)\n +(\w+(?:, \w+)*: )", re.MULTILINE)
DOCTEST = re.compile(r"^((?:>>>|\.\.\.) .*\n)+", re.MULTILINE)


class DocstringsAsMarkdown(Extension):
    """Rewrites every docstring before it is parsed."""

    def on_object(self, *, obj: Object, **kwargs: Any) -> None:
        if obj.docstring is None:
            return
        text = WRAPPED_NAMES.sub(r"\1 \2", f"{obj.docstring.value}\n")
        text = LITERAL_BLOCK.sub(lambda block: f":\n\n{_fenced('python', block[1])}", text)
        text = DOCTEST.sub(lambda block: _fenced("pycon", block[0]), text)
        text = ROLE.sub(lambda role: _link(obj, role[2], shortened=bool(role[1])), text)
        obj.docstring.value = text.rstrip()


def _fenced(language: str, code: str) -> str:
    return f"```{language}\n{dedent(code).strip()}\n```\n\n"


def _link(obj: Object, target: str, *, shortened: bool) -> str:
    """A link where the target has a place in the reference, its name in any case."""
    try:
        path = obj.resolve(target)
    except NameResolutionError:
        path = target
    name = target.rpartition(".")[2] if shortened else target
    return f'<autoref identifier="{path}" optional><code>{name}</code></autoref>'
