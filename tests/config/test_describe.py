"""What is in force, where it was written, and what it means."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from msgspec import Struct

from config.build import Chosen
from config.commands import show_config
from config.describe import Row, describe
from config.reader import BadConfiguration, Layer, Loaded, understand


class Base(Struct, frozen=True, kw_only=True):
    """Settings shared by some drivers."""

    retry: float = 2.0
    """Seconds until the
    next try."""


class Serial(Base, frozen=True, kw_only=True):
    """An ultrasonic sensor on a serial line."""

    port: Path
    """Where it is plugged in."""
    password: str = ""
    """Nobody may read this."""


class Uplink(Struct, frozen=True, kw_only=True):
    """One nested table."""

    address: str = ""
    undocumented: tuple[int, ...] = (1, 2)


class Site(Struct, frozen=True, kw_only=True):
    """A whole file."""

    uplink: Uplink = Uplink()
    """Where records go."""
    drivers: dict[str, Chosen] = {}
    """All hardware."""
    lists: list[Uplink] = []


TEXT = """\
[uplink]
address = "mqtt://kiosk:hunter2@broker/"
[drivers.bin_1]
type = "serial"
port = "/dev/ttyUSB0"
password = "hunter2"
[[lists]]
address = "x"
"""


def loaded(text: str = TEXT) -> Loaded[Site]:
    """The text as if it were kiosk.toml."""
    return understand([Layer("kiosk.toml", text)], Site, registry={"serial": Serial})


def test_each_setting_has_value_origin_and_meaning() -> None:
    """Written values name their line, others say default; docstrings are the meaning."""
    assert list(describe(loaded())) == [
        Row("uplink.address", "'mqtt://(hidden)@broker/'", "kiosk.toml:2", ""),
        Row("uplink.undocumented", "[1, 2]", "default", ""),
        Row(
            "drivers.bin_1.type",
            "'serial'",
            "kiosk.toml:4",
            "An ultrasonic sensor on a serial line.",
        ),
        Row("drivers.bin_1.retry", "2.0", "default", "Seconds until the next try."),
        Row("drivers.bin_1.port", "'/dev/ttyUSB0'", "kiosk.toml:5", "Where it is plugged in."),
        Row("drivers.bin_1.password", "(hidden)", "kiosk.toml:6", "Nobody may read this."),
        Row("lists[1].address", "'x'", "kiosk.toml:8", ""),
        Row("lists[1].undocumented", "[1, 2]", "default", ""),
    ]


def test_an_empty_table_is_shown_as_such() -> None:
    """A table or list without entries still has a row, so that nobody thinks it forgotten."""
    rows = {row.place: row for row in describe(loaded(""))}
    assert rows["drivers"] == Row("drivers", "a table without keys", "default", "All hardware.")
    assert rows["lists"].value == "[]"


def test_nothing_is_in_force_when_the_file_has_mistakes() -> None:
    """A wrong configuration is not described; its problems are raised instead."""
    with pytest.raises(BadConfiguration, match="unknown key 'uplnik'"):
        list(describe(loaded("uplnik = 1")))


def test_show_config_prints_settings_and_never_a_secret(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The printed configuration can be sent by mail; a wrong one goes to stderr with code 2."""
    out = io.StringIO()
    assert show_config(loaded(), out) == 0
    assert "drivers.bin_1.port = '/dev/ttyUSB0'  (kiosk.toml:5)\n" in out.getvalue()
    assert "    Where it is plugged in.\n" in out.getvalue()
    assert "hunter2" not in out.getvalue()
    assert show_config(loaded("x = 1")) == 2
    assert "unknown key 'x'" in capsys.readouterr().err
