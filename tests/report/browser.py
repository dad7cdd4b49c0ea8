"""A page of the file system in a real browser."""

from __future__ import annotations

import asyncio
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
_PATIENCE = 600
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


def look_at(page: Path, value: str, *, width: int, is_dark: bool = False) -> Seen:
    """Open a page and wait until some JavaScript gives a true value.

    Args:
        page: An HTML file.
        value: JavaScript whose value is wanted.
        width: Of the window in pixels; narrow ones are taken for a phone's.
        is_dark: Whether the system prefers dark colors.
    """
    return asyncio.run(_look_at(page, value, width, "dark" if is_dark else "light"))


async def _look_at(page: Path, value: str, width: int, scheme: str) -> Seen:
    from choreographer import Browser

    requests: list[str] = []
    problems: list[str] = []

    async def requested(event: Any) -> None:
        requests.append(event["params"]["request"]["url"])

    async def complained(event: Any) -> None:
        problems.append(json.dumps(event["params"]))

    async with Browser(path=CHROMIUM) as browser:
        tab = await browser.create_tab("about:blank")
        tab.subscribe("Network.requestWillBeSent", requested, repeating=True)
        tab.subscribe("Runtime.exceptionThrown", complained, repeating=True)
        tab.subscribe("Log.entryAdded", complained, repeating=True)
        for domain in ("Network", "Runtime", "Log"):
            await tab.send_command(f"{domain}.enable")
        window = {"width": width, "height": 844, "deviceScaleFactor": 1, "mobile": width < 600}
        await tab.send_command("Emulation.setDeviceMetricsOverride", params=window)
        colors = [{"name": "prefers-color-scheme", "value": scheme}]
        await tab.send_command("Emulation.setEmulatedMedia", params={"features": colors})
        await tab.send_command("Page.navigate", params={"url": page.resolve().as_uri()})
        return Seen(await first_value(tab, value), requests, problems)


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
