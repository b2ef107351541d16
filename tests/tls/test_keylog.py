"""Traffic secrets: the owner's file only, said once, and only where somebody asked."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from wssure.errors import UsageError
from wssure.tls.keylog import keylog_path
from wssure.tls.settings import TLSSettings


def test_the_file_is_made_for_its_owner_and_said_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "keys.log"
    for _ in range(2):
        assert keylog_path(TLSSettings(keylog=path)) == str(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert str(path) in caplog.text


def test_an_existing_file_keeps_its_mode_and_its_lines(tmp_path: Path) -> None:
    path = tmp_path / "keys.log"
    path.write_text("older\n")
    path.chmod(0o640)
    keylog_path(TLSSettings(keylog=path))
    assert path.stat().st_mode & 0o777 == 0o640
    assert path.read_text() == "older\n"


@pytest.mark.parametrize("exists", [True, False])
def test_a_link_is_refused_and_its_target_left_alone(tmp_path: Path, exists: bool) -> None:
    target, tls_connection = tmp_path / "target", tmp_path / "link"
    tls_connection.symlink_to(target)
    if exists:
        target.write_text("")
        target.chmod(0o644)
    with pytest.raises(UsageError, match="cannot be written") as caught:
        keylog_path(TLSSettings(keylog=tls_connection))
    assert "symbolic link" in caught.value.failure.fix
    assert target.exists() is exists
    assert not exists or target.stat().st_mode & 0o777 == 0o644


def test_the_environment_is_asked_where_the_settings_say_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSLKEYLOGFILE", raising=False)
    assert keylog_path(TLSSettings()) is None
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "env"))
    assert keylog_path(TLSSettings()) == str(tmp_path / "env")
    assert keylog_path(TLSSettings(keylog=tmp_path / "own")) == str(tmp_path / "own")


def test_a_file_that_cannot_be_written_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be written") as caught:
        keylog_path(TLSSettings(keylog=tmp_path / "none" / "keys"))
    assert caught.value.failure.cause == "usage.keylog"
