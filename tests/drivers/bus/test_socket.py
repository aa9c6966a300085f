"""An adapter that answers to its twin's name."""

from __future__ import annotations

from pathlib import Path

import pytest

from drivers.bus import socket


def test_another_socket_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Once, when the name leads elsewhere than before; a port without USB is of no concern."""
    monkeypatch.setattr(socket, "_TTYS", tmp_path / "tty")
    by_id = tmp_path / "usb-1a86_USB_Serial-if00-port0"
    for tty, where in (("ttyUSB0", "1-1.2"), ("ttyUSB1", "1-1.4")):
        usb = tmp_path / "devices" / where
        (usb / f"{where}:1.0" / tty).mkdir(parents=True)
        (usb / "idVendor").write_text("1a86")
        (tmp_path / "tty" / tty).mkdir(parents=True)
        (tmp_path / "tty" / tty / "device").symlink_to(usb / f"{where}:1.0" / tty)
        (tmp_path / tty).touch()
    by_id.symlink_to(tmp_path / "ttyUSB0")
    assert [socket.noted(str(by_id)) for _ in range(2)] == ["1-1.2", "1-1.2"]
    assert not caplog.records
    by_id.unlink()
    by_id.symlink_to(tmp_path / "ttyUSB1")
    assert [socket.noted(str(by_id)) for _ in range(2)] == ["1-1.4", "1-1.4"]
    [told] = caplog.messages
    assert "before=1-1.2 now=1-1.4" in told and "by-path" in told
    assert socket.noted(str(tmp_path / "none")) == ""
