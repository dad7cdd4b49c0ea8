"""Page of a run beside optuna-dashboard: the trade-off, its networks, pause, resume and choice."""

from __future__ import annotations

import ipaddress
import json
import secrets
import time
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qs

from optuna.storages import BaseStorage

from optuna_dnc._errors import InputError, RunBusyError
from optuna_dnc._version import __version__
from optuna_dnc.report.dashboard.access import App
from optuna_dnc.report.dashboard.actions import Actions
from optuna_dnc.report.dashboard.run_content import network_content, state_content
from optuna_dnc.report.figures.cost import cost
from optuna_dnc.report.html.page import render
from optuna_dnc.runs import Run, open_run

PATH = "/run"
_MOST_BYTES = 1000
"""Of the body of a request."""

Start = Callable[..., Any]


class RunApp:
    """WSGI application with the page of a run at ``/run``; all else goes to another one.

    Requests that change something have to come from this machine, and to bring a token that only
    the page knows: other pages can send requests here, but cannot read it. The server checks the
    headers Host and Origin, too, see :mod:`optuna_dnc.report.dashboard.access`.

    Args:
        search: The search.
        storage: Its storage.
        actions: What can be done with it.
        others: Application for all other paths.
    """

    def __init__(self, search: Run, storage: BaseStorage, actions: Actions, others: App) -> None:
        self._path = search.path
        self._storage = storage
        self._actions = actions
        self._others = others
        self.token = secrets.token_urlsafe(32)

    def __call__(self, environ: dict[str, Any], start_response: Start) -> Iterable[bytes]:
        """Answer a request."""
        path = environ["PATH_INFO"]
        if path != PATH and not path.startswith(f"{PATH}/"):
            return self._others(environ, start_response)
        try:
            status, kind, body = self._answer(environ, path.removeprefix(PATH).strip("/"))
        except InputError as error:
            status = "409 Conflict" if isinstance(error, RunBusyError) else "400 Bad Request"
            kind, body = _json({"problem": str(error)})
        headers = [
            ("Content-Type", kind),
            ("Content-Length", str(len(body))),
            ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"),
            ("Referrer-Policy", "no-referrer"),
        ]
        start_response(status, headers)
        return [body]

    def _answer(self, environ: dict[str, Any], name: str) -> tuple[str, str, bytes]:
        if environ["REQUEST_METHOD"] == "POST":
            return self._act(environ, name)
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return "405 Method Not Allowed", *_json({"problem": "only GET and POST are known"})
        if name == "":
            return "200 OK", "text/html; charset=utf-8", self._page().encode()
        if name == "state":
            return "200 OK", *_json(state_content(self._search(), self._actions))
        if name == "network":
            trial = parse_qs(environ.get("QUERY_STRING", "")).get("trial", [""])[0]
            return "200 OK", *_json(network_content(self._search(), trial, self._actions))
        return "404 Not Found", *_json({"problem": "there is no such page"})

    def _act(self, environ: dict[str, Any], name: str) -> tuple[str, str, bytes]:
        if not _is_local(environ):
            return "403 Forbidden", *_json({"problem": "only this machine may do this"})
        if not secrets.compare_digest(
            environ.get("HTTP_X_TOKEN", "").encode(), self.token.encode()
        ):
            return "403 Forbidden", *_json({"problem": "the token is missing; reload the page"})
        if name == "pause":
            self._actions.pause()
        elif name == "resume":
            self._actions.resume()
        elif name == "choose":
            self._actions.choose(_trial_in(environ))
        else:
            return "404 Not Found", *_json({"problem": "there is no such action"})
        return "200 OK", *_json({})

    def _page(self) -> str:
        search = self._search()
        figure = cost(search)
        content = {
            "token": self.token,
            "search": {
                "name": search.folder.name,
                "path": str(search.path),
                "network": search.settings["network"],
                "dataset": search.settings["dataset"],
            },
            "now": state_content(search, self._actions),
            "commands": [self._actions.command(name) for name in ("pause", "resume")],
            "version": __version__,
            "date": time.strftime("%Y-%m-%d"),
        }
        return render(content, {} if figure is None else {"cost": figure}, "run.html")

    def _search(self) -> Run:
        return open_run(self._path, self._storage)


def _json(content: dict[str, Any]) -> tuple[str, bytes]:
    return "application/json", json.dumps(content).encode()


def _is_local(environ: dict[str, Any]) -> bool:
    try:
        return ipaddress.ip_address(environ.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


def _trial_in(environ: dict[str, Any]) -> str:
    """Return the trial in the body of a request."""
    length = environ.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or int(length) > _MOST_BYTES:
        raise InputError("the request is too long; reload the page.")
    try:
        return str(json.loads(environ["wsgi.input"].read(int(length)))["trial"])
    except (ValueError, KeyError, TypeError):
        raise InputError("the request names no trial; reload the page.") from None
