"""Every screen that a real service shows, in every language, as the daemon would publish it.

The services of the packaged configuration are led through their journeys; what they show on the
way is drawn by the real stage. So no sample offers what no service offers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from types import MappingProxyType

import msgspec

import config
from agent.configuration import capabilities, load
from agent.contract.languages import together
from agent.contract.signals import Measured, PersonDown, Scanned, Signal
from agent.dialogue.dialogue import STILL_THERE
from agent.dialogue.ear import STEERING
from agent.dialogue.session import WayIn
from agent.dialogue.snapshot import Phone, Snapshot
from agent.dialogue.stage import Condition, Stage
from agent.dialogue.views import in_words
from agent.effects import Effect, Show
from agent.messages import (
    Action,
    Command,
    Due,
    LinkChanged,
    RecordDelivered,
    RecordUndelivered,
    ResidentKnown,
    Started,
)
from agent.packs.packaged import packs_in
from agent.records import CommandReader
from agent.services.bins.state import Bin, BinsState
from agent.services.card.code import Card
from agent.services.card.revoking import name_of
from agent.services.health.settings import HealthSettings
from agent.services.piles.settings import PileSettings
from agent.services.registry import REGISTRY
from agent.services.rooms.settings import RoomSettings
from agent.services.service import AnyService
from agent.services.service_type import Surroundings
from agent.services.taxi.order import NEEDS
from kiosk_ui.phrases import Catalogue
from tests.agent.journal import Journey
from tests.agent.services.card.district import REFUSED, code
from tests.agent.services.card.district import SETTINGS as CARDS

WORDS = Catalogue()

_FOUND = load(Path(config.__file__).with_name("kiosk.toml"))
assert _FOUND.settings is not None and _FOUND.places is not None
_PLACES, _SETTINGS = _FOUND.places, _FOUND.settings
_TAXI = msgspec.structs.replace(
    getattr(_SETTINGS, "taxi"),  # noqa: B009 - the tables of services are added to the class
    elsewhere="新泾六村南门，出门向左两百米",
)
"""What is long where it is configured stands on the screens that are measured."""
_OWN = {"card": CARDS, "taxi": _TAXI}
_FURNISHED = {
    "health": HealthSettings(cuff="cuff", thermometer="ear", headset="jack", keep_days=30),
    "piles": {f"p{n}": PileSettings(name=f"{n}号充电桩") for n in range(1, 5)},
    "rooms": {
        "tennis": RoomSettings(name="乒乓球室", presence=("pir",)),
        "ground": RoomSettings(name="运动场", presence=("radar",), places=8),
    },
}
"""Settings of services that the packaged kiosk has not, so that they are not on its home screen."""
SURROUNDINGS = {
    name: Surroundings(
        _SETTINGS.kiosk,
        _OWN.get(name) or getattr(_SETTINGS, type_.table, None),
        capabilities(_SETTINGS),
        _PLACES,
        _FOUND.articles,
        packs_in(),
        "0",
        WORDS.languages,
    )
    for name, type_ in REGISTRY.items()
}
WAYS = [
    WayIn(
        name,
        tuple(type_.home(SURROUNDINGS[name])),
        tuple(type_.heard(SURROUNDINGS[name])),
        type_.answers,
    )
    for name, type_ in REGISTRY.items()
]
PHONES = {
    tag: (
        Phone("6234 5678", WORDS.text(tag, "phone.guard"), "guard"),
        *(Phone(phone.number, phone.label(tag), phone.kind) for phone in _PLACES.phone),
    )
    for tag in WORDS.languages
}
_WALL = 1_795_924_800.0
"""Noon of a Sunday in Shanghai."""
COMMANDS = CommandReader(kind for type_ in REGISTRY.values() for kind in type_.commands)
_CAR = {
    "order": "press",
    "plate": "沪A·D12345",
    "driver": "王师傅",
    "colour": "白色",
    "model": "荣威Ei5",
    "minutes": 4,
    "spot": "",
}


def service(name: str) -> AnyService:
    """One of the real services, for the packaged configuration."""
    here = SURROUNDINGS[name]
    if name in _FURNISHED:
        here = here._replace(settings=_FURNISHED[name])
    return REGISTRY[name].build(here)


def phrases(screen: str) -> str:
    """What the phrases of one of `SCREENS` begin with."""
    return f"screen.{screen.partition(' (')[0]}"


def _do(service: str, action: str, value: str = "", id: str = "press") -> Action:
    return Action(service=service, action=action, value=value, id=id)


def _told(kind: str, **data: object) -> Command:
    return Command(command_id="c", data=COMMANDS.read(kind, data))


def _due(service: str, name: str) -> Due:
    return Due(service=service, name=name)


def _taxi() -> Iterator[list[Signal]]:
    favourite = _PLACES.favourites[0]
    call, to = _do("taxi", "taxi.call"), _do("taxi", "taxi.to", favourite)
    confirm = msgspec.structs.replace(_do("taxi", "taxi.confirm"), at=100.0, wall=_WALL)
    ordered = [call, to, confirm]
    requested: list[Signal] = [*ordered, RecordDelivered(kind="taxi.requested", subject="press")]
    accepted = [*requested, _told("taxi.accepted", **_CAR)]
    over = RecordUndelivered(kind="taxi.requested", subject="press", attempted=False)
    more = [call, _do("taxi", "taxi.more")]
    yield [*more, _do("taxi", "taxi.find"), _do("taxi", "taxi.letters", "5")]
    yield [*more, _do("taxi", "taxi.kind", "transit")]
    needs = [_do("taxi", "taxi.need", need) for need in NEEDS]
    yield [call, to, _do("taxi", "taxi.needs"), *needs, _do("taxi", "taxi.needed")]
    late = _told("taxi.passenger_late", **{**_CAR, "spot": "大门左边"})
    yield [*accepted, _do("taxi", "taxi.cancel")]
    yield [*accepted, late, _do("taxi", "taxi.boarded"), _due("taxi", "end")]
    yield [*ordered]
    yield [*requested, _due("taxi", "minute"), _due("taxi", "minute"), _due("taxi", "search")]
    yield [*accepted, _told("taxi.reassigning", order="press")]
    arrived = _told("taxi.arrived", order="press", plate=_CAR["plate"], spot="大门左边")
    yield [*accepted, arrived, _told("taxi.on_board", order="press")]
    yield [*requested, _told("taxi.no_car", order="press")]
    yield [*requested, _told("taxi.cancelled", order="press", by="driver")]
    yield [*ordered, _do("taxi", "taxi.cancel")]
    yield [*ordered, LinkChanged(online=False), over]
    yield [*ordered, msgspec.structs.replace(over, attempted=True)]
    yield [*ordered, msgspec.structs.replace(over, refused="已经有一辆车在路上")]


def _fall() -> Iterator[list[Signal]]:
    down = PersonDown(source="camera", id="press", track=1, confidence=0.9, reason="drop")
    alarm: list[Signal] = [down, _do("fall", "fall.help")]
    notified = [*alarm, RecordDelivered(kind="fall.alarm", subject="press")]
    yield [*alarm, _do("fall", "fall.ok"), _do("fall", "fall.ok")]
    yield [*notified, _told("fall.accepted", fall="press", helper="居委会李老师", minutes=3)]


def _help() -> Iterator[list[Signal]]:
    asked: list[Signal] = [_do("help", "help")]
    notified = [*asked, RecordDelivered(kind="help.requested", subject="press")]
    yield [*notified, _told("help.accepted", help="press", helper="居委会李老师", minutes=3)]
    yield [*asked, LinkChanged(online=False)]
    refused = RecordUndelivered(
        kind="help.requested", subject="press", attempted=False, refused="no"
    )
    yield [*asked, refused]


def _reading() -> Iterator[list[Signal]]:
    opened: list[Signal] = [_do("packs", "reading.open")]
    yield [*opened, _do("packs", "reading.next"), _do("packs", "reading.pause")]
    yield [*opened, *[_do("packs", "reading.next")] * 500]


def _packs() -> Iterator[list[Signal]]:
    services: list[Signal] = [_do("packs", "packs.services")]

    def opened(value: str, *chosen: tuple[str, str]) -> list[Signal]:
        then = [_do("packs", action, which) for action, which in chosen]
        return [*services, _do("packs", "packs.open", value), *then]

    agreed = ("packs.agree", "")
    lawyer = [("packs.answer", "house"), ("packs.answer", "meet")]
    digits = [("packs.digit", digit) for digit in "13812345678"]
    yield opened("estate-way", ("packs.spot", "committee"), ("packs.plan", ""))
    yield [*services, _do("packs", "packs.find")]
    yield [*services, _do("packs", "packs.follow")]
    yield opened("lift")
    yield opened("affairs/elders-and-relief", ("packs.group", "老人津贴和照护"))
    yield opened("affairs/elders-and-relief/MZ14")
    yield opened("law/appointment", agreed, *lawyer, *digits, ("packs.enough", ""))
    yield opened(
        "law/appointment", agreed, *lawyer, *digits, ("packs.enough", ""), ("packs.send", "")
    )
    yield opened("lift/progress", ("packs.project", "demo-1"))
    yield opened("voices/poll", ("packs.vote", "bench"))
    yield opened("ecircle/venues", ("packs.location", "room-1"))
    yield opened("one-net/portal")


def _programme() -> Iterator[list[Signal]]:
    opened = [_do("packs", "packs.services"), _do("packs", "packs.open", "aixin/programme")]
    yield [*opened, _do("packs", "packs.broadcast", "rehab-hour")]


def _piles() -> Iterator[list[Signal]]:
    charging: list[Signal] = [
        Started(rebooted=False),
        *(_told("pile.status", pile=f"p{n}", state="charging") for n in (1, 2, 3, 4)),
    ]
    opened: list[Signal] = [*charging, _do("piles", "piles.open")]
    yield [*opened, _do("piles", "piles.queue")]
    yield [*opened, _do("piles", "piles.report"), _do("piles", "piles.broken", "p1")]


def _rooms() -> Iterator[list[Signal]]:
    yield [Started(rebooted=False), _do("rooms", "rooms.open")]


def _health() -> Iterator[list[Signal]]:
    waiting: list[Signal] = [ResidentKnown(mark="0" * 32), _do("health", "health.open")]
    high = {"systolic": 192.0, "diastolic": 118.0, "pulse": 96.0}
    pressure = [Measured(source="cuff", quantity=q, value=v, unit="1") for q, v in high.items()]
    warm = Measured(source="ear", quantity="body_temperature", value=39.4, unit="Cel")
    nothing = Measured(source="cuff", quantity="systolic", value=None, unit="1", missing="invalid")
    yield [*waiting, warm]
    asked: list[Signal] = [*waiting, *pressure, _do("health", "health.keep")]
    yield [*asked, _do("health", "health.keep.visit")]
    yield [*asked, _do("health", "health.keep.send")]
    yield [*waiting, nothing]


def _card() -> Iterator[list[Signal]]:
    everything = Card(bytes(16), 65535, "", 2, True, "guided", -1, ("视力", "肢体"))
    yield [Scanned(text=code(everything))]
    for text in (*REFUSED, code(Card(bytes(16), 0))):
        yield [Scanned(text=text, wall=_WALL)]
    lost = _told("cards.revoked", cards=[{"card": name_of(everything.id)}])
    yield [lost, Scanned(text=code(everything))]


def _bins() -> Sequence[Effect]:
    """What they show on their own."""
    journey = Journey(service("bins"))
    north = Bin(full=True, reported=95, waits_for="clearance")
    journey.state = BinsState({"north": north, "south": Bin(reported=20)})
    return journey.send(Started(rebooted=False))


_FULLER = {
    ("programme", "packs.list"): "packs.list (programme)",
    ("programme", "packs.status"): "packs.status (programme)",
}
"""The same screen of another kind of item is fuller, or emptier."""
_JOURNEYS = {
    "taxi": _taxi,
    "fall": _fall,
    "help": _help,
    "card": _card,
    "reading": _reading,
    "packs": _packs,
    "programme": _programme,
    "piles": _piles,
    "rooms": _rooms,
    "health": _health,
}


def _shows() -> Iterator[tuple[str, str, Show]]:
    for name, journeys in _JOURNEYS.items():
        for signals in journeys():
            journey = Journey(service(name if name in REGISTRY else "packs"))
            for signal in signals:
                for effect in journey.send(signal):
                    if isinstance(effect, Show):
                        screen = effect.phrases or effect.screen
                        yield _FULLER.get((name, screen), screen), name, effect


SHOWS: Mapping[str, tuple[str, Show]] = MappingProxyType(
    {screen: (name, show) for screen, name, show in _shows()}
)
"""Screen (or its set of phrases) → the service that shows it, and how."""

_OVERLAYS = {show.screen: show for show in (STILL_THERE, STEERING)}
TROUBLE = "trouble"
RESTING = "home (resting)"
"""Nobody uses the kiosk; one bin is full, so that there is much to see."""
SCREENS = ("home", RESTING, *SHOWS, STILL_THERE.screen, STEERING.screen, TROUBLE)
"""All screens that residents can meet."""


def stage_at(screen: str, language: str = "zh-CN") -> Stage:
    """The real stage with *screen* on it."""
    stage = Stage(WORDS, place="新泾三村 主入口", language=language, home=WAYS, phones=PHONES)
    offline = screen in ("taxi.offline", "taxi.expired", "help.offline")
    stage.condition = Condition(online=not offline, camera=True)
    if screen in SHOWS:
        name, show = SHOWS[screen]
        stage.session.claim(name if name in REGISTRY else "packs", show, asked=True)
    elif screen in _OVERLAYS:
        stage.overlay = _OVERLAYS[screen]
    elif screen == TROUBLE:
        stage.overlay = Show(TROUBLE)
    elif screen == RESTING:
        stage.wall = _WALL
        for effect in _bins():
            if isinstance(effect, Show):
                stage.stands("bins", effect.glance)
                stage.session.claim("bins", effect, asked=False)
    return stage


@cache
def _snapshot(screen: str, language: str) -> Snapshot:
    stage = stage_at(screen, language)
    picture = stage.picture(stage.spoken(stage.top), announced=True, listening=False)
    assert picture is not None
    picture = msgspec.structs.replace(picture, focus=-1)
    if screen == TROUBLE:  # drawn without a dialogue, by `agent.technician.trouble`
        detail = "kiosk.toml: driver 'door': pin: must be 0–27; got 99."
        view = {"kind": "status", "icon": "wrench", "rows": (), "code": "", "detail": detail}
        said = REGISTRY["taxi"].instead(_TAXI)
        assert said is not None
        where = in_words(said, partial(WORDS.text, language))
        picture = msgspec.structs.replace(
            picture,
            view=view,
            calls=len(picture.phones),
            items=(),
            text=together((picture.text, where), language),
        )
    return picture


def sample(screen: str, language: str = "zh-CN", /, **changes: object) -> Snapshot:
    """One snapshot of *screen*; *changes* replace fields."""
    return msgspec.structs.replace(_snapshot(screen, language), **changes)


def samples() -> Iterator[Snapshot]:
    """Every screen in every language."""
    for language in WORDS.languages:
        for screen in SCREENS:
            yield sample(screen, language)
