"""Serial ports: one device's own, or a bus that many share."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

Port = Annotated[str, Meta(min_length=1, extra={"claims": "port"})]
"""Path of a serial port that nobody else uses. Prefer /dev/serial/by-path/… or by-id/…: they stay
the same when another adapter is plugged in; /dev/ttyUSB0 does not. Adapters without a serial
number of their own (most CH340) share one by-id name: use by-path for these. /dev/serial0 is the
Pi's own UART."""
