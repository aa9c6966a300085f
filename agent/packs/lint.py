"""What a pack will be like before anybody hears it: every mistake, and every sentence on paper.

``linli pack lint`` prints for each sentence how the voice reads it, which characters have more than
one reading, and how long it takes; which choices of one screen sound alike; and how many presses
lead to each item with the five keys.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import combinations
from typing import NamedTuple

import msgspec
from pypinyin import Style, lazy_pinyin, pinyin

from agent.contract.languages import KANA
from agent.dialogue.views import in_words
from agent.services.packs.format import Item, Pack, in_language
from agent.services.packs.kinds.booking import BookingItem
from agent.services.packs.kinds.catalogue import CatalogueItem
from agent.services.packs.kinds.form import FormItem
from agent.services.packs.kinds.poll import PollItem
from agent.services.packs.kinds.way import WayItem, steps
from agent.services.packs.page import AT_ONCE
from agent.services.packs.sentences import plain, spoken_parts
from drivers.voice.japanese import kana
from drivers.voice.wording import worded
from kiosk_ui.phrases import Catalogue

LONGEST = 40
"""Characters of a sentence that can still be kept in mind."""
SYLLABLES_A_SECOND = 4.0
KANA_A_SECOND = 6.0


class Spoken(NamedTuple):
    """One sentence as it will be heard."""

    where: str
    sentence: str
    words: str
    """After numbers, plates and the like were put into words."""
    reading: str
    """Pinyin with tones, character by character; kana of a Japanese sentence, where its voice is
    installed."""
    doubtful: str
    """Characters that have several readings: listen to them."""
    seconds: float


def sentences_of(pack: Pack) -> Iterator[Spoken]:
    """Every sentence of the pack in Chinese or Japanese, in the order of its items."""
    yield from _read("pack", in_language(pack.manifest.title, "zh-CN"))
    for name, item in pack.items.items():
        for text in dict.fromkeys(_texts(item, pack)):
            yield from _read(name, text)


def remarks(pack: Pack) -> Iterator[str]:
    """What is not wrong but should be better, one sentence each."""
    for spoken in sentences_of(pack):
        if len(spoken.words) > LONGEST:
            length = len(spoken.words)
            yield (
                f"{spoken.where}: a sentence of {length} characters is hard to follow; "
                f"cut it: {spoken.sentence[:30]}…"
            )
    for where, labels in _screens(pack):
        for one, other in combinations(labels, 2):
            if alike(one, other):
                yield f"{where}: “{one}” and “{other}” sound alike; call one of them otherwise"
    for name, item in pack.items.items():
        if not item.source:
            yield f"{name}: says nowhere where it comes from; write source and as_of"
        elif not item.verified and not item.invented:
            yield f"{name}: nobody has verified it; check it, then write verified = true"


def presses(pack: Pack) -> Iterator[tuple[str, int]]:
    """For each item the presses of up, down and enter from the list of all packs, at the most."""
    names = list(pack.items)
    for position, name in enumerate(names):
        screens, within = divmod(position, AT_ONCE)
        shown = min(AT_ONCE, len(names) - screens * AT_ONCE)
        yield name, screens * (min(shown, AT_ONCE) + 1) + within + 1


def alike(one: str, other: str) -> bool:
    """Whether two labels can be taken for each other: one syllable apart, without tones."""
    first, second = _syllables(one), _syllables(other)
    if first == second:
        return True
    if len(first) != len(second) or len(first) > 4:
        return False
    return sum(a != b for a, b in zip(first, second, strict=True)) == 1 and all(
        _near(a, b) for a, b in zip(first, second, strict=True)
    )


_CONFUSED = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("ng", "n"), ("l", "n"), ("h", "f"))


def _near(one: str, other: str) -> bool:
    for long, short in _CONFUSED:
        one, other = one.replace(long, short), other.replace(long, short)
    return one == other


def _syllables(text: str) -> list[str]:
    return lazy_pinyin(worded(text), errors="ignore")


def _read(where: str, text: str) -> Iterator[Spoken]:
    for sentence in spoken_parts(text):
        if KANA.search(sentence):
            said = kana(sentence)
            yield Spoken(where, sentence, sentence, said, "", len(said) / KANA_A_SECOND)
            continue
        words = worded(sentence)
        readings = pinyin(words, style=Style.TONE, errors="ignore")
        doubtful = [
            char for char in dict.fromkeys(words) if len(pinyin(char, heteronym=True)[0]) > 1
        ]
        yield Spoken(
            where,
            sentence,
            words,
            " ".join(one[0] for one in readings),
            "".join(doubtful),
            len(readings) / SYLLABLES_A_SECOND,
        )


_NOT_SAID = ("source", "url", "id", "name", "text", "form", "phone", "as_of", "type", "relevant")


def _texts(item: Item, pack: Pack) -> Iterator[str]:
    yield from _said("", item)
    if isinstance(item, WayItem):
        said = partial(Catalogue().text, "zh-CN")
        for spot in item.spot:
            yield from (in_words(step, said) for step in steps(item, spot))
    text = getattr(item, "text", "")
    if isinstance(text, str) and text in pack.texts:
        yield from plain(pack.texts[text])


def _said(field: str, value: object) -> Iterator[str]:
    match value:
        case str():
            if field not in _NOT_SAID and any("\u4e00" <= char <= "\u9fff" for char in value):
                yield value
        case msgspec.Struct():
            for name in value.__struct_fields__:
                spoken_name = name == "name" and not hasattr(value, "label")
                yield from _said("label" if spoken_name else name, getattr(value, name))
        case dict():
            yield from _said(field, value.get("zh-CN", ""))
            yield from _said(field, value.get("ja", ""))
        case tuple() | list():
            for one in value:
                yield from _said(field, one)


def _screens(pack: Pack) -> Iterator[tuple[str, Sequence[str]]]:
    """The choices that stand together on one screen."""
    titles = [in_language(item.title, "zh-CN") for item in pack.items.values()]
    yield from _by_screen("pack", titles)
    for name, item in pack.items.items():
        match item:
            case CatalogueItem():
                groups = dict.fromkeys(entry.group for entry in item.entry)
                yield from _by_screen(name, [group for group in groups if group])
                for group in groups:
                    entries = [e for e in item.entry if e.group == group]
                    labels = [in_language(entry.name, "zh-CN") for entry in entries]
                    yield from _by_screen(f"{name}, {group}", labels)
            case FormItem():
                for question in item.question:
                    labels = [in_language(one.label, "zh-CN") for one in question.choice]
                    yield from _by_screen(f"{name}, {question.name}", labels)
            case PollItem():
                for ballot in item.ballot:
                    labels = [in_language(one.label, "zh-CN") for one in ballot.choice]
                    yield from _by_screen(f"{name}, {ballot.name}", labels)
            case BookingItem():
                yield from _by_screen(name, [location.name for location in item.location])


def _by_screen(where: str, labels: Sequence[str]) -> Iterator[tuple[str, Sequence[str]]]:
    for start in range(0, len(labels), AT_ONCE):
        yield where, labels[start : start + AT_ONCE]


def paper(spoken: Iterable[Spoken]) -> Iterator[str]:
    """The sentences as lines for a reader."""
    for one in spoken:
        yield f"{one.where}: {one.sentence}"
        yield f"    {one.reading}  ({one.seconds:.1f} s)"
        if one.doubtful:
            yield f"    listen to: {one.doubtful}"
