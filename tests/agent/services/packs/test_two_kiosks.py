"""Two kiosks, one last place: whoever comes second is told so, whatever the network does."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from agent.dialogue.views import Phrase, Slots
from agent.messages import LinkChanged, RecordDelivered
from tests.agent.journal import told
from tests.agent.services.packs.test_journeys import Visit, book

SLOT = {"pack": "ecircle", "item": "venues", "location": "room-1", "start": "2026-11-30T13:00"}


class BookingDesk:
    """Gives the place to whose request comes first, and tells every kiosk that it is gone."""

    def __init__(self, kiosks: list[Visit]) -> None:
        self.kiosks = kiosks
        self.taken_by: Visit | None = None
        self._words = 0

    def hear(self, kiosk: Visit) -> None:
        """The request of *kiosk* has come."""
        (record,) = kiosk.records("booking.requested")
        kiosk.send(RecordDelivered(kind="booking.requested", subject=record.subject))
        first = self.taken_by is None
        self.taken_by = self.taken_by or kiosk
        kind, note = ("confirmed", "") if first else ("refused", "别人先约了。")
        self.tell(kiosk, f"booking.{kind}", booking=record.subject, note=note)
        for one in self.kiosks if first else ():
            self.tell(one, "slots.taken", parties=1, **SLOT)

    def tell(self, kiosk: Visit, kind: str, **data: object) -> None:
        """A word of upstream."""
        self._words += 1
        kiosk.send(told(kind, f"c-{self._words}", **data))


@settings(max_examples=30, deadline=None)
@given(st.booleans(), st.booleans(), st.booleans())
def test_the_last_place_is_given_once(offline: bool, second_first: bool, restart: bool) -> None:
    """Both reserve it while neither can know; one gets it, the other hears that it is gone and is
    offered it no more; a restart on the way changes nothing."""
    kiosks = [Visit(), Visit()]
    for kiosk in kiosks:
        kiosk.send(LinkChanged(online=not offline))
        show = book(kiosk)
        assert show.words is not None
        assert show.words[0] == Phrase("label.packs.slot.reserved"), "nothing is promised"
        if restart:
            kiosk.restart()
    desk = BookingDesk(kiosks)
    for kiosk in reversed(kiosks) if second_first else kiosks:
        desk.hear(kiosk)
    stages = [kiosk.state.memory.held[-1].stage for kiosk in kiosks]
    assert sorted(stages) == ["accepted", "refused"]
    assert desk.taken_by is kiosks[stages.index("accepted")]
    loser = kiosks[stages.index("refused")]
    assert loser.show.words is not None
    assert loser.show.words[0] == Phrase("label.packs.slot.refused")
    assert "packs.give-back" not in loser.offers(), "there is nothing to give back"
    for kiosk in kiosks:
        kiosk.choose("home")
        kiosk.open("ecircle/venues")
        show = kiosk.choose("packs.location.room-1", "packs.day.2026-11-30")
        assert isinstance(show.view, Slots) and "13:00" in show.view.full
