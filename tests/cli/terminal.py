"""A real terminal of a given width, and what a command draws on it."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import termios
from collections.abc import Callable
from functools import partial
from pathlib import Path

from tests.processes import command, exit_code, fork

_CONTROL = re.compile(r"\x1b\[[0-9;?]*([A-Za-z])")


class Terminal:
    """Command that runs on a pseudo-terminal.

    Args:
        arguments: Of ``optuna-dnc``.
        folder: Where it runs.
        columns: Width of the terminal.
    """

    def __init__(self, *arguments: str, folder: Path, columns: int) -> None:
        self._fd, inside = pty.openpty()
        fcntl.ioctl(inside, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
        self._pid = fork(
            partial(_draw, *arguments),
            folder=folder,
            streams={0: inside, 1: inside, 2: inside},
        )
        os.close(inside)
        self._drawn = ""

    def until(self, seen: Callable[[str], bool]) -> str:
        """Read until something is seen in the text so far, and return the text."""
        while not seen(self.text):
            assert self._read(), self.text
        return self.text

    def press_ctrl_c(self) -> None:
        """Type Ctrl-C."""
        os.write(self._fd, b"\x03")

    def end(self) -> int:
        """Read to the end and return the exit code."""
        while self._read():
            pass
        os.close(self._fd)
        return exit_code(self._pid)

    @property
    def text(self) -> str:
        """All that was drawn, without colors."""
        return _CONTROL.sub("", self._drawn).replace("\r\n", "\n")

    @property
    def lines(self) -> list[str]:
        """Lines on the screen in the end: what was erased or drawn over is not there."""
        return _screen(self._drawn)

    def _read(self) -> bool:
        try:
            part = os.read(self._fd, 65536)
        except OSError:  # Linux's way to say that the other side is closed
            return False
        self._drawn += part.decode(errors="replace")
        return bool(part)


def _draw(*arguments: str) -> None:
    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)  # Ctrl-C reaches the process
    for name in ("COLUMNS", "LINES", "NO_COLOR"):
        os.environ.pop(name, None)
    os.environ["TERM"] = "xterm"
    command(*arguments)()


def _screen(drawn: str) -> list[str]:
    """Play the control sequences that rich uses: cursor up, erase a line, carriage return."""
    lines, row, column = [""], 0, 0
    for part in re.split(r"(\x1b\[[0-9;?]*[A-Za-z]|\r|\n)", drawn):
        control = _CONTROL.fullmatch(part)
        if part == "\r":
            column = 0
        elif part == "\n":
            row += 1
            lines += [""] * (row + 1 - len(lines))
        elif control and control[1] == "A":
            row = max(row - int(part[2:-1] or 1), 0)
        elif control and control[1] == "K":
            lines[row] = "" if part[2:-1] == "2" else lines[row][:column]
        elif control is None:
            line = lines[row].ljust(column)
            lines[row] = line[:column] + part + line[column + len(part) :]
            column += len(part)
    return [line.rstrip() for line in lines]
