"""What is overheard of a charging pile, with published and validated messages."""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.contract.signals import Charging, Measured
from drivers.charging.driver import ChargingPile, ChargingPileSettings
from drivers.charging.ocpp import STATES, Reading, Tap
from hw_mocks.broker import MOSQUITTO, MockBroker
from tests.drivers.running import Running, site
from tests.waiting import wait_for

BOOT = '[2,"1","BootNotification",{"chargePointVendor":"Demo","chargePointModel":"AC7"}]'
BOOTED = '[3,"1",{"status":"Accepted","currentTime":"2026-11-22T00:30:00Z","interval":300}]'
START = (
    '[2,"3","StartTransaction",{"connectorId":1,"idTag":"04A1","meterStart":1000,'
    '"timestamp":"2026-11-22T00:32:00Z"}]'
)
STARTED = '[3,"3",{"transactionId":7,"idTagInfo":{"status":"Accepted"}}]'
METER = (
    '[2,"19500","MeterValues",{"connectorId":1,"meterValue":[{"timestamp":"2024-09-03T17:15:44Z",'
    '"sampledValue":[{"measurand":"Energy.Active.Import.Register","unit":"Wh","value":"18099.0",'
    '"context":"Sample.Periodic"},{"measurand":"Power.Active.Import","unit":"W","value":"0.0"}]}],'
    '"transactionId":2}]'
)


def status(word: str, connector: int = 1, error: str = "NoError") -> str:
    return json.dumps(
        [2, "2", "StatusNotification",
         {"connectorId": connector, "errorCode": error, "status": word}]
    )  # fmt: skip


def stop(transaction: int, reason: str = "EVDisconnected") -> str:
    return json.dumps(
        [2, "8", "StopTransaction",
         {"transactionId": transaction, "meterStop": 13250, "timestamp": "2026-11-22T04:00:00Z",
          "reason": reason}]
    )  # fmt: skip


class Pile:
    """A pile and a clock moved by hand."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.tap = Tap(1, 100, self.now)

    def says(self, text: str) -> list[Reading]:
        return self.tap.heard(True, text.encode(), self.now)

    def is_told(self, text: str) -> None:
        self.tap.heard(False, text.encode(), self.now)

    def after(self, seconds: float) -> str:
        self.now += seconds
        self.tap.look(self.now)
        return self.tap.state


@pytest.mark.parametrize("word", STATES)
def test_every_status(word: str) -> None:
    pile = Pile()
    assert pile.tap.state == "unknown"
    pile.says(status(word))
    assert pile.after(0) == STATES[word]


def test_published_meter_values() -> None:
    assert Pile().says(METER) == [Reading("energy", 18.099), Reading("power", 0)]
    bare = '[2,"1","MeterValues",{"connectorId":1,"meterValue":[{"sampledValue":[{"value":"5"}]}]}]'
    assert Pile().says(bare) == [Reading("energy", 0.005)]


def test_a_session_whose_end_names_no_connector() -> None:
    """The transaction's connector is in the answer to its start."""
    for reason, state in (("EVDisconnected", "free"), ("Remote", "finished")):
        pile = Pile()
        pile.says(BOOT)
        pile.is_told(BOOTED)
        pile.says(START)
        pile.says(STARTED)  # from the wrong side
        pile.is_told(STARTED)
        pile.says(status("Charging"))
        pile.says(stop(6, reason))
        assert pile.after(61) == "charging"
        pile.says(stop(7, reason))
        assert pile.after(61) == state


def test_finishing_only_when_unplugged() -> None:
    """Hager: SuspendedEV at 09:09, Finishing at 10:31:46, Available seven seconds later."""
    pile = Pile()
    pile.says(status("Charging"))
    pile.says(status("SuspendedEV"))
    assert pile.after(59) == "charging"
    assert pile.after(2) == "finished"
    for _ in range(9):
        pile.says('[2,"5","Heartbeat",{}]')
        assert pile.after(540) == "finished"
    pile.says(status("Finishing"))
    assert pile.after(7) == "finished"
    pile.says(status("Available"))
    assert pile.after(0) == "free"


def test_flapping_between_suspended_and_charging() -> None:
    pile = Pile()
    pile.says(status("Charging"))
    for _ in range(20):
        pile.says(status("SuspendedEVSE"))
        assert pile.after(30) == "charging"
        pile.says(status("Charging"))
        assert pile.after(30) == "charging"


def test_full_without_a_word() -> None:
    """No power for ten minutes; a register that moves is no idling."""
    still, moving = Pile(), Pile()
    for pile in (still, moving):
        pile.says(status("Charging"))
    for minute in range(12):
        still.says(METER)
        moving.says(METER.replace("18099.0", str(18099 + minute)))
        still.after(60)
        moving.after(60)
    assert (still.tap.state, moving.tap.state) == ("finished", "charging")


def test_two_missed_heartbeats() -> None:
    pile = Pile()
    pile.says(BOOT)
    pile.is_told(BOOTED.replace("300", "60"))
    pile.says(status("Available"))
    assert pile.after(119) == "free"
    pile.is_told(BOOTED)  # of the other side only
    assert pile.after(2) == "unknown"


def test_fault_and_the_whole_pile() -> None:
    pile = Pile()
    pile.says(status("Faulted", 0, "GroundFailure"))
    assert (pile.after(0), pile.tap.reason) == ("fault", "GroundFailure")
    pile.says(status("Available", 0))
    pile.says(status("Charging", 2))
    assert pile.after(0) == "fault"
    pile.says(status("Available"))
    assert (pile.after(0), pile.tap.reason) == ("free", "")


def test_offline_transactions_do_not_end_each_other() -> None:
    pile = Pile()
    pile.says(START)
    pile.is_told(STARTED.replace("7", "-1"))
    pile.says(status("Charging"))
    pile.says(stop(-1))
    assert pile.after(61) == "charging"


def test_card_numbers_are_not_kept() -> None:
    pile = Pile()
    pile.says(START.replace("04A1", "SECRETCARD"))
    assert "SECRETCARD" not in repr(vars(pile.tap))


@pytest.mark.parametrize("text", [BOOT, BOOTED, START, STARTED, METER, status("Reserved"), stop(7)])
def test_messages_are_those_of_the_schemas(text: str) -> None:
    """The library's schemas say that a pile may send these."""
    messages = pytest.importorskip("ocpp.messages")
    message = messages.unpack(text)
    if hasattr(message, "action") and message.action is None:
        message.action = "BootNotification" if text is BOOTED else "StartTransaction"
    with ThreadPoolExecutor(1) as other:  # a browser's test may have left a loop on this thread
        other.submit(asyncio.run, messages.validate_payload(message, "1.6")).result()


ANY = st.recursive(
    st.none() | st.integers() | st.text(max_size=5) | st.sampled_from(["1", "Charging", "Wh"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["connectorId", "status", "transactionId", "meterValue", "sampledValue"]
            ),
            inner,
        )
    ),
    max_leaves=10,
)


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(
            st.booleans(),
            st.tuples(
                st.sampled_from([2, 3, 4]),
                st.sampled_from(["1", "2"]),
                st.sampled_from(["StatusNotification", "StartTransaction", "MeterValues", "x"]),
                ANY,
            ).map(lambda one: json.dumps(one).encode())
            | st.binary(max_size=30),
            st.floats(0, 1000),
        ),
        max_size=12,
    )
)
def test_any_frames(frames: list[tuple[bool, bytes, float]]) -> None:
    """Nothing raises; the state is one of those that there are."""
    pile = Pile()
    for from_pile, frame, seconds in frames:
        pile.tap.heard(from_pile, frame, pile.now)
        assert pile.after(seconds) in {*STATES.values(), "unknown"}


@pytest.mark.skipif(MOSQUITTO is None, reason="apt-get install mosquitto")
def test_driver(tmp_path: Path) -> None:
    with MockBroker(tmp_path / "broker") as broker:
        table: dict[str, Any] = {"broker": broker.url, "from_pile": "p/1/up", "to_pile": "p/1/down"}
        driver = ChargingPile("pile", ChargingPileSettings(**table), site())
        with Running(driver) as running:
            wait_for(lambda: running.signals == [Charging(source="pile", state="unknown")])
            broker.publish("p/1/up", status("Available").encode())
            broker.publish("p/1/up", METER.encode())
            wait_for(lambda: len(running.signals) == 4)
            assert running.stop() < 2
    assert Charging(source="pile", state="free") in running.signals
    assert Measured(source="pile", quantity="energy", value=18.099, unit="kW.h") in running.signals
