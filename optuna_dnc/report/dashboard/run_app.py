"""Page of a run beside optuna-dashboard: its networks by accuracy and cost, and its life cycle."""

from __future__ import annotations

import ipaddress
import json
import math
import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import parse_qs

from optuna.storages import BaseStorage

from optuna_dnc._errors import InputError, RunBusyError
from optuna_dnc._version import __version__
from optuna_dnc.report.dashboard.actions import Actions
from optuna_dnc.report.dashboard.run_content import (
    network_content,
    sensible_commands,
    state_content,
)
from optuna_dnc.report.dashboard.server import BY_PROXY, App
from optuna_dnc.report.figures.cost import cost
from optuna_dnc.report.html.page import render
from optuna_dnc.runs import Run, open_run

PATH = "/run"
_MOST_BYTES = 1000
"""Maximum size of the body of a request."""
_MOST_TRIALS = 100_000

Start = Callable[..., Any]


class RunApp:
    """WSGI application with the page of a run at ``/run``; other paths go to another application.

    Requests that change something must come from this machine, not through a proxy, and must have
    a token that only the page knows: other pages can send requests here, but cannot read it. The
    server also checks the headers Host and Origin, see :mod:`optuna_dnc._web_access`.

    Args:
        search: The search.
        storage: Its storage.
        actions: Actions on the search.
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
            return "403 Forbidden", *_json(
                {"problem": "only this machine may do this, not by a proxy"}
            )
        if not secrets.compare_digest(
            environ.get("HTTP_X_TOKEN", "").encode(), self.token.encode()
        ):
            return "403 Forbidden", *_json({"problem": "the token is missing; reload the page"})
        if name == "pause":
            self._actions.pause()
        elif name == "resume":
            self._actions.resume()
        elif name == "extend":
            self._actions.extend(*_growth_in(_body_of(environ)))
        elif name == "choose":
            self._actions.choose(_trial_in(_body_of(environ)))
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
            "commands": [self._actions.command(*words) for words in sensible_commands(search)],
            "version": __version__,
            "date": time.strftime("%Y-%m-%d"),
        }
        return render(content, {} if figure is None else {"cost": figure}, "run.html")

    def _search(self) -> Run:
        return open_run(self._path, self._storage)


def _json(content: dict[str, Any]) -> tuple[str, bytes]:
    return "application/json", json.dumps(content).encode()


def _is_local(environ: dict[str, Any]) -> bool:
    if environ.get(BY_PROXY):
        return False
    try:
        return ipaddress.ip_address(environ.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


def _body_of(environ: dict[str, Any]) -> dict[str, Any]:
    """Return the body of a request; empty if it is no JSON object."""
    length = environ.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or int(length) > _MOST_BYTES:
        raise InputError("the request is too long; reload the page.")
    try:
        body = json.loads(environ["wsgi.input"].read(int(length)))
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _trial_in(body: Mapping[str, Any]) -> str:
    try:
        return str(body["trial"])
    except KeyError:
        raise InputError("the request does not name a trial; reload the page.") from None


def _growth_in(body: Mapping[str, Any]) -> tuple[int, float | None]:
    """Return the number of trials to add, and the seconds for them if they are limited."""
    trials, seconds = body.get("trials") or 0, body.get("seconds") or None
    if type(trials) is not int or not 0 <= trials <= _MOST_TRIALS:
        raise InputError(f"give a whole number of trials from 0 to {_MOST_TRIALS:,}.")
    if seconds is not None and (type(seconds) not in (int, float) or not 0 < seconds < math.inf):
        raise InputError("give a positive time, or leave it out.")
    if not trials and seconds is None:
        raise InputError("nothing is added: give a number of trials, or a time.")
    return trials, seconds
