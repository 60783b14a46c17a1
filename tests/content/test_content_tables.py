"""What ships as data is found by its name, and lists are read without their comments."""

from __future__ import annotations

from pathlib import Path

import pytest

from accord.content.tables import table_of
from accord.core import shipped
from accord.core.shipped import DATA, lines_of, text_of

TABLES = sorted(path.relative_to(DATA).as_posix() for path in (DATA / "scan").rglob("*.yaml"))


@pytest.mark.parametrize("name", TABLES)
def test_every_table_of_the_scan_is_yaml_with_something_in_it(name: str) -> None:
    assert table_of(name)


def test_lines_are_those_that_say_something(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shipped, "DATA", tmp_path)
    (tmp_path / "list.tsv").write_text("# a comment\na\tb\n\n c # stays\n#\n", "utf-8")
    assert lines_of("list.tsv") == ("a\tb", " c # stays")
    assert text_of("list.tsv").startswith("# a comment")
