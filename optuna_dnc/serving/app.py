"""HTTP application that predicts, JSON or CSV in and out, with its schemas and checks."""

from __future__ import annotations

import io
import json
import warnings
from collections.abc import Collection
from email.message import Message
from typing import Any

import pyarrow as pa
from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.concurrency import run_in_threadpool
from pyarrow import csv
from pydantic import BaseModel
from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from optuna_dnc._errors import InputError
from optuna_dnc._version import __version__
from optuna_dnc._web_access import AllowedHosts
from optuna_dnc.data import Preprocessing
from optuna_dnc.data.tables.reading import read_csv
from optuna_dnc.results.predictor import Predictor


class Rows(BaseModel):
    """Rows to predict."""

    rows: list[dict[str, Any]] | list[Any]
    """Each an object with the columns by name, or an array of the features."""


class Health(BaseModel):
    """Answer of a service that works."""

    status: str
    name: str


class ColumnFacts(BaseModel):
    """A column that the network sees."""

    name: str
    kind: str
    categories: list[str]


class ModelFacts(BaseModel):
    """Inputs and outputs of the network."""

    name: str
    task: str
    columns: list[ColumnFacts] | None
    """For networks of tables."""
    input_shape: list[int]
    """Of a row, for other networks."""
    classes: list[Any] | None
    most_rows: int

    @classmethod
    def of(cls, preprocessing: Preprocessing, name: str, most_rows: int) -> ModelFacts:
        """Describe the input and output of a network."""
        table = preprocessing.table
        columns = None
        if table is not None:
            columns = [
                ColumnFacts(
                    name=column.name,
                    kind=column.kind,
                    categories=[c for c in column.known if c is not None],
                )
                for column in table.used
            ]
        classes = preprocessing.classes
        return cls(
            name=name,
            task=preprocessing.task,
            columns=columns,
            input_shape=list(preprocessing.input_shape),
            classes=None if classes is None else list(classes),
            most_rows=most_rows,
        )


class Predictions(BaseModel):
    """Predictions for the rows of a request, in their order."""

    predictions: list[Any]
    names: list[str] = []
    """Of several labels or targets, in the order of the predictions of a row."""
    probabilities: list[list[float]] | None = None
    """Of the sorted classes, or of the labels, if they were asked for."""
    warnings: list[str] = []

    def to_csv(self) -> bytes:
        """Return the predictions as a CSV file."""
        out = io.BytesIO()
        if self.predictions and isinstance(self.predictions[0], list):
            columns = zip(*self.predictions, strict=True)
            names = self.names or [f"prediction_{i}" for i in range(len(self.predictions[0]))]
            table = {name: list(values) for name, values in zip(names, columns, strict=True)}
        else:
            table = {"prediction": self.predictions}
        csv.write_csv(pa.table(table), out)
        return out.getvalue()


MOST_BYTES = 64 * 2**20
"""Largest size of a request in bytes."""

CSV = "text/csv"

_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": Rows.model_json_schema()},
            CSV: {"schema": {"type": "string"}},
        },
    }
}


def prediction_app(
    predictor: Predictor,
    name: str,
    *,
    most_rows: int = 10_000,
    allowed_hosts: AllowedHosts | Collection[str] = (),
) -> FastAPI:
    """Return an application with ``GET /``, ``GET /health`` and ``POST /predict``.

    Args:
        predictor: Predictor of the network.
        name: Name of the network.
        most_rows: Largest number of rows in a request.
        allowed_hosts: Host names that are accepted in requests, besides those of this machine;
            pages of other names and ports are refused.
    """
    # The pages for browsers would load scripts from elsewhere.
    app = FastAPI(
        title=f"Predictions of {name}", version=__version__, docs_url=None, redoc_url=None
    )
    if not isinstance(allowed_hosts, AllowedHosts):
        allowed_hosts = AllowedHosts.of(others=allowed_hosts)
    app.add_middleware(Guarded, allowed=allowed_hosts)
    facts = ModelFacts.of(predictor.preprocessing, name, most_rows)

    @app.get("/health")
    def health() -> Health:
        return Health(status="ok", name=name)

    @app.get("/")
    def about() -> ModelFacts:
        return facts

    @app.post("/predict", openapi_extra=_BODY, response_model=Predictions)
    async def predict(request: Request, proba: bool = False) -> Any:
        body = await _body(request)
        header = Message()
        header["content-type"] = request.headers.get("content-type", "")
        try:
            x = _rows(header, body, predictor.options.encoding)
            _check_length(x, most_rows)
            answer = await run_in_threadpool(_predictions, predictor, x, proba)
        except InputError as error:
            raise HTTPException(422, str(error)) from None
        if CSV in request.headers.get("accept", ""):
            return Response(answer.to_csv(), media_type=CSV)
        return answer

    return app


async def _body(request: Request) -> bytes:
    """Read the body, but no more than is allowed."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MOST_BYTES:
            raise HTTPException(
                413, f"the request has more than {MOST_BYTES:,} bytes; send fewer rows at once."
            )
    return bytes(body)


def _rows(header: Message, body: bytes, encoding: str) -> Any:
    """Return the rows of a request, as predictors take them.

    Args:
        header: Has the type of the content.
        body: The content.
        encoding: Encoding of CSV, unless the header names one.
    """
    content = (header["content-type"] or "").partition(";")[0].strip().lower()
    if content == "application/json":
        return _json_rows(body)
    if content == CSV:
        return read_csv(body, "the body", header.get_content_charset(encoding))
    raise HTTPException(
        415, f"content-type must be application/json or {CSV}, got {content!r}; change it."
    )


def _json_rows(body: bytes) -> Any:
    try:
        sent = json.loads(body)
    except (ValueError, RecursionError):
        raise InputError('the body is not valid JSON; send {"rows": [...]}.') from None
    rows = sent.get("rows") if isinstance(sent, dict) else None
    if not isinstance(rows, list) or not rows:
        raise InputError(
            'the body must be {"rows": [...]} with at least one row: an object with the columns '
            "by name, or an array of the features."
        )
    return rows


def _check_length(x: Any, most_rows: int) -> None:
    if len(x) > most_rows:
        raise HTTPException(
            413,
            f"the request has {len(x):,} rows, and at most {most_rows:,} are allowed; send "
            "fewer at once.",
        )


def _predictions(predictor: Predictor, x: Any, proba: bool) -> Predictions:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        checked = predictor.preprocessing.checked(x)
    probabilities = predictor.predict_proba(checked).tolist() if proba else None
    predictions = predictor.predict(checked)
    names = predictor.preprocessing.output_names if predictions.ndim > 1 else ()
    return Predictions(
        predictions=predictions.tolist(),
        names=list(names),
        probabilities=probabilities,
        warnings=[str(warning.message) for warning in caught],
    )


class Guarded:
    """Reject requests that use another host name or come from another page with status 403.

    Args:
        app: Application to protect.
        allowed: Host names of the server.
    """

    def __init__(self, app: ASGIApp, allowed: AllowedHosts) -> None:
        self._app = app
        self._allowed = allowed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or pass it on."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        joined = {name: ",".join(headers.getlist(name)) for name in headers}
        problem = self._allowed.problem(scope.get("method", ""), joined)
        if problem is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await JSONResponse({"detail": problem}, 403)(scope, receive, send)
        else:
            await WebSocketClose(reason=problem)(scope, receive, send)
