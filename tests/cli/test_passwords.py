"""The password of a storage's URL stays in the process: nothing prints, raises or writes it."""

from __future__ import annotations

import io
import json
import traceback
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import numpy as np
import pytest

from optuna_dnc import InputError
from optuna_dnc._errors import brief
from optuna_dnc._passwords import without_passwords
from optuna_dnc.cli import main
from optuna_dnc.report.dashboard import serve_dashboard
from optuna_dnc.runs import open_run, search_status
from optuna_dnc.search import StagedSearch

SECRET = "s3cr3tpw"
UNREACHABLE = [
    f"mysql+pymysql://user:{SECRET}@127.0.0.1:1/studies",
    f"postgresql+psycopg://user:{SECRET}@127.0.0.1:1/studies",
    f"postgresql+psycopg://127.0.0.1:1/studies?user=me&password={SECRET}",
    # Characters that should have been percent-encoded: the library takes a part for the host.
    f"mysql+pymysql://user:a@{SECRET}@127.0.0.1:1/studies",
    f"mysql+pymysql://user:{SECRET}/@:{SECRET}@127.0.0.1:1/studies",
    f"mysql+pymysql://user:{SECRET}'%40%2F {SECRET}@127.0.0.1:1/studies",
    # Without a host the password stands where a port should be.
    f"postgresql+psycopg://user:{SECRET}/studies",
    # Drivers that are missing, or that there are none of.
    f"mysql+nodriver://user:{SECRET}@host/studies",
    f"oracle://user:{SECRET}@host/studies",
    f"redis://:{SECRET}@host:6379/0",
    f"rediss://default:{SECRET}@host:6379/0?ssl_ca_certs=none",
    f"redis://127.0.0.1:1/0?password={SECRET}",
    f"redis://:a%40{SECRET}%2F@127.0.0.1:1/0",
    f"grpc://user:{SECRET}@127.0.0.1:1",
    f"grpc://127.0.0.1:1/?token={SECRET}",
    f"journal:///no-folder/journal.log?password={SECRET}",
    f"nothing-that-is-known://user:{SECRET}@host",
    f"//user:{SECRET}@host",
    # Users of clouds have an @, and of Windows a backslash.
    f"mysql+pymysql://user@server:{SECRET}@127.0.0.1:1/studies",
    f"postgresql+psycopg://CORP\\user:{SECRET}@127.0.0.1:1/studies",
    f"mysql+pymysql://a user:a b\n{SECRET}@127.0.0.1:1/studies",
    f"redis://{SECRET}@127.0.0.1:1/0",
    # URLs that no library can read.
    f"mysql+pymysql://user[1]:{SECRET}@host/studies",
    f"postgresql+psycopg://group/user:{SECRET}@host:1/studies",
    f"postgresql:/user:{SECRET}@host/studies",
    f"mysql:user:a:{SECRET}@host/studies",
    f"user:{SECRET}@host/studies",
    f"{SECRET}@host",
    f"grpc://{SECRET}@host:1",
]


def whole(error: BaseException) -> str:
    """Everything that an error says, its causes and contexts too."""
    texts: list[str] = []
    now: BaseException | None = error
    while now is not None:
        texts += [repr(now), *traceback.format_exception(now)]
        now = now.__cause__ or now.__context__
    return "\n".join(texts)


@pytest.mark.parametrize("url", UNREACHABLE)
def test_a_storage_that_cannot_be_reached_is_told_without_its_password(
    url: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError) as caught:
        StagedSearch("digits", storage=url, out=tmp_path / "run").run()
    assert "storage" in str(caught.value)
    # Only the lines of source code of this test may hold it.
    assert SECRET not in whole(caught.value)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rng = np.random.default_rng(0)
    file = tmp_path_factory.mktemp("data") / "data.npz"
    y = rng.integers(0, 2, 90)
    x = rng.normal(size=(90, 3)).astype(np.float32) + y[:, None]
    np.savez(file, xtr=x[:60], ytr=y[:60], xte=x[60:], yte=y[60:])
    return file


@pytest.fixture(scope="module")
def run_with_a_password(data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder of a search in a storage whose URL has a password, and what it printed."""
    place = tmp_path_factory.mktemp("runs")
    url = f"sqlite:///file:{place}/studies.db?uri=true&password={SECRET}"
    settings = place / "search.toml"
    settings.write_text(f"storage = {json.dumps(url)}\nepochs = 1\nstartup = 1\nsteps = 1\n")
    options = ["--config", str(settings), "--out", str(place / "run"), "--network", "mlp"]
    options += ["--space", "width=4:8", "--device", "cpu"]
    printed = io.StringIO()
    for arguments in (
        ["search", data, *options],
        ["search", data, *options, "--dry-run", "--json"],
        ["search", data, *options, "--epochs", "2"],  # another search: refused
        ["status", place / "run", "--storage", url, "--json"],
        ["status", place / "run", "--storage", url.replace("studies", "none")],
        ["report", place / "run", "--storage", url],
        ["search", url],
        ["search", data, "--epochs", url],
        ["status", place / "run", url],
    ):
        with redirect_stdout(printed), redirect_stderr(printed), pytest.raises(SystemExit):
            main([str(argument) for argument in arguments])
    return place / "run", printed.getvalue()


def test_nothing_that_a_run_prints_has_the_password(
    run_with_a_password: tuple[Path, str],
) -> None:
    _, printed = run_with_a_password
    assert "password=***" in printed
    assert "Traceback" not in printed
    assert SECRET not in printed


def test_no_file_of_a_run_has_the_password(run_with_a_password: tuple[Path, str]) -> None:
    folder, _ = run_with_a_password
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert {"result.json", "settings.json", "report.html"} <= {path.name for path in files}
    files.append(folder.parent / "studies.db")
    assert [path for path in files if SECRET.encode() in path.read_bytes()] == []


@pytest.mark.parametrize("content", ["storage = 5", "storage = ['{}']", "epochs = '{}'", "{} = 1"])
def test_a_settings_file_is_not_echoed_with_a_password(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str
) -> None:
    file = tmp_path / "search.toml"
    file.write_text(content.format(f"mysql://user:{SECRET}@host/studies"))
    with pytest.raises(SystemExit) as stop:
        main(["search", "digits", "--config", str(file), "--out", str(tmp_path / "run")])
    assert stop.value.code == 2
    screen = capsys.readouterr()
    assert SECRET not in screen.out + screen.err


def test_an_unforeseen_error_is_shown_without_a_password(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def fail(*arguments: object) -> None:
        raise RuntimeError(f"mysql://user:{SECRET}@host is odd")

    monkeypatch.setattr("optuna_dnc.runs.search_status", fail)
    with pytest.raises(SystemExit) as stop:
        main(["status", str(tmp_path)])
    assert stop.value.code == 1
    screen = capsys.readouterr().err
    assert "RuntimeError: mysql://user:***@host is odd" in screen


def test_other_verbs_hide_it_too(run_with_a_password: tuple[Path, str]) -> None:
    folder, _ = run_with_a_password
    for verb in (open_run, search_status, lambda path, url: serve_dashboard(path, storage=url)):
        with pytest.raises(InputError) as caught:
            verb(folder, UNREACHABLE[0])
        assert SECRET not in whole(caught.value)


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("'mysql://u:a b@h/d', and me@home", "'mysql://u:***@h/d', and me@home"),
        ("(postgresql://u:a@b/c:d?e@h:5/d)", "(postgresql://u:***@h:5/d)"),
        ("redis://:a@[::1]:6379/0", "redis://:***@[::1]:6379/0"),
        ("mysql://u:1@h mysql://v:2@k", "mysql://u:***@h mysql://v:***@k"),
        ("x://h/d?sslpassword=a&user=u", "x://h/d?sslpassword=***&user=u"),
        ("x:///?odbc_connect=PWD%3Da%3B&y=1", "x:///?odbc_connect=***&y=1"),
        ("host=h password='a b' user=u", "host=h password=*** user=u"),
        ("<Connection(db=0,password=a)>", "<Connection(db=0,password=***"),
        ("{'passwd': b'a', 'db': 0}", "{'passwd': ***, 'db': 0}"),
        ('{"sslpassword": "a b"}', '{"sslpassword": ***}'),
        ("redis://h:1/0?password=a%40b&db=1", "redis://h:1/0?password=***&db=1"),
        ("grpc://:a@h:13000", "grpc://:***@h:13000"),
        ("at mysql://me@cloud:a@b@h:5/d or me@home", "at mysql://me@cloud:***@h:5/d or me@home"),
        ("--storage 'mysql://me@cloud:a b@h' x@y", "--storage 'mysql://me@cloud:***@h' x@y"),
        ("redis://a%40b@h:6379/0", "redis://***@h:6379/0"),
        ("no postgresql:/u:a@h/d", "no postgresql:/u:***@h/d"),
        ("OPTUNA_DNC_STORAGE=redis://:a@h run", "OPTUNA_DNC_STORAGE=redis://:***@h run"),
    ],
)
def test_passwords_in_texts_are_hidden(text: str, hidden: str) -> None:
    assert without_passwords(text) == hidden


@pytest.mark.parametrize(
    "text",
    [
        "sqlite:////home/me@work/a:b@c.db",
        "sqlite:///C:/runs/study.db",
        "postgresql://u@h:5432/d",
        "postgresql://u@h:5432/d (ask me@home)",
        "'postgresql://u@h:5432/d' or 'me@home'",
        "postgresql: 3 tables, mysql: 4, redis:7.2",
        "redis://[::1]:6379/0",
        "journal:///home/me@work/a:b@c.log",
        "{'author': 'me', 'passes': '3'}",
        "run is shown at http://127.0.0.1:8080/ (Ctrl-C ends it), me@home",
        "see https://example.org: write to me@home",
        "xtr: shape (3, 4) at 5:6@7, the test passes",
    ],
)
def test_what_is_no_password_stays(text: str) -> None:
    assert without_passwords(text) == text


def test_what_a_driver_says_of_a_url_has_no_part_of_its_password() -> None:
    error = OSError("cannot resolve 'b@h': a%40b and a@b are no names")
    told = brief(error, "mysql://u:a%40b@h/d")
    assert "a%40b" not in told
    assert "a@b" not in told
    assert brief(OSError("no host 'b@h'"), "mysql://u:a@b@h/d") == "no host '***@h'"
