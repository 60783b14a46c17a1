"""Settings come from defaults, the file, the environment and flags, in this order."""

from __future__ import annotations

from pathlib import Path

import pytest

from accord.core.errors import ManifestError
from accord.core.settings import Settings, read_settings, state_folder


def test_defaults_hold_without_a_file(tmp_path: Path) -> None:
    assert read_settings(tmp_path, {}) == Settings()


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    (tmp_path / "accord.toml").write_text('workers = 3\nplugins = ["one"]\ncheck_seconds = 7\n')
    settings = read_settings(tmp_path, {"ACCORD_WORKERS": "1", "ACCORD_PLUGINS": "two,three"}, ("four",))
    assert (settings.workers, settings.check_seconds, settings.plugins) == (1, 7, ("two", "three", "four"))


@pytest.mark.parametrize(
    "text", ["worker = 3", 'workers = "3"', "workers = -1", "workers = true", "plugins = 3", "x", "\xff"]
)
def test_bad_settings_are_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "accord.toml").write_bytes(text.encode("latin-1"))
    with pytest.raises(ManifestError) as caught:
        read_settings(tmp_path, {})
    assert caught.value.code == "ACC-E130"


def test_an_environment_variable_of_the_wrong_type_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match="ACCORD_WORKERS takes a whole number"):
        read_settings(tmp_path, {"ACCORD_WORKERS": "many"})


def test_state_lies_where_the_environment_says(tmp_path: Path) -> None:
    assert state_folder(tmp_path, {}) == tmp_path / ".accord"
    assert state_folder(tmp_path, {"ACCORD_HOME": "/srv/accord"}) == Path("/srv/accord")
