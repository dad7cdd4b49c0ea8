"""optuna-dashboard for one storage, with a style sheet of ours that makes notes readable."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import optuna_dashboard
from optuna.artifacts import FileSystemArtifactStore
from optuna.storages import BaseStorage

from optuna_dnc.report.dashboard.access import App
from optuna_dnc.report.dashboard.publishing_figures import ORDER, PREFIX

_PLOT = f"user-defined-plot:{PREFIX}"


def _card_of(name: str) -> str:
    """Selects the cards of the figures whose names start so."""
    return f'main .MuiGrid-root:has(> .MuiCard-root [id^="{_PLOT}{name}"])'


# Names of Material UI's classes, as optuna-dashboard 0.21 has them; where a later version has
# others, its pages look as they do without us.
STYLE = f"""
/* A long attribute scrolls in its own box; else it makes the page, and every note, as wide. */
main {{ min-width: 0; }}
/* Our figures come first, have room, and are as high as they want to be. */
{_card_of("")} {{ order: -1; padding: 16px 0 0 16px; }}
[id^="{_PLOT}"] {{ height: auto !important; }}
.MuiCardContent-root table {{ border-collapse: collapse; margin: 1em 0; }}
.MuiCardContent-root :is(td, th) {{ padding: 2px 16px 2px 0; }}
@media (max-width: 700px) {{
  main [class*="MuiGrid-grid-xs-"] {{ flex-basis: 100%; max-width: 100%; width: 100%; }}
  [id^="{_PLOT}"] .modebar {{ display: none; }}
  .MuiCardContent-root :is(td, th) {{ padding-right: 8px; }}
  .MuiCardContent-root:has(> [id^="{_PLOT}"]) {{ padding: 8px; }}
  /* The list of trials above the trial, not beside it. */
  main .MuiBox-root:has(> .MuiBox-root > ul.MuiList-root) {{ flex-direction: column; }}
  main .MuiBox-root:has(> ul.MuiList-root) {{ width: 100%; max-height: 11rem; }}
}}
""" + "".join(
    f"{_card_of(name)} {{ order: {place - len(ORDER) - 1}; }}\n"
    for place, name in enumerate(ORDER)
)


def dashboard_app(storage: BaseStorage, artifacts: FileSystemArtifactStore) -> App:
    """The pages and the API of optuna-dashboard, as a WSGI application."""
    return _styled(optuna_dashboard.wsgi(storage, artifact_store=artifacts))


def _styled(app: App) -> App:
    def styled(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if not environ["PATH_INFO"].startswith("/dashboard"):
            return app(environ, start_response)
        started: list[Any] = []
        # Asked as if for the first time, or an answer would be "not changed" when the style has.
        environ = {k: v for k, v in environ.items() if k != "HTTP_IF_MODIFIED_SINCE"}
        answer = app(environ, lambda *arguments: started.extend(arguments))
        body = b"".join(answer)
        if hasattr(answer, "close"):  # a file
            answer.close()
        status, headers = started[:2]
        body = body.replace(b"</head>", f"<style>{STYLE}</style></head>".encode())
        kept = [(k, v) for k, v in headers if k.lower() not in ("content-length", "last-modified")]
        start_response(status, [*kept, ("Content-Length", str(len(body)))])
        return [body]

    return styled
