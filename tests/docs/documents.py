"""The README and the pages of the site, taken apart."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
_BLOCK = re.compile(r"^( *)```(\w*)[^\n]*\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
_INLINE_CODE = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_SNIPPET = re.compile(r'^--8<-- "(.+)"$', re.MULTILINE)


@dataclass(frozen=True)
class Document:
    """A Markdown file."""

    path: Path

    @property
    def text(self) -> str:
        """As it lies on the disk."""
        return self.path.read_text(encoding="utf-8")

    @property
    def prose(self) -> str:
        """Without its blocks of code."""
        return _BLOCK.sub("", self.text)

    def blocks(self, language: str) -> list[str]:
        """The blocks of code in a language, files that they include put in."""
        found = [code for _, named, code in _BLOCK.findall(self.text) if named == language]
        return [_SNIPPET.sub(lambda file: (ROOT / file[1]).read_text(), code) for code in found]

    @property
    def inline_code(self) -> list[str]:
        """What stands between backticks, without the bars that tables escape."""
        return [code.replace("\\|", "|") for code in _INLINE_CODE.findall(self.prose)]

    @property
    def links(self) -> list[str]:
        """Targets of links and pictures inside the repository, without their anchors."""
        targets = [target.partition("#")[0] for target in _LINK.findall(self.prose)]
        return [target for target in targets if target and "://" not in target]

    @property
    def name(self) -> str:
        """The path inside the repository."""
        return str(self.path.relative_to(ROOT))


DOCUMENTS = [
    Document(path) for path in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
]
