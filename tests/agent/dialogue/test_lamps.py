"""Lamps in the keys: lit where the key does something, and told only what changes."""

from __future__ import annotations

from agent.contract.orders import Blink, Switch
from agent.dialogue.ear import STEERING
from agent.dialogue.lamps import KeyLamps
from agent.dialogue.settings import KeyLampSettings
from agent.effects import Drive
from tests.agent.dialogue.residents import Residents
from tests.kiosk_ui.samples import SCREENS, TROUBLE, stage_at

ALL = KeyLampSettings(up="l_up", down="l_down", enter="l_enter", back="l_back", help="l_help")


def lit(screen: str) -> dict[str, object]:
    """What each lamp is told on *screen*."""
    return {drive.device: drive.order for drive in KeyLamps(ALL).drives(stage_at(screen))}


def test_each_key_is_lit_where_it_does_something() -> None:
    """At home "back" is dark; where nothing can be chosen "enter" and the arrows are."""
    home = lit("home")
    assert home == {
        "l_up": Switch(True),
        "l_down": Switch(True),
        "l_enter": Switch(True),
        "l_back": Switch(False),
        "l_help": Switch(True),
    }
    over = lit("taxi.on_board")
    assert (over["l_enter"], over["l_up"], over["l_back"]) == (
        Switch(False),
        Switch(False),
        Switch(True),
    )


def test_help_is_never_dark() -> None:
    """On every screen, and it blinks while somebody on the floor is asked."""
    for screen in (screen for screen in SCREENS if screen != TROUBLE):
        assert lit(screen)["l_help"] in (Switch(True), Blink()), screen
    assert lit("fall.question")["l_help"] == Blink(on_s=0.5, off_s=0.5)


def test_all_keys_steer_the_voice() -> None:
    """While the keys steer the voice, all of them are lit."""
    told = lit(STEERING.screen)
    assert set(told.values()) == {Switch(True)} and len(told) == 5


def test_only_what_changes_is_told() -> None:
    """The same screen again tells nobody anything."""
    lamps = KeyLamps(ALL)
    assert len(list(lamps.drives(stage_at("home")))) == 5
    assert list(lamps.drives(stage_at("home"))) == []
    assert list(lamps.drives(stage_at("taxi.confirm"))) == [Drive("l_back", Switch(True))]


def test_a_lamp_that_is_no_keys_any_more_goes_dark() -> None:
    """Another configuration: what it does not name is switched off, what is new is told."""
    lamps = KeyLamps(KeyLampSettings(enter="old"))
    assert list(lamps.drives(stage_at("home"))) == [Drive("old", Switch(True))]
    lamps.refurnish(KeyLampSettings(enter="new"))
    told = list(lamps.drives(stage_at("home")))
    assert told == [Drive("old", Switch(False)), Drive("new", Switch(True))]


def test_a_dark_key_does_nothing() -> None:
    """By pressing it: "back" leads somewhere wherever it is lit, and nowhere at home."""
    kiosk = Residents()
    for way in ([], ["taxi.call"], ["taxi.call", "taxi.to.driver"], ["help"]):
        for action in way:
            kiosk.touch(action)
        [back] = [one for one in KeyLamps(ALL).drives(kiosk.stage) if one.device == "l_back"]
        before = kiosk.screen
        kiosk.key("back")
        assert (kiosk.screen != before) == (back.order == Switch(True))
        kiosk.touch("home")
