"""The one-key taxi, press by press, and what it must never claim."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.contract.orders import Switch
from agent.contract.signals import Printed, Signal
from agent.effects import Drive, Hide, Lane, Recede, Record, Say, Show, Slip, Withdraw
from agent.messages import (
    Action,
    Command,
    Due,
    LinkChanged,
    RecordDelivered,
    RecordUndelivered,
    Started,
)
from agent.records import RejectedCommand
from agent.services.taxi.order import Place, TaxiState
from agent.services.taxi.service import Taxi
from agent.services.taxi.settings import TaxiSettings
from tests.agent.dialogue.test_grammar import wish
from tests.agent.journal import Journey, told

HERE = Place("xinjing-sancun", "新泾三村", "新泾三村", (121.37, 31.21))
HOSPITAL = Place("tongren", "上海市同仁医院", "同仁医院", (121.38, 31.20))
CAR = {"order": "press-2", "plate": "沪A·D1234", "minutes": 4, "colour": "白色"}


def action(name: str, id: str = "", by: str = "touch") -> Action:
    chosen = wish(name)
    return Action(service="taxi", action=chosen.action, value=chosen.value, id=id, by=by)  # type: ignore[arg-type]


def command(kind: str, **data: object) -> Command:
    return told(kind, "c", order="press-2", **data)


def due(name: str) -> Due:
    return Due(service="taxi", name=name)


def delivered(kind: str = "taxi.requested") -> RecordDelivered:
    return RecordDelivered(kind=kind, subject="press-2")


@pytest.fixture
def journey() -> Journey:
    return Journey(Taxi(TaxiSettings(lamp="lamp_taxi"), HERE, {"tongren": HOSPITAL}, ["tongren"]))


@pytest.fixture
def requested(journey: Journey) -> Journey:
    """A journey whose request is with upstream."""
    order(journey)
    journey.send(delivered())
    return journey


def order(journey: Journey) -> None:
    journey.send(action("taxi.call", "press-1"), action("taxi.to.tongren"))
    journey.send(action("taxi.confirm", "press-2"))


def test_request_is_one_record_with_pickup_destination_and_deadline(journey: Journey) -> None:
    """Confirming makes one lane-0 record, named after the press and void after three minutes."""
    order(journey)
    [record] = journey.records()
    assert (record.kind, record.lane, record.expires_in) == ("taxi.requested", Lane.LIFE, 180.0)
    assert record.subject == record.data["order"] == "press-2"
    assert record.data["pickup"] == "xinjing-sancun"
    assert record.data["destination_name"] == "上海市同仁医院"
    assert record.data["destination_gcj02"] == [121.38, 31.20]


def test_destination_is_never_required(journey: Journey) -> None:
    """Who does not want to say where tells the driver; the order has no destination."""
    journey.send(action("taxi.call"), action("taxi.to.driver"), action("taxi.confirm", "press-2"))
    [record] = journey.records("taxi.requested")
    assert record.data["destination"] == ""


def test_nothing_is_promised_before_upstream_has_it(journey: Journey) -> None:
    """Between the press and upstream's receipt the screen says that it is being asked."""
    order(journey)
    assert journey.screen == "taxi.requesting"
    journey.send(delivered())
    assert journey.screen == "taxi.requested"


def test_lamp_is_lit_while_an_order_is_under_way(requested: Journey) -> None:
    """The lamp goes on with the request and off with its end."""
    assert Drive("lamp_taxi", Switch(True)) in requested.effects
    requested.send(command("taxi.no_car"))
    assert Drive("lamp_taxi", Switch(False)) in requested.latest


def test_accepted_shows_the_car_and_repeats_the_plate(requested: Journey) -> None:
    """Plate and minutes are shown, counted down, and spoken again every 30 s."""
    requested.send(command("taxi.accepted", plate="沪A·D1234", minutes=4))
    assert requested.screen == "taxi.accepted"
    requested.send(due("minute"))
    [show] = [effect for effect in requested.latest if isinstance(effect, Show)]
    assert show.values["minutes"] == 3 and show.silent
    requested.send(due("repeat"))
    [say] = [effect for effect in requested.latest if isinstance(effect, Say)]
    assert say.values["plate"] == "沪A·D1234"
    assert requested.reminders["repeat"] == 30.0


def test_ride_to_its_end(requested: Journey) -> None:
    """Arrived, boarded: thanks, and then the screen is free for the next."""
    requested.send(command("taxi.accepted", plate="沪A·D1234", minutes=4))
    requested.send(command("taxi.arrived"))
    assert requested.screen == "taxi.arrived" and requested.state.plate == "沪A·D1234"
    requested.send(command("taxi.on_board"))
    assert requested.screen == "taxi.completed"
    requested.send(due("end"))
    assert Hide() in requested.latest
    assert (requested.state.phase, requested.state.order, requested.state.recent) == (
        "idle",
        "",
        True,
    )


def test_the_passenger_can_say_so(requested: Journey) -> None:
    """我上车了: upstream learns it, and the screen is free for the next."""
    requested.send(command("taxi.arrived", plate="沪A·D1234"), action("taxi.boarded"))
    assert requested.records("taxi.boarded")[0].subject == "press-2"
    assert requested.screen == "taxi.completed" and "end" in requested.reminders


def test_a_second_press_does_not_cancel_the_car(requested: Journey) -> None:
    """What "enter" does first while waiting is to say again how things stand."""
    first = [e for e in requested.effects if isinstance(e, Show)][-1].choices[0]
    before = requested.state
    requested.send(action(first.action))
    assert requested.state == before and isinstance(requested.latest[0], Show)


@pytest.mark.parametrize(
    ("kind", "screen"),
    [
        ("taxi.no_car", "taxi.no_car"),
        ("taxi.cancelled", "taxi.cancelled"),
        ("taxi.unknown_order", "taxi.expired"),
        ("taxi.reassigning", "taxi.reassigning"),
    ],
)
def test_other_outcomes(requested: Journey, kind: str, screen: str) -> None:
    """Each word from upstream has its own screen, and the plate of a lost car is gone."""
    requested.send(command("taxi.accepted", plate="沪A·D1234", minutes=4))
    requested.send(command(kind))
    assert requested.screen == screen
    assert requested.state.plate == ""


def test_overtaken_and_foreign_words_change_nothing(requested: Journey) -> None:
    """A late "accepted" after "arrived", an older revision, another order: ignored."""
    requested.send(command("taxi.accepted", plate="沪A·D1234", minutes=4, revision=3))
    requested.send(command("taxi.arrived", plate="沪A·D1234", revision=4))
    before = requested.state
    requested.send(command("taxi.accepted", plate="沪A·D1234", minutes=4))
    requested.send(command("taxi.no_car", revision=2))
    requested.send(told("taxi.no_car", order="other"))
    assert requested.state == before


SAID = (
    *("accepted", "delayed", "arrived", "searching", "reassigning", "on_board", "completed"),
    *("no_car", "cancelled", "unknown_order"),
)


@pytest.mark.parametrize("last", ["no_car", "cancelled", "unknown_order", "completed"])
@pytest.mark.parametrize("word", SAID)
def test_an_order_that_is_over_stays_over(requested: Journey, last: str, word: str) -> None:
    """A late word changes nothing that is shown; a car that would still come is cancelled."""
    requested.send(command(f"taxi.{last}"))
    before = requested.state
    requested.send(command(f"taxi.{word}", revision=9))
    assert msgspec.structs.replace(requested.state, revision=before.revision) == before
    assert not [effect for effect in requested.latest if isinstance(effect, Show | Say)]
    kinds = [effect.kind for effect in requested.latest if isinstance(effect, Record)]
    assert kinds in ([], ["taxi.cancelled"], ["command.rejected"])
    if word in SAID[:5]:
        assert kinds == ["command.rejected" if last == "completed" else "taxi.cancelled"]


@pytest.mark.parametrize("word", SAID)
def test_a_word_about_no_order_of_ours_is_answered(journey: Journey, word: str) -> None:
    """Forgotten, or another kiosk's: upstream learns that nobody waits here."""
    journey.send(command(f"taxi.{word}"))
    [answer] = journey.latest
    assert isinstance(answer, Record) and answer.kind == "command.rejected"
    assert isinstance(answer.data, RejectedCommand)
    assert answer.data.place == "data.order"


def test_offline_shows_telephone_numbers_at_once(journey: Journey) -> None:
    """No network: the screen says so after 6 s, or at once when the link is known to be down."""
    order(journey)
    assert journey.reminders["offline"] == 6.0
    journey.send(LinkChanged(online=False))
    assert journey.screen == "taxi.offline"
    journey.send(LinkChanged(online=True))
    assert journey.screen == "taxi.requesting"


def test_stale_request_is_void_and_said_so(journey: Journey) -> None:
    """A request that never left is void after its time: no car comes, and the screen says so."""
    order(journey)
    journey.send(LinkChanged(online=False))
    journey.send(RecordUndelivered(kind="taxi.requested", subject="press-2", attempted=False))
    assert journey.screen == "taxi.expired"


def test_lost_reply_is_unknown_and_asked_about(journey: Journey) -> None:
    """When the request may have arrived, the state is unknown, and upstream is asked."""
    order(journey)
    journey.send(RecordUndelivered(kind="taxi.requested", subject="press-2", attempted=True))
    assert journey.screen == "taxi.unknown"
    assert [record.data for record in journey.records("taxi.verify")] == [{"order": "press-2"}]


def test_long_loss_of_the_link_makes_an_order_unknown(requested: Journey) -> None:
    """30 s without a link: not shown as confirmed any more; back online, upstream is asked."""
    requested.send(command("taxi.accepted", plate="沪A·D1234", minutes=4))
    requested.send(LinkChanged(online=False))
    assert requested.reminders["lost"] == 30.0
    requested.send(due("lost"))
    assert requested.screen == "taxi.unknown"
    requested.send(LinkChanged(online=True))
    assert isinstance(requested.latest[0], Record) and requested.latest[0].kind == "taxi.verify"
    requested.send(command("taxi.accepted", plate="沪A·D1234", minutes=2))
    assert requested.screen == "taxi.accepted"


def test_cancel_is_confirmed_only_when_upstream_has_it(requested: Journey) -> None:
    """Cancelling is a record; "cancelled" is shown when it has arrived."""
    requested.send(action("taxi.cancel"))
    assert requested.screen == "taxi.cancelling"
    assert requested.records("taxi.cancelled")[0].lane is Lane.LIFE
    requested.send(delivered("taxi.cancelled"))
    assert requested.screen == "taxi.cancelled"


def test_a_request_that_has_not_left_is_taken_back(journey: Journey) -> None:
    """Cancelled while offline: the request is withdrawn, and it is over at once."""
    order(journey)
    journey.send(LinkChanged(online=False), action("taxi.cancel"))
    assert Withdraw("taxi.requested", "press-2") in journey.latest
    journey.send(RecordUndelivered(kind="taxi.requested", subject="press-2", attempted=False))
    assert journey.screen == "taxi.cancelled" and journey.records("taxi.cancelled")


def test_car_for_a_cancelled_order_is_cancelled_again(requested: Journey) -> None:
    """A car that accepts after the resident has cancelled is told once more."""
    requested.send(action("taxi.cancel"), delivered("taxi.cancelled"))
    requested.send(command("taxi.accepted", plate="沪A·D1234", minutes=4))
    assert len(requested.records("taxi.cancelled")) == 2
    assert requested.screen == "taxi.cancelled"


def test_refusal_is_shown_with_what_is_for_residents(journey: Journey) -> None:
    """Upstream refuses the request for good: the resident learns it, in words meant for them
    alone, and may try again."""
    order(journey)
    journey.send(
        RecordUndelivered(
            kind="taxi.requested",
            subject="press-2",
            attempted=False,
            refused="ERR_4711 <html>",
            for_residents="今天停运",
        )
    )
    assert journey.screen == "taxi.refused"
    [show] = [effect for effect in journey.latest if isinstance(effect, Show)]
    assert show.values["reason"] == "今天停运"
    assert "4711" not in str(journey.latest)
    journey.send(action("taxi.again"))
    assert journey.screen == "taxi.confirm" and journey.state.destination == "tongren"


def test_order_resumes_after_a_restart(requested: Journey) -> None:
    """The daemon starts again: the order is shown, spoken and asked about; drafts are gone."""
    requested.send(command("taxi.accepted", plate="沪A·D1234", minutes=4))
    requested.restart()
    requested.send(Started(rebooted=False))
    shows = [effect for effect in requested.latest if isinstance(effect, Show)]
    assert shows[0].screen == "taxi.accepted" and not shows[0].silent
    assert requested.records("taxi.verify")


def test_after_a_reboot_nothing_is_claimed(requested: Journey) -> None:
    """How long the machine was off is not known: unknown, until upstream has answered."""
    requested.send(command("taxi.accepted", plate="沪A·D1234", minutes=4))
    requested.restart()
    requested.send(Started(rebooted=True))
    assert requested.screen == "taxi.unknown"


def test_waiting_resident_is_told_after_three_minutes(requested: Journey) -> None:
    """Longer than `search_s` without a car: screen and voice say so, the taxi lines stand first,
    whoever waits may wait on, and who does not gives the screen to the next."""
    assert requested.reminders["search"] == 180.0
    requested.send(due("search"))
    [show] = [effect for effect in requested.latest if isinstance(effect, Show)]
    assert show.screen == "taxi.no_car_yet" and not show.silent and show.idle_out
    assert show.phones == ("taxi", "guard")
    assert [choice.action for choice in show.choices] == [
        "taxi.wait",
        "taxi.cancel",
        "taxi.another",
    ]
    assert requested.state.phase == "requested"
    requested.send(action("home", by="idle"))
    assert requested.latest == [Recede()]
    requested.send(command("taxi.accepted", plate="沪A·D1234", minutes=4))
    assert requested.screen == "taxi.accepted"


def test_a_search_ends(requested: Journey) -> None:
    """After five times `search_s` nobody looks for a car any more, here or upstream."""
    for _ in range(5):
        requested.send(due("search"))
    assert requested.screen == "taxi.no_car"
    assert requested.records("taxi.cancelled")[0].data["reason"] == "over"
    assert "search" not in requested.reminders


def test_the_focus_rests_on_no_place(journey: Journey) -> None:
    """The first choice after the key asks for no destination."""
    journey.send(action("taxi.call"))
    [show] = [effect for effect in journey.latest if isinstance(effect, Show)]
    assert show.choices[0].id == "taxi.to.driver" and show.focus == ""


def test_a_second_order_is_a_deliberate_act(requested: Journey) -> None:
    """Right after one order another one from home is asked about, with "no" under the finger."""
    requested.send(action("taxi.cancel"), delivered("taxi.cancelled"))
    [show] = [effect for effect in requested.latest if isinstance(effect, Show)]
    assert show.focus == "home"
    requested.send(action("home"), action("taxi.call"), action("taxi.to.driver"))
    [show] = [effect for effect in requested.latest if isinstance(effect, Show)]
    assert (show.screen, show.focus, show.values["second"]) == ("taxi.confirm", "taxi.back", "yes")
    requested.send(action("home"), due("recent"), action("taxi.call"), action("taxi.to.driver"))
    [show] = [effect for effect in requested.latest if isinstance(effect, Show)]
    assert (show.focus, show.values["second"]) == ("", "")


def test_waiting_leaves_the_kiosk_to_others(requested: Journey) -> None:
    """ "Home" leaves the order to go on in the background; "back" does not lose it from sight."""
    requested.send(action("back"))
    assert Recede() not in requested.latest and any(isinstance(e, Say) for e in requested.latest)
    requested.send(action("home"))
    assert Recede() in requested.latest and requested.state.phase == "requested"
    requested.send(action("taxi.call"))
    assert requested.screen == "taxi.requested" and len(requested.records("taxi.requested")) == 1


ACTIONS = "call to.tongren to.driver confirm back wait boarded cancel again nonsense"

SIGNALS = st.one_of(
    st.sampled_from(["home", "back"]).map(lambda name: action(name, "press-2")),
    st.sampled_from(ACTIONS.split()).map(lambda name: action(f"taxi.{name}", "press-2")),
    st.sampled_from(SAID).map(lambda kind: command(f"taxi.{kind}", plate="沪A·D1234", minutes=3)),
    st.sampled_from(["offline", "search", "minute", "repeat", "lost", "end"]).map(due),
    st.booleans().map(lambda online: LinkChanged(online=online)),
    st.booleans().map(lambda rebooted: Started(rebooted=rebooted)),
    st.sampled_from(["taxi.requested", "taxi.cancelled", "taxi.verify"]).map(delivered),
    st.booleans().map(
        lambda attempted: RecordUndelivered(
            kind="taxi.requested", subject="press-2", attempted=attempted
        )
    ),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(SIGNALS, max_size=40))
def test_a_car_is_promised_only_on_upstreams_word(signals: list[Signal]) -> None:
    """Whatever happens in whatever order: "accepted" and "arrived" follow a command alone, every
    state can be stored and read back, and every screen under way offers to cancel."""
    journey = Journey(Taxi(TaxiSettings(), HERE, {"tongren": HOSPITAL}, ["tongren"]))
    for signal in signals:
        before = journey.screen
        journey.send(signal)
        stored = msgspec.msgpack.encode(journey.service.durable(journey.state))
        msgspec.msgpack.decode(stored, type=TaxiState)
        if journey.screen in ("taxi.accepted", "taxi.arrived") and journey.screen != before:
            assert isinstance(signal, Command)
        for show in (effect for effect in journey.latest if isinstance(effect, Show)):
            offers = {choice.action for choice in show.choices}
            if show.screen.removeprefix("taxi.") in ("requesting", "requested", "accepted"):
                assert "taxi.cancel" in offers


# -- slips ----------------------------------------------------------------------------------


@pytest.fixture
def with_printer() -> Journey:
    """A journey with a printer, whose request is with upstream."""
    taxi = Taxi(TaxiSettings(printer="printer"), HERE, {"tongren": HOSPITAL}, ["tongren"])
    journey = Journey(taxi)
    order(journey)
    journey.send(delivered())
    return journey


def slips(journey: Journey) -> list[Slip]:
    return [effect for effect in journey.effects if isinstance(effect, Slip)]


def test_each_car_has_one_slip(with_printer: Journey) -> None:
    """By itself, once for each plate, after a restart too; another car has another slip."""
    for _ in range(3):
        with_printer.send(command("taxi.accepted", plate="沪A·D1234", minutes=4))
        with_printer.restart()
    with_printer.send(command("taxi.arrived", plate="沪A·D1234"))
    assert [slip.large for slip in slips(with_printer)] == ["沪A·D1234"]
    with_printer.send(command("taxi.reassigning"), command("taxi.arrived", plate="沪B·E1111"))
    assert [slip.large for slip in slips(with_printer)] == ["沪A·D1234", "沪B·E1111"]


def test_upstream_that_cannot_make_up_its_mind_wastes_no_roll(with_printer: Journey) -> None:
    """Three slips for one order, at the most."""
    for n in range(20):
        with_printer.send(command("taxi.accepted", plate=f"沪A·D{1000 + n}", minutes=4))
    assert len(slips(with_printer)) == 3


def test_a_slip_tells_nothing_of_its_resident(with_printer: Journey) -> None:
    """It may be left lying: no destination, no driver's name."""
    with_printer.send(command("taxi.accepted", plate="沪A·D1234", driver="王师傅", spot="大门口"))
    [slip] = slips(with_printer)
    words = repr(msgspec.to_builtins(slip))
    assert "同仁" not in words and "王师傅" not in words
    assert "大门口" in words


def test_that_it_lies_ready_is_said_when_it_does(with_printer: Journey) -> None:
    """And only of the order that is still under way."""
    assert with_printer.send(Printed(source="printer", job="press-2")) == []
    with_printer.send(command("taxi.accepted", plate="沪A·D1234"))
    assert with_printer.send(Printed(source="printer", job="other")) == []
    [said] = with_printer.send(Printed(source="printer", job="press-2"))
    assert isinstance(said, Say) and said.phrase == "taxi.slip"


def test_without_a_printer_there_is_no_slip(requested: Journey) -> None:
    requested.send(command("taxi.accepted", plate="沪A·D1234"))
    assert not slips(requested)
