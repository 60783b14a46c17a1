"""Plug-ins are allowed by name before anything of theirs is loaded, and known by every byte of their source."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.core.errors import PluginError
from accord.core.finding import Plugin
from accord.core.plugins import OURS, describe, load_checks, load_named, names

CHECK = '''
from accord.core import check


@check("{code}", on=("system",), bears_on=("2.4.a/register-present",), since="1.0")
def something(subject, ctx):
    """Says something."""
    yield from ()
'''

Install = Callable[..., Path]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Return what installs a package with files and entry points for the time of a test."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def installed(package: str, files: dict[str, str], points: str, *, version: str = "1.0") -> Path:
        for name, text in files.items():
            file = tmp_path / package / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        info = tmp_path / f"{package}-{version}.dist-info"
        info.mkdir(exist_ok=True)
        name = package.replace("_", "-")
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        (info / "entry_points.txt").write_text(points)
        importlib.invalidate_caches()
        return tmp_path / package

    yield installed
    forget()


def forget() -> None:
    for name in [name for name in sys.modules if name.startswith("acme")]:
        del sys.modules[name]


def checks_of(install: Install, package: str = "acme_checks", code: str = "ACME001", **more: str) -> Path:
    files = {"__init__.py": "", "one.py": CHECK.format(code=code)} | more
    return install(package, files, f"[accord.checks]\nacme = {package}\n")


def plugin_of(folder: Path) -> Plugin:
    forget()
    (entry,) = [one for one in entry_points(group="accord.checks") if one.value == folder.name]
    return describe(entry, importlib.import_module(folder.name))


def test_ours_come_through_the_same_door_and_are_always_allowed() -> None:
    found = load_checks(frozenset())
    assert len(found) >= 25
    assert {loaded.plugin.name for loaded in found.values()} == {OURS}
    assert list(found) == sorted(found)
    assert all(code == loaded.check.code for code, loaded in found.items())


def test_an_allowed_package_adds_its_checks_with_name_and_version(install: Install) -> None:
    checks_of(install)
    added = load_checks(frozenset({"acme-checks"}))["ACME001"]
    assert (added.plugin.name, added.plugin.version, added.check.module) == ("acme-checks", "1.0", "acme_checks.one")
    assert "ACME001" not in load_checks(frozenset())


@pytest.mark.parametrize("name", ["acme-checks", "acme_checks", "Acme.Checks", "ACME-CHECKS"])
def test_a_package_is_allowed_under_any_spelling_of_its_name(install: Install, name: str) -> None:
    checks_of(install)
    assert "ACME001" in load_checks(frozenset({name}))


def test_nothing_of_a_package_that_was_not_allowed_is_imported(install: Install) -> None:
    install(
        "acme_bad",
        {"__init__.py": "raise RuntimeError"},
        "[accord.checks]\na = acme_bad\n[accord.formats]\nb = acme_bad:x\n",
    )
    load_checks(frozenset())
    assert load_named("accord.formats", "b", frozenset()) is None
    assert "b" not in names("accord.formats", frozenset())
    assert "acme_bad" not in sys.modules


def test_a_name_that_only_begins_like_an_allowed_one_is_not_allowed(install: Install) -> None:
    checks_of(install)
    checks_of(install, "acme_checks_evil", "EVIL001")
    assert "EVIL001" not in load_checks(frozenset({"acme-checks"}))


def test_an_allowed_package_that_is_absent_is_an_error_that_names_it() -> None:
    with pytest.raises(PluginError, match="'no-such-thing' is allowed but offers no checks") as caught:
        load_checks(frozenset({"No_Such.Thing"}))
    assert caught.value.code == "ACC-E301"
    assert caught.value.hint


def test_the_same_code_twice_is_refused_and_both_places_are_named(install: Install) -> None:
    checks_of(install, **{"two.py": CHECK.format(code="ACME001")})
    with pytest.raises(PluginError, match=r"ACME001 is used by acme_checks\.one and acme_checks\.two") as caught:
        load_checks(frozenset({"acme-checks"}))
    assert caught.value.code == "ACC-E304"


def test_two_packages_cannot_share_a_code(install: Install) -> None:
    checks_of(install)
    checks_of(install, "acme_other")
    with pytest.raises(PluginError, match="ACME001 is used by"):
        load_checks(frozenset({"acme-checks", "acme-other"}))


def test_a_check_that_is_imported_from_elsewhere_counts_once(install: Install) -> None:
    checks_of(install, **{"two.py": "from acme_checks.one import something\n"})
    assert load_checks(frozenset({"acme-checks"}))["ACME001"].check.module == "acme_checks.one"


def test_checks_in_folders_below_are_found(install: Install) -> None:
    checks_of(
        install, **{"deep/__init__.py": "", "deep/er/__init__.py": "", "deep/er/two.py": CHECK.format(code="ACME002")}
    )
    assert {"ACME001", "ACME002"} <= set(load_checks(frozenset({"acme-checks"})))


@pytest.mark.parametrize(
    ("files", "points", "told"),
    [
        ({"__init__.py": "1 / 0"}, "acme_checks", "cannot be loaded: ZeroDivisionError"),
        ({"__init__.py": "x = 3"}, "acme_checks:x", "names no module"),
        ({"__init__.py": ""}, "acme_checks:absent", "cannot be loaded: AttributeError"),
        ({"__init__.py": "", "one.py": "import no_such_package"}, "acme_checks", "acme_checks.one cannot be imported"),
        ({"__init__.py": "", "one.py": CHECK.format(code="bad")}, "acme_checks", "capital letters"),
    ],
)
def test_a_broken_package_is_one_clear_error(install: Install, files: dict[str, str], points: str, told: str) -> None:
    install("acme_checks", files, f"[accord.checks]\nacme = {points}\n")
    with pytest.raises(PluginError, match=told) as caught:
        load_checks(frozenset({"acme-checks"}))
    assert caught.value.code in {"ACC-E302", "ACC-E303"}


def test_a_part_is_loaded_by_name_from_allowed_packages_only(install: Install) -> None:
    install("acme_form", {"__init__.py": "def poem(assessment, out): ..."}, "[accord.formats]\npoem = acme_form:poem\n")
    allowed = frozenset({"acme-form"})
    assert getattr(load_named("accord.formats", "poem", allowed), "__name__", "") == "poem"
    assert load_named("accord.formats", "prose", allowed) is None
    assert set(names("accord.formats", allowed)) - set(names("accord.formats", frozenset())) == {"poem"}


def test_names_are_told_in_order_and_without_loading(install: Install) -> None:
    install(
        "acme_form", {"__init__.py": "raise RuntimeError"}, "[accord.formats]\nzz = acme_form:z\naa = acme_form:a\n"
    )
    told = names("accord.formats", frozenset({"acme-form"}))
    assert told == tuple(sorted(told))
    assert {"aa", "zz", "json", "txt"} <= set(told)
    with pytest.raises(PluginError, match="cannot be loaded"):
        load_named("accord.formats", "zz", frozenset({"acme-form"}))


def test_our_formats_are_those_of_the_contract() -> None:
    assert set(names("accord.formats", frozenset())) >= {"txt", "json", "html", "sarif"}


@pytest.mark.parametrize("name", ["__init__.py", "one.py", "deep/data.yaml", "deep/page.j2"])
def test_the_digest_of_a_plug_in_changes_with_any_of_its_files(install: Install, name: str) -> None:
    folder = checks_of(install, **{"deep/data.yaml": "a: 1", "deep/page.j2": "x"})
    before = plugin_of(folder)
    (folder / name).write_text((folder / name).read_text() + "# more")
    assert plugin_of(folder).digest != before.digest


def test_the_digest_changes_with_a_new_a_renamed_a_moved_and_a_missing_file(install: Install) -> None:
    folder = checks_of(install, **{"data.yaml": "a: 1"})
    seen = [plugin_of(folder).digest]
    (folder / "more.py").write_text("")
    seen.append(plugin_of(folder).digest)
    (folder / "more.py").rename(folder / "zz.py")
    seen.append(plugin_of(folder).digest)
    (folder / "zz").mkdir()
    (folder / "zz.py").rename(folder / "zz" / "zz.py")
    seen.append(plugin_of(folder).digest)
    (folder / "data.yaml").unlink()
    seen.append(plugin_of(folder).digest)
    assert len(set(seen)) == len(seen)


def test_what_is_no_source_does_not_change_the_digest(install: Install) -> None:
    folder = checks_of(install)
    before = plugin_of(folder)
    (folder / "__pycache__").mkdir(exist_ok=True)
    (folder / "__pycache__" / "one.pyc").write_bytes(b"x")
    (folder / "notes.txt").write_text("x")
    assert plugin_of(folder) == before


def test_a_plug_in_of_one_file_has_a_digest_too(install: Install) -> None:
    folder = install("acme_single", {}, "[accord.checks]\nacme = acme_single\n")
    module = folder.with_suffix(".py")
    module.write_text(CHECK.format(code="ACME001"))
    before = load_checks(frozenset({"acme-single"}))["ACME001"].plugin
    forget()
    module.write_text(CHECK.format(code="ACME001") + "# more\n")
    importlib.invalidate_caches()
    assert load_checks(frozenset({"acme-single"}))["ACME001"].plugin.digest != before.digest


@given(st.sets(st.sampled_from(["one", "two", "three", "four"]), min_size=1))
def test_the_digest_does_not_depend_on_where_a_package_lies(files: set[str]) -> None:
    import tempfile
    from types import ModuleType

    from accord.core.plugins import _source_digest

    digests = set()
    for _ in range(2):
        with tempfile.TemporaryDirectory() as name:
            for file in sorted(files):
                Path(name, f"{file}.py").write_text(file)
            package = ModuleType("acme")
            package.__path__ = [name]
            digests.add(_source_digest(package))
    assert len(digests) == 1
