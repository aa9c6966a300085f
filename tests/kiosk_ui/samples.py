"""A realistic snapshot of every screen in every language, as the daemon would publish it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from agent.dialogue.snapshot import Item, Phone, Snapshot
from kiosk_ui.phrases import Catalogue, Value

WORDS = Catalogue()

PLACES = (
    "同仁医院",
    "北新泾社区卫生服务中心",
    "北新泾地铁站",
    "百联西郊购物中心",
    "虹桥火车站",
    "中山公园",
)
_PLACES_EN = (
    "Tongren Hospital",
    "Beixinjing Health Centre",
    "Beixinjing Metro Station",
    "Bailian Xijiao Mall",
    "Hongqiao Railway Station",
    "Zhongshan Park",
)
ARTICLES = (
    "怎么用这台机器",
    "夏天防中暑",
    "预防电信诈骗",
    "垃圾怎么分",
    "居委会通知",
    "How to use this kiosk",
)
_READ: dict[str, Value] = {
    "title": ARTICLES[0],
    "language": "zh-CN",
    "before": "每选一项，机器都会念出来，看不清也能用。",
    "sentence": "按住帮助键不放，等机器不出声了，再说您要去哪里。",
    "after": "比如说：“我要去同仁医院。”",
    "n": 9,
    "count": 21,
    "mute": "",
}
_GATE = {"zh-CN": "新泾三村 主入口", "en": "Xinjing Sancun, main gate"}
_CAR = {
    "zh-CN": {"plate": "沪AD12345", "driver": "王师傅", "colour": "白色", "model": "荣威Ei5"},
    "en": {"plate": "沪A12345", "driver": "Mr Wang", "colour": "white", "model": "Roewe Ei5"},
}
_SPOT = {"zh-CN": "大门左边", "en": "left of the gate"}
_HELPER = {"zh-CN": "居委会李老师", "en": "Ms Li, residents' office"}
_NUMBERS = {
    "6234 5678": ("门卫", "Guard"),
    "110": ("报警", "Police"),
    "119": ("火警", "Fire brigade"),
    "120": ("急救", "Ambulance"),
    "122": ("交通事故", "Traffic accidents"),
    "12345": ("市民服务热线", "Citizens' hotline"),
    "95128": ("老年人打车热线", "Taxi line for elders"),
    "62580000": ("强生出租", "Qiangsheng Taxi"),
    "96822": ("大众出租", "Dazhong Taxi"),
    "96961": ("锦江出租", "Jinjiang Taxi"),
}
_BAR = ("back", "home", "repeat", "larger", "language", "help")

SCREENS: Mapping[str, tuple[str, ...]] = {
    "home": ("taxi.call", "reading.open"),
    "help": ("louder", "softer", "contrast"),
    "taxi.destination": (*(f"taxi.to.{n}" for n in range(6)), "taxi.to.driver"),
    "taxi.confirm": ("taxi.confirm", "taxi.back"),
    "taxi.requesting": ("taxi.wait", "taxi.cancel"),
    "taxi.requested": ("taxi.wait", "taxi.cancel"),
    "taxi.accepted": ("taxi.wait", "taxi.cancel"),
    "taxi.reassigning": ("taxi.wait", "taxi.cancel"),
    "taxi.arrived": ("taxi.boarded", "taxi.cancel"),
    "taxi.no_car": ("taxi.again", "home"),
    "taxi.cancelled": ("taxi.again", "home"),
    "taxi.cancelling": (),
    "taxi.offline": ("taxi.wait", "taxi.cancel"),
    "taxi.expired": ("taxi.again", "home"),
    "taxi.unknown": ("taxi.wait", "taxi.cancel"),
    "taxi.refused": ("taxi.again", "home"),
    "taxi.completed": ("home",),
    "reading.choosing": tuple(f"reading.of.{n}" for n in range(6)),
    "reading.aloud": tuple(
        f"reading.{name}" for name in ("pause", "previous", "next", "slower", "faster", "stop")
    ),
    "reading.paused": tuple(
        f"reading.{name}" for name in ("continue", "previous", "next", "slower", "faster", "stop")
    ),
    "reading.over": ("reading.again", "home"),
    "fall.question": ("fall.ok", "fall.help"),
    "fall.calling": ("fall.ok",),
    "fall.notified": ("fall.ok",),
    "fall.helper": ("fall.ok",),
    "fall.cleared": ("home",),
    "idle.question": ("idle.stay", "home"),
    "trouble": (),
}
"""Screen → its choices."""


def values_of(screen: str, language: str) -> dict[str, Value]:
    """What the service of *screen* would give."""
    car = _CAR[language]
    place = PLACES[0] if language == "zh-CN" else _PLACES_EN[0]
    given: dict[str, dict[str, Value]] = {
        "taxi.confirm": {"place": _GATE[language], "destination": place},
        "taxi.requested": {"elapsed": 2},
        "taxi.accepted": {**car, "minutes": 4},
        "taxi.arrived": {**car, "spot": _SPOT[language]},
        "taxi.offline": {"minutes": 3},
        "taxi.cancelled": {"by": "driver"},
        "taxi.refused": {
            "reason": "已经有一辆车在路上" if language == "zh-CN" else "One is coming"
        },
        "reading.aloud": _READ,
        "reading.paused": _READ,
        "reading.over": _READ,
        "fall.helper": {"helper": _HELPER[language], "minutes": 3},
        "trouble": {"problem": "kiosk.toml: driver 'door': pin: must be 0–27; got 99."},
    }
    return given.get(screen, {})


def sample(screen: str, language: str = "zh-CN", /, **changes: object) -> Snapshot:
    """One snapshot of *screen*; *changes* replace fields."""
    values = values_of(screen, language)

    def words(phrase: str) -> str:
        return WORDS.text(language, phrase, values)

    def label(action: str) -> str:
        if action.startswith("taxi.to.") and action != "taxi.to.driver":
            names = PLACES if language == "zh-CN" else _PLACES_EN
            return names[int(action.rpartition(".")[2])]
        if action.startswith("reading.of."):
            return ARTICLES[int(action.rpartition(".")[2])]
        return words(f"action.{action}")

    phrase = f"screen.{screen}"
    title, text = words(f"{phrase}.title"), words(f"{phrase}.text")
    has_say = WORDS.has(language, f"{phrase}.say")
    snapshot = Snapshot(
        sequence=1,
        language=language,
        place=_GATE[language],
        screen=screen,
        title=title,
        text=text,
        items=tuple(Item(action, label(action)) for action in SCREENS[screen]),
        bar=tuple(Item(action, label(action)) for action in _BAR),
        focus=-1,
        spoken=words(f"{phrase}.say") if has_say else f"{title}。{text}",
        alarm=screen.startswith("fall.") and screen != "fall.cleared",
        values=values,
        notices=(),
        online=screen not in ("taxi.offline", "taxi.expired"),
        camera=True,
        listening=False,
        phones=tuple(
            Phone(number, labels[WORDS.languages.index(language)])
            for number, labels in _NUMBERS.items()
        ),
    )
    return msgspec.structs.replace(snapshot, **changes)


def samples() -> Iterator[Snapshot]:
    """Every screen in every language."""
    for language in WORDS.languages:
        for screen in SCREENS:
            yield sample(screen, language)
