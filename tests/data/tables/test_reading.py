"""Files are read as tables, and what is wrong with one is said in one sentence."""

from __future__ import annotations

import gzip
import lzma
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from pyarrow import feather, parquet

from optuna_dnc._errors import InputError
from optuna_dnc.data.tables import reading
from optuna_dnc.data.tables.reading import is_table_file, read_table

CSV = "name,size\nAnna,1.5\nBo,\n"


def write(folder: Path, content: str | bytes, name: str = "t.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_every_format_gives_the_same_table(tmp_path: Path) -> None:
    expected = {"name": ["Anna", "Bo"], "size": [1.5, None]}
    table = pa.table(expected)
    parquet.write_table(table, tmp_path / "t.parquet")
    feather.write_feather(table, tmp_path / "t.feather")
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress(CSV.encode()))
    (tmp_path / "t.csv.xz").write_bytes(lzma.compress(CSV.encode()))
    with zipfile.ZipFile(tmp_path / "t.csv.zip", "w") as archive:
        archive.writestr("t.csv", CSV)
        archive.writestr("__MACOSX/._t.csv", "")
    write(tmp_path, CSV.replace(",", "\t"), "t.tsv")
    write(tmp_path, CSV.replace(",", "\t").encode("utf-16"), "spreadsheet.txt")
    write(tmp_path, "name;size\nAnna;1,5\nBo;\n", "german.csv")
    write(tmp_path, CSV.replace(",", ", ").replace("Bo, ", "Bo, ?"), "spaces.csv")
    write(tmp_path, "\ufeff" + CSV.replace("\n", "\r\n"), "windows.csv")
    write(tmp_path, "sep=;\n" + CSV.replace(",", ";"), "named.csv")
    write(tmp_path, "# by: us, them\n\n#\n" + CSV, "comments.csv")
    write(tmp_path, CSV.replace("\n", ",,\n"), "trailing.csv")
    write(tmp_path, '{"name": "Anna", "size": 1.5}\n{"name": "Bo"}\n', "t.jsonl")
    for path in tmp_path.iterdir():
        assert is_table_file(path)
        assert read_table(path).to_pydict() == expected, path.name


def test_a_header_may_look_like_a_comment(tmp_path: Path) -> None:
    table = read_table(write(tmp_path, "# made\n#name,size\nAnna,1.5\n"))
    assert table.column_names == ["#name", "size"]


@pytest.mark.parametrize(("comma", "separator"), [(".", ","), (",", ";")])
def test_numbers_with_texts_for_gaps_are_numbers(
    tmp_path: Path, comma: str, separator: str
) -> None:
    rows = [f"{i}.5{separator}-" if i % 9 else f"-{separator}{i % 2}" for i in range(40)]
    content = "\n".join([f"a{separator}b", *rows]).replace(".", comma)
    table = read_table(write(tmp_path, content))
    assert table["a"].to_pylist() == [i + 0.5 if i % 9 else None for i in range(40)]
    assert table["b"].to_pylist() == ["-" if i % 9 else str(i % 2) for i in range(40)]


def test_an_archive_has_one_file(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "t.csv.zip", "w") as archive:
        archive.writestr("a.csv", CSV)
        archive.writestr("b.csv", CSV)
    with pytest.raises(InputError, match="holds 2 files; give an archive of a single table"):
        read_table(tmp_path / "t.csv.zip")
    for ending in ("zip", "xz", "gz"):
        with pytest.raises(InputError, match="may be damaged"):
            read_table(write(tmp_path, CSV, f"false.csv.{ending}"))


def test_a_line_that_is_broken_is_named(tmp_path: Path) -> None:
    rows = "".join(f"{i},{i}\n" for i in range(200))
    with pytest.raises(InputError, match="line 202 has 3 values and the header 2 names"):
        read_table(write(tmp_path, f"a,b\n{rows}1,2,3\n"))
    with pytest.raises(InputError, match="line 4 has 3 values and the header 2 names"):
        read_table(write(tmp_path, "#\na,b\n1,2\n1,2,3\n"))
    with pytest.raises(InputError, match="the header one name; remove what is above the line of"):
        read_table(write(tmp_path, "Sales of May\na,b\n1,2\n"))


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("\n\na,b\n\n1,2\n\n1,2,3\n1\n", 7),
        ('# note\na,b\n1,"2\n\n3"\n1,2,3\n', 6),
        ("a,b\r\n\r\n1,2\r\n1,2,3\r\n", 4),
        ("a,b\r\r1,2\r1,2,3\r", 4),
        ("sep=;\na;b\n\n1;2\n1;2;3\n", 5),
        (f'a,b\n1,"{"x" * 200_000}"\n\n1,2,3\n', 4),
    ],
    ids=["empty lines", "line breaks in values", "CRLF", "CR", "separator named", "long value"],
)
def test_lines_count_as_in_an_editor(content: str, line: int, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=f"line {line} has 3 values and the header 2 names"):
        read_table(write(tmp_path, content))


def test_a_quote_that_is_not_closed_is_named(tmp_path: Path) -> None:
    rows = "1,2\n" * 5
    with pytest.raises(InputError, match=r"line 8 has one value .* value is not closed; correct"):
        read_table(write(tmp_path, f'a,b\n\n{rows}"1,2\n{rows}'))


def test_another_encoding_is_named_with_its_line(tmp_path: Path) -> None:
    path = write(tmp_path, "name,size\nAnna,1\nJosé,2\n".encode("latin-1"))
    with pytest.raises(InputError, match=r"line 3 is not UTF-8; .* encoding='latin-1'"):
        read_table(path)
    assert read_table(path, "latin-1")["name"].to_pylist() == ["Anna", "José"]
    with pytest.raises(InputError, match="encoding 'undefined' is unknown"):
        read_table(path, "undefined")
    for codec in ("hex", "zip", "rot13", "utf\0"):
        with pytest.raises(InputError, match="is unknown; give one such as"):
            read_table(path, codec)
    with pytest.raises(InputError, match="line 1 is not PUNYCODE"):
        read_table(path, "punycode")
    with pytest.raises(InputError, match="encoding 'klingon' is unknown"):
        read_table(path, "klingon")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "is empty"),
        ("\n\n", "is empty"),
        ("a,b\n", "has 0 rows and 2 columns"),
        ("1,2\n3,4\n", "has numbers where names of columns are expected"),
        ("a,b,a\n1,2,3\n", "has the column 'a' more than once"),
        (b"\x00\x01\x02\x03", "holds binary data or another encoding"),
        (b"PK\x03\x04\xff\x00\x00", "holds binary data or another encoding"),
    ],
)
def test_faulty_csv_files(tmp_path: Path, content: str | bytes, words: str) -> None:
    with pytest.raises(InputError, match=words):
        read_table(write(tmp_path, content))


def test_a_file_that_was_cut_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    parquet.write_table(pa.table({"a": list(range(1000))}), path)
    path.write_bytes(path.read_bytes()[:-500])
    with pytest.raises(InputError, match="may be damaged, cut short"):
        read_table(path)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        read_table(tmp_path / "none.csv")


def test_a_file_larger_than_the_memory_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "free_memory", lambda: 30)
    with pytest.raises(InputError, match="the free memory is"):
        read_table(write(tmp_path, CSV))


@pytest.mark.parametrize("n_columns", [10, 2000])
def test_many_columns_are_read_in_large_blocks(tmp_path: Path, n_columns: int) -> None:
    path, row = tmp_path / "wide.csv", ",".join(["1.25"] * n_columns)
    names = [f"column {number}" for number in range(n_columns)]
    n_rows = 2**21 // (len(row) + 1)
    path.write_text("\n".join([",".join(names), *[row] * n_rows]))
    table = read_table(path)
    assert table.column_names == names
    assert (table.num_rows, pc.sum(table[-1]).as_py()) == (n_rows, 1.25 * n_rows)
    assert (table[0].num_chunks == 1) == (n_columns == 2000)
