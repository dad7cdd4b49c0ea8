"""Pages in a real browser, which is started once."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
T = TypeVar("T")
_PATIENCE = 3000
"""Tenths of a second that a page may take."""


@dataclass(frozen=True)
class Seen:
    """What a page came to."""

    value: Any
    """Of the JavaScript that was asked for."""
    requests: list[str]
    """Addresses that the page asked for, its own first."""
    problems: list[str]
    """Exceptions, and what the browser complained about."""


class Pages:
    """A running browser, with a new tab for each visit of a page."""

    def __init__(self) -> None:
        from choreographer import Browser

        self._loop = asyncio.new_event_loop()
        self._browser = self._loop.run_until_complete(Browser(path=CHROMIUM).__aenter__())

    def close(self) -> None:
        """End the browser."""
        self._loop.run_until_complete(self._browser.close())
        self._loop.close()

    def visit(
        self,
        url: str,
        look: Callable[[Any], Awaitable[T]],
        *,
        width: int,
        is_dark: bool = False,
        prepare: Callable[[Any], Awaitable[object]] | None = None,
    ) -> T:
        """Open a page in a tab.

        Args:
            url: Address of the page.
            look: What is done with the tab then.
            width: Of the window in pixels; narrow ones are taken for a phone's.
            is_dark: Whether the system prefers dark colors.
            prepare: What is done with the empty tab before.
        """

        async def visited() -> T:
            tab = await self._browser.create_tab("about:blank")
            if prepare is not None:
                await prepare(tab)
            window = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
            await tab.send_command("Emulation.setDeviceMetricsOverride", params=window)
            scheme = {"name": "prefers-color-scheme", "value": "dark" if is_dark else "light"}
            await tab.send_command("Emulation.setEmulatedMedia", params={"features": [scheme]})
            await tab.send_command("Page.navigate", params={"url": url})
            seen = await look(tab)
            await tab.close()
            return seen

        return self._loop.run_until_complete(visited())

    def look_at(self, page: Path, value: str, *, width: int, is_dark: bool = False) -> Seen:
        """Open an HTML file, and wait until some JavaScript gives a true value.

        Args:
            page: The file.
            value: JavaScript whose value is wanted.
            width: As for :meth:`visit`.
            is_dark: As for :meth:`visit`.
        """
        requests: list[str] = []
        problems: list[str] = []

        async def requested(event: Any) -> None:
            requests.append(event["params"]["request"]["url"])

        async def complained(event: Any) -> None:
            problems.append(json.dumps(event["params"]))

        async def listen(tab: Any) -> None:
            tab.subscribe("Network.requestWillBeSent", requested, repeating=True)
            tab.subscribe("Runtime.exceptionThrown", complained, repeating=True)
            tab.subscribe("Log.entryAdded", complained, repeating=True)
            for domain in ("Network", "Runtime", "Log"):
                await tab.send_command(f"{domain}.enable")

        async def look(tab: Any) -> Any:
            return await first_value(tab, value)

        url = page.resolve().as_uri()
        found = self.visit(url, look, width=width, is_dark=is_dark, prepare=listen)
        return Seen(found, requests, problems)


async def first_value(tab: Any, value: str) -> Any:
    """The first true value that some JavaScript has on a page, or its last one."""
    found = None
    for _ in range(_PATIENCE):
        await asyncio.sleep(0.1)
        asked = {"expression": value, "returnByValue": True}
        answer = await tab.send_command("Runtime.evaluate", params=asked)
        found = answer["result"]["result"].get("value")
        if found:
            break
    return found
