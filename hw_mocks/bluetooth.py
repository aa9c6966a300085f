"""A Bluetooth radio of our own: BlueZ as far as programs see it, on a D-Bus of its own.

Whoever is started with `Radio.environment` finds one adapter there, and what was added to it. Names
and values are those of BlueZ's own documents: org.bluez.Adapter, Device, GattService,
GattCharacteristic.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dbus_fast import Message

DBUS_DAEMON = shutil.which("dbus-daemon")
"""The program, from Debian's package dbus; None where that is not installed."""
START_S = 10.0
ADVERTISES_S = 0.3
"""How often something that is awake says so."""
_ADAPTER = "/org/bluez/hci0"
_BASE = "-0000-1000-8000-00805f9b34fb"
_RULES = """<busconfig>
  <type>system</type>
  <listen>unix:path={path}</listen>
  <policy context="default">
    <allow own="*"/><allow send_destination="*"/><allow receive_sender="*"/>
  </policy>
</busconfig>
"""
Objects = dict[str, dict[str, dict[str, Any]]]


class Peripheral:
    """Something paired that has one characteristic, which it indicates.

    Args:
        address: its Bluetooth address.
        service, characteristic: the four digits of their UUIDs.
    """

    def __init__(self, address: str, service: str, characteristic: str) -> None:
        self.awake = False
        """It advertises, and can be connected to."""
        self.indicates: Callable[[], list[bytes]] = list
        """What it sends to whoever asks to be told, the oldest first."""
        self.hangs_up = False
        """It breaks the connection when it has sent that, as most do; else it waits."""
        self.path = f"{_ADAPTER}/dev_{address.upper().replace(':', '_')}"
        self.char = f"{self.path}/service000c/char000d"
        self.device: dict[str, Any] = {
            "Adapter": _ADAPTER,
            "Address": address.upper(),
            "Alias": "BLESmart",
            "Name": "BLESmart",
            "Connected": False,
            "Paired": True,
            "ServicesResolved": False,
            "UUIDs": [f"0000{service}{_BASE}"],
        }
        self._service = {"Device": self.path, "Primary": True, "UUID": f"0000{service}{_BASE}"}
        self._characteristic = {
            "Service": f"{self.path}/service000c",
            "UUID": f"0000{characteristic}{_BASE}",
            "Flags": ["indicate"],
            "Notifying": False,
            "Value": b"",
        }

    @property
    def objects(self) -> Objects:
        """As BlueZ shows it."""
        return {
            self.path: {"org.bluez.Device1": self.device},
            f"{self.path}/service000c": {"org.bluez.GattService1": self._service},
            self.char: {"org.bluez.GattCharacteristic1": self._characteristic},
        }


class Radio:
    """One adapter, as soon as something is added to it. *folder*: for the socket of its bus."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._peripherals: dict[str, Peripheral] = {}
        self._loop = asyncio.new_event_loop()
        self._bus: Any = None
        self._ends = contextlib.ExitStack()

    @property
    def environment(self) -> Mapping[str, str]:
        """Leads a process to it, and away from this machine's own radio."""
        return {"DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={self._folder / 'bluetooth'}"}

    def add(self, peripheral: Peripheral) -> None:
        """Pair with it."""
        self._peripherals[peripheral.path] = peripheral
        if self._bus is None:
            self._start()

    def close(self) -> None:
        """End it, however far it came."""
        self._ends.close()
        self._loop.close()

    def _start(self) -> None:
        assert DBUS_DAEMON is not None, "apt-get install dbus"
        rules, path = self._folder / "bluetooth.conf", self._folder / "bluetooth"
        rules.write_text(_RULES.format(path=path), encoding="utf-8")
        daemon = subprocess.Popen(
            [DBUS_DAEMON, "--nofork", "--nopidfile", f"--config-file={rules}"],
            stderr=subprocess.DEVNULL,
        )
        self._ends.callback(daemon.wait, 5)
        self._ends.callback(daemon.terminate)
        deadline = time.monotonic() + START_S
        while not _listens(path):
            assert time.monotonic() < deadline, "dbus-daemon does not start"
            time.sleep(0.02)
        thread = threading.Thread(target=self._loop.run_forever, name="mock BlueZ")
        thread.start()
        self._ends.callback(thread.join)
        self._ends.callback(self._loop.call_soon_threadsafe, self._loop.stop)
        asyncio.run_coroutine_threadsafe(self._serve(), self._loop).result(START_S)
        self._ends.callback(self._left)

    def _left(self) -> None:
        asyncio.run_coroutine_threadsafe(self._leave(), self._loop).result(START_S)

    # -- what runs on the loop -------------------------------------------------------------

    async def _serve(self) -> None:
        from dbus_fast.aio.message_bus import MessageBus

        bus = MessageBus(bus_address=self.environment["DBUS_SYSTEM_BUS_ADDRESS"])
        self._bus = await bus.connect()
        bus.add_message_handler(self._called)
        await bus.request_name("org.bluez")
        self._advertising = asyncio.create_task(self._advertise())

    async def _leave(self) -> None:
        self._advertising.cancel()
        self._bus.disconnect()
        await self._bus.wait_for_disconnect()

    async def _advertise(self) -> None:
        while True:
            for one in self._peripherals.values():
                if one.awake and not one.device["Connected"]:
                    self._changed(one.path, "org.bluez.Device1", {"RSSI": -60})
            await asyncio.sleep(ADVERTISES_S)

    def _called(self, message: Message) -> Message | None:
        from dbus_fast import Message, MessageType

        if message.message_type is not MessageType.METHOD_CALL:
            return None
        found = self._peripherals.get((message.path or "").removesuffix("/service000c/char000d"))
        match message.member:
            case "GetManagedObjects":
                return Message.new_method_return(
                    message, "a{oa{sa{sv}}}", [_variants(self._objects())]
                )
            case "SetDiscoveryFilter" | "StartDiscovery" | "StopDiscovery" | "StopNotify":
                pass
            case "Connect" if found is not None and found.awake:
                self._tell(found, Connected=True, ServicesResolved=True)
            case "Connect":
                error, why = "org.bluez.Error.Failed", "le-connection-abort-by-remote"
                return Message.new_error(message, error, why)
            case "StartNotify" if found is not None:
                self._loop.call_soon(self._indicate, found)
            case "Disconnect" if found is not None:
                self._loop.call_soon(self._hang_up, found)
            case _:
                return None
        return Message.new_method_return(message)

    def _indicate(self, peripheral: Peripheral) -> None:
        for value in peripheral.indicates():
            self._changed(peripheral.char, "org.bluez.GattCharacteristic1", {"Value": value})
        if peripheral.hangs_up:
            self._hang_up(peripheral)

    def _hang_up(self, peripheral: Peripheral) -> None:
        peripheral.awake = False
        self._tell(peripheral, Connected=False, ServicesResolved=False)

    def _tell(self, peripheral: Peripheral, **values: bool) -> None:
        peripheral.device.update(values)
        self._changed(peripheral.path, "org.bluez.Device1", values)

    def _changed(self, path: str, interface: str, values: Mapping[str, Any]) -> None:
        from dbus_fast import Message

        body = [interface, _variant_of(values), []]
        properties = "org.freedesktop.DBus.Properties"
        self._bus.send(Message.new_signal(path, properties, "PropertiesChanged", "sa{sv}as", body))

    def _objects(self) -> Objects:
        adapter = {"Address": "02:00:00:00:00:01", "Powered": True, "Roles": ["central"]}
        objects: Objects = {_ADAPTER: {"org.bluez.Adapter1": adapter}}
        for one in self._peripherals.values():
            objects |= one.objects
        return objects


def _listens(path: Path) -> bool:
    """The file is there a moment before anybody may connect."""
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(path)) == 0


_SIGNATURES: Mapping[type, str] = {bool: "b", int: "n", bytes: "ay", list: "as"}


def _variant_of(values: Mapping[str, Any]) -> dict[str, Any]:
    from dbus_fast import Variant

    paths = {"Adapter", "Device", "Service"}
    return {
        key: Variant("o" if key in paths else _SIGNATURES.get(type(value), "s"), value)
        for key, value in values.items()
    }


def _variants(objects: Objects) -> dict[str, Any]:
    return {
        path: {interface: _variant_of(values) for interface, values in interfaces.items()}
        for path, interfaces in objects.items()
    }
