"""A card that was lost: refused wherever it is shown, until its holder has a newer one."""

from __future__ import annotations

import datetime
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.cli import main
from agent.contract.signals import Scanned
from agent.records import Rejected
from agent.services.card.code import Card
from agent.services.card.messages import AT_ONCE, Revoked
from agent.services.card.revoking import (
    MOST,
    Full,
    added,
    is_revoked,
    name_of,
    read_line,
    unexpired,
    written,
)
from agent.services.card.service import Cards, CardState
from agent.services.card.settings import CardSettings
from tests.agent.journal import Journey, told
from tests.agent.services.card.district import SETTINGS, code
from tests.agent.services.card.test_card import AT, Kiosk

ID = bytes(range(16))
LOST = Card(ID, 65535, text_size=2)
NEW = msgspec.structs.replace(LOST, serial=1)
NAME = name_of(ID)
TABLE = {"card": NAME, "serial": 0}
LISTS = st.lists(
    st.builds(Revoked, st.sampled_from([NAME, "0" * 32]), st.integers(0, 255)), max_size=8
)


def test_it_is_told_politely_and_nothing_is_different() -> None:
    """By screen and voice: where to get a new one, and that all goes without; then home."""
    kiosk = Kiosk()
    kiosk.heard()
    kiosk.give(told("cards.revoked", cards=[TABLE]))
    assert kiosk.screen == "home"
    kiosk.scan(code(LOST))
    assert kiosk.screen == "card.refused.revoked" and kiosk.shown.text_size == 0
    (said,) = kiosk.heard()
    assert "居委会" in said.text
    kiosk.touch("card.go-on")
    assert kiosk.screen == "home" and "resume.card" not in kiosk.offered
    kiosk.scan(code(NEW))
    assert kiosk.screen == "card.known" and kiosk.shown.text_size == 2


def test_one_that_is_in_force_just_now_is_so_no_longer() -> None:
    """Whoever has it stands at home, unknown; another's card stays in force."""
    kiosk = Kiosk()
    kiosk.scan(code(LOST))
    kiosk.touch("card.go-on")
    kiosk.give(told("cards.revoked", "other", cards=[{**TABLE, "card": "0" * 32}]))
    assert kiosk.shown.text_size == 2
    kiosk.give(told("cards.revoked", cards=[TABLE]))
    assert kiosk.shown.text_size == 0 and "resume.card" not in kiosk.offered


def scanned(journey: Journey, card: Card) -> str:
    """Why it was refused; empty: it was taken."""
    journey.send(Scanned(text=code(card), wall=AT))
    return str(journey.state.refused)


@pytest.mark.parametrize("listed", [True, False], ids=["configured", "from upstream"])
def test_it_is_remembered_offline_and_over_a_restart(listed: bool) -> None:
    """And nothing but the name, which is not the id, is on the disk; nor what upstream follows."""
    lines = (written(Revoked(NAME)),) if listed else ()
    cards = Cards(CardSettings(keys=SETTINGS.keys, revoked=lines), ("zh-CN",))
    journey = Journey(cards)
    if not listed:
        journey.send(told("cards.revoked", cards=[TABLE]))
    assert scanned(journey, LOST) == "revoked"
    kept = msgspec.msgpack.encode(cards.durable(journey.state))
    assert ID not in kept and ID.hex().encode() not in kept
    journey.state = msgspec.msgpack.decode(kept, type=CardState)
    assert journey.state.card is None and journey.state.refused == ""
    assert scanned(journey, LOST) == "revoked" and scanned(journey, NEW) == ""


@given(LISTS, st.permutations(range(8)))
def test_the_order_of_commands_does_not_matter(lost: list[Revoked], order: list[int]) -> None:
    """The latest issue counts; an old command that comes again takes nothing back."""
    shuffled = [lost[n] for n in order if n < len(lost)]
    one, other = added({}, lost), added({}, shuffled)
    for serial in range(0, 256, 5):
        card = Card(ID, 65535, serial=serial)
        assert is_revoked(card, one) == is_revoked(card, other)
        assert is_revoked(card, one) == any(
            each.card == NAME and serial <= each.serial for each in lost
        )


def test_the_list_has_an_end() -> None:
    """Beyond it the command is refused with the reason, and what was on it stays; cards that
    expire make room."""
    journey = Journey(Cards(SETTINGS, ("zh-CN",)))
    names = [{"card": f"{n:032x}", "expires": "2026-12-31"} for n in range(MOST)]
    for start in range(0, MOST, AT_ONCE):
        journey.send(told("cards.revoked", f"c{start}", cards=names[start : start + AT_ONCE]))
    journey.send(told("cards.revoked", "more", cards=[TABLE]))
    (rejected,) = journey.records("command.rejected")
    assert rejected.data["place"] == "data.cards" and str(MOST) in rejected.data["reason"]
    assert scanned(journey, LOST) == ""
    journey.send(Scanned(text="x", wall=AT + 60 * 86_400))
    journey.send(told("cards.revoked", "again", cards=[TABLE]))
    assert scanned(journey, LOST) == "revoked" and len(journey.state.revoked) == 1
    with pytest.raises(Full):
        added({}, [Revoked(f"{n:032x}") for n in range(MOST + 1)])


@pytest.mark.parametrize(
    "cards",
    [
        [],
        [TABLE] * (AT_ONCE + 1),
        [{"card": "0" * 31}],
        [{"card": "G" * 32}],
        [{"card": NAME, "serial": 256}],
        [{"card": NAME, "serial": -1}],
        [{"card": NAME, "expires": "tomorrow"}],
        [{"serial": 1}],
        "all",
    ],
)
def test_a_list_that_is_none_is_refused(cards: object) -> None:
    """At the border, with the place."""
    with pytest.raises(Rejected, match=r"data\.cards"):
        told("cards.revoked", cards=cards)


@given(
    st.builds(
        Revoked,
        st.from_regex("[0-9a-f]{32}", fullmatch=True),
        st.integers(0, 255),
        st.none() | st.dates(datetime.date(1970, 1, 1), datetime.date(2149, 1, 1)),
    )
)
def test_a_line_is_read_as_it_was_written(one: Revoked) -> None:
    """In kiosk.toml."""
    assert read_line(written(one)) == one


@pytest.mark.parametrize("line", ["", NAME, f"{NAME}:", f"{NAME}:x", f"{NAME}:1:x", f"{NAME}:²"])
def test_a_wrong_line_names_the_remedy(line: str) -> None:
    """And the line."""
    with pytest.raises(ValueError, match="linli card revoke"):
        CardSettings(keys=SETTINGS.keys, revoked=(line,))


def test_the_last_day_counts() -> None:
    """A card is good on it, so its loss is remembered on it."""
    gone = added({}, [Revoked(NAME, expires=datetime.date(1970, 1, 11))])
    assert unexpired(gone, 10) == gone and not unexpired(gone, 11)


def test_the_first_issue_is_as_kiosks_of_before_know_it() -> None:
    """A card without a serial has no field for it."""
    assert code(LOST) == code(msgspec.structs.replace(LOST, serial=0)) != code(NEW)
    assert len(code(LOST)) < len(code(NEW))


def test_staff_revoke_and_replace_a_card(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """By the id that was printed at issue; a replacement has the same one."""
    key = str(tmp_path / "key.pem")
    main(["card", "key", key])
    capsys.readouterr()
    issue = ["card", "issue", "--key", key, "--until", "2100-01-01"]
    main(issue)
    printed = capsys.readouterr().err
    id = printed.split()[1].rstrip(",")
    assert main(["card", "revoke", id, "--until", "2100-01-01"]) == 0
    line = capsys.readouterr().out.strip()
    assert line == f'"{name_of(bytes.fromhex(id))}:0:2100-01-01"'
    assert main([*issue, "--id", id]) == 2 and "--serial" in capsys.readouterr().err
    assert main([*issue, "--serial", "1"]) == 2 and "--id" in capsys.readouterr().err
    assert main([*issue, "--id", id, "--serial", "1"]) == 0
    assert f"id {id}, serial 1" in capsys.readouterr().err
