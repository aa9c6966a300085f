"""What is on the screen: whose claim is drawn, what lies over it, the focus, and all its words."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from agent.contract.languages import together
from agent.dialogue.ear import read_out
from agent.dialogue.glance import moment
from agent.dialogue.session import Session, WayIn
from agent.dialogue.snapshot import Idle, Item, Notice, Phone, Snapshot
from agent.dialogue.snapshot import Words as Catalogue
from agent.dialogue.views import List, Phrase, Values, Words, in_each, in_words
from agent.effects import Choice, Show, Urgency, Utterance

log = logging.getLogger(__name__)

_ICONS = {
    "faster": "plus",
    "slower": "minus",
    "back": "back",
    "home": "home",
    "repeat": "sound",
    "talk": "sound",
    "ear": "sound",
    "language": "globe",
    "help": "person",
    "larger": "letter",
    "contrast": "contrast",
    "louder": "sound",
    "softer": "sound",
}
"""Of what the dialogue itself does, on whatever screen it stands."""


def _bar(*actions: str) -> tuple[Choice, ...]:
    return tuple(Choice(action, icon=_ICONS[action]) for action in actions)


BAR = _bar("back", "home", "repeat", "larger", "language", "help")
"""The same on every screen."""

TALKING_BAR = _bar("back", "home", "repeat", "talk", "language", "help")
"""The same where there is a microphone; "larger" is then on the help screen."""

_OF_A_KIND = 2
"""Telephone numbers of one kind that are offered; more are hard to keep in mind."""

_TEXT_SIZES = 3

_LONG = 5
"""Choices of a list that are too many to be pressed through one by one."""


class Comfort(NamedTuple):
    """What a resident has chosen for this session; the next one meets the defaults."""

    language: str
    text_size: int = 0
    contrast: bool = False


class Condition(NamedTuple):
    """What residents should know of the kiosk itself."""

    online: bool = True
    camera: bool = False
    camera_paused: bool = False
    records: bool = True
    """What happens can be written down; else nothing can be promised."""
    configured: bool = True
    """The technician's files are in force; else the last good ones are."""
    hears: bool = False
    """There is a microphone that works."""


def _home(ways: Sequence[WayIn]) -> Show:
    return Show(
        "home",
        choices=tuple(choice for way in ways for choice in way.choices),
        urgency=Urgency.INFORMATION,
        view=List(hero=True),
        utterances=tuple(one for way in ways for one in way.utterances),
    )


class Stage:
    """Everything that a snapshot is made of."""

    def __init__(
        self,
        words: Catalogue,
        *,
        place: str,
        language: str,
        home: Sequence[WayIn],
        phones: Mapping[str, Sequence[Phone]],
    ) -> None:
        """Begin at the home screen.

        Args:
            words: the catalogue of phrases.
            place: name of this kiosk.
            language: the language that a new resident meets.
            home: the ways in to all services.
            phones: help by telephone, by language.
        """
        self._words = words
        self._place = place
        self._phones = phones
        self._default = Comfort(language)
        self._snapshot: Snapshot | None = None
        self._focused = ""  # id of what has the focus, wherever it moves to
        self._focus = 0
        self.session = Session(home)
        self.home = _home(home)
        self._instead = self._instead_of(home)
        self.overlay: Show | None = None
        """Lies over all claims but an alarm: "are you still there"."""
        self.comfort = self._default
        self.condition = Condition()
        self.ear = ""
        """Language that the microphone understands; empty: whatever is spoken."""
        self.wall: float | None = None
        """Seconds since the epoch; None while the wall clock is not to be trusted."""
        self._lines: dict[str, Words] = {}

    def refurnish(
        self, place: str, home: Sequence[WayIn], phones: Mapping[str, Sequence[Phone]]
    ) -> None:
        """Go on with another name, other ways in and other numbers; claims stay."""
        self._place, self._phones = place, phones
        self.session.refurnish(home)
        self.home = _home(home)
        self._instead = self._instead_of(home)

    # -- what is drawn ---------------------------------------------------------------------

    @property
    def holder(self) -> str:
        """The service whose claim is drawn; empty: the home screen, or what lies over all."""
        covered = self.overlay is not None and not self.session.alarm
        return "" if covered else self.session.top

    @property
    def top(self) -> Show:
        """What is drawn."""
        if self.overlay is not None and not self.session.alarm:
            return self.overlay
        return self.session.claim_of(self.session.top) or self.home

    @property
    def in_use(self) -> bool:
        """Somebody is in the middle of something."""
        return self.top is not self.home

    @property
    def calm(self) -> bool:
        """The kiosk rests: the home screen, and nothing in the background that somebody waits
        for. What has a line of its own there is how things stand, and nobody waits for it."""
        return not self.in_use and all(name in self._lines for name, _ in self.session.chips())

    @property
    def hears(self) -> bool:
        """Whether what is said in the resident's language is understood."""
        return self.condition.hears and self.ear in ("", self.comfort.language)

    @property
    def bar(self) -> tuple[Choice, ...]:
        """What every screen offers."""
        return TALKING_BAR if self.hears else BAR

    @property
    def choices(self) -> tuple[Choice, ...]:
        """What this screen offers beside the bar; at home also what runs in the background."""
        top = self.top
        always = {choice.action for choice in self.bar} - {"home", "back"}
        chosen = [choice for choice in top.choices if choice.id not in always]
        if top is self.home:
            chosen += [
                Choice("resume", chip.text, value=service, icon=chip.icon, look="chip")
                for service, chip in self.session.chips()
            ]
        return tuple(chosen)

    @property
    def offered(self) -> tuple[Choice, ...]:
        """All that can be chosen now, in reading order."""
        return (*self.choices, *self.bar)

    @property
    def utterances(self) -> tuple[Utterance, ...]:
        """What may be said beside the labels."""
        return self.top.utterances

    def meant(self, action: str) -> str:
        """What "help", "back" or "home" means on this screen."""
        return self.top.keys.get(action, action)

    def stands(self, service: str, line: Words) -> None:
        """From now on the idle screen says this of *service*; empty: nothing."""
        if line:
            self._lines[service] = line
        else:
            self._lines.pop(service, None)

    # -- the focus -------------------------------------------------------------------------

    @property
    def focus(self) -> int:
        """Index into `offered`: stays with its choice when others come before it."""
        ids = [choice.id for choice in self.offered]
        if self._focused not in ids:
            self.focus_first()
        elif self._focus >= len(ids) or ids[self._focus] != self._focused:
            self._focus = ids.index(self._focused)
        return self._focus

    def focus_on(self, index: int) -> None:
        """Give the focus to one of `offered`."""
        self._focus = index % len(self.offered)
        self._focused = self.offered[self._focus].id

    def focus_first(self) -> None:
        """To where this screen wants it at first."""
        ids = [choice.id for choice in self.offered]
        wanted = self.top.focus
        self.focus_on(ids.index(wanted) if wanted in ids else 0)

    def move_focus(self, step: int) -> None:
        """To the next (1) or previous (-1) of what is offered, round and round.

        Before the first choice of a long list comes its last, and not the bar: so half of the
        presses lead to any of them.
        """
        view, count = self.top.view, len(self.choices)
        long = isinstance(view, List) and not view.hero and count >= _LONG
        if step < 0 and self.focus == 0 and long:
            self.focus_on(count - 1)
            return
        self.focus_on(self.focus + step)

    # -- the choices in words --------------------------------------------------------------

    def items(self) -> tuple[Item, ...]:
        """The choices of this screen, in words."""
        return tuple(map(self._item, self.choices))

    def bar_items(self) -> tuple[Item, ...]:
        """The bar, in words."""
        return tuple(map(self._item, self.bar))

    def label(self, choice: Choice) -> str:
        """What stands on a choice."""
        if choice.action == "language":
            return self._other_language()
        return self.said(choice.text) or self.text(f"action.{choice.action}", {})

    def _other_language(self) -> str:
        """The name, in itself, of the language that comes next."""
        here, there = self.comfort.language, self._words.following(self.comfort.language)
        # A site's own catalogues may be older than the languages' own names.
        if self._words.has(here, "action.language") and not self._words.has(
            there, "label.language"
        ):
            return self.text("action.language", {})
        return self._words.text(there, "label.language")

    def _item(self, choice: Choice) -> Item:
        icon = choice.icon or _ICONS.get(choice.action, "")
        return Item(choice.id, self.label(choice), icon, choice.look)

    # -- comfort ---------------------------------------------------------------------------

    @property
    def is_comfort_default(self) -> bool:
        """Nobody has chosen anything."""
        return self.comfort == self._default

    def reset_comfort(self) -> None:
        """As the next resident expects it."""
        self.comfort = self._default

    def adapt(self, language: str, text_size: int, *, contrast: bool) -> None:
        """As a resident has wished it beforehand; a language that is not here changes nothing."""
        if language not in self._words.languages:
            language = self._default.language
        self.comfort = Comfort(language, text_size, contrast)

    def change_comfort(self, action: str, value: str = "") -> None:
        """Another language, larger text (round and round), or contrast on and off.

        Args:
            action: language, larger or contrast.
            value: the language that was asked for by its name; empty: the next one.
        """
        comfort = self.comfort
        match action:
            case "language":
                asked = value if value in self._words.languages else ""
                language = asked or self._words.following(comfort.language)
                self.comfort = comfort._replace(language=language)
            case "larger":
                self.comfort = comfort._replace(text_size=(comfort.text_size + 1) % _TEXT_SIZES)
            case "contrast":
                self.comfort = comfort._replace(contrast=not comfort.contrast)

    # -- words -----------------------------------------------------------------------------

    def text(self, phrase: str, values: Values, language: str = "") -> str:
        """A phrase in *language*, or the resident's; empty (and logged) when it is missing."""
        return self._composed(self._words.text, phrase, values, language)

    def spoken(self, show: Show) -> str:
        """A whole screen as it is read aloud."""
        if show.words is not None:
            title, text, say = map(self.said, show.words)
            return say or together((title, text), self.comfort.language)
        return self._composed(self._words.spoken, show.phrases or show.screen, self.values(show))

    def title(self, show: Show) -> str:
        """What a screen is called."""
        if show.words is not None:
            return self.said(show.words[0])
        return self.text(f"screen.{show.phrases or show.screen}.title", self.values(show))

    def read_out(self, said: str) -> str:
        """The whole screen: *said*, and all else that stands there."""
        self.picture(said, announced=True, listening=False)
        assert self._snapshot is not None  # drawn just now
        return read_out(said, self._snapshot, self._words)

    def values(self, show: Show) -> Values:
        """What the phrases of a screen may mention, telephone numbers among them."""
        return {**show.values, **self.phone_values(show.phones)}

    def phone_values(self, kinds: Sequence[str]) -> Values:
        """``{phones}``: the first numbers of these kinds, as they are read aloud."""
        if not kinds:
            return {}
        read = [f"{phone.label}，{phone.number}" for phone in self._offered_phones(kinds)]
        return {"phones": "；".join(read)}

    def _offered_phones(self, kinds: Sequence[str]) -> list[Phone]:
        """The first numbers of each of *kinds*, in that order."""
        phones = self._phones[self.comfort.language]
        return [
            phone
            for kind in kinds
            for phone in [one for one in phones if one.kind == kind][:_OF_A_KIND]
        ]

    def _composed(
        self,
        compose: Callable[[str, str, Values], str],
        phrase: str,
        values: Values,
        language: str = "",
    ) -> str:
        try:
            return compose(language or self.comfort.language, phrase, values)
        except KeyError as error:
            # A missing word is our mistake, but never a dead screen.
            log.error("phrase missing phrase=%s error=%s", phrase, error)
            return ""

    def said(self, words: str | Phrase) -> str:
        """Words of a view or a slip: finished, or a phrase."""
        return in_words(words, self.text)

    def _drawn(self, part: Any) -> Any:
        """A view, or a part of one, with its phrases put into words."""
        match part:
            case Phrase():
                return self.said(part)
            case msgspec.Struct():
                fields = part.__struct_fields__
                return {name: self._drawn(getattr(part, name)) for name in fields}
            case tuple():
                return tuple(self._drawn(one) for one in part)
        return part

    def _instead_of(self, ways: Sequence[WayIn]) -> Mapping[str, str]:
        found = [way.instead for way in ways if way.instead is not None]
        return in_each(
            self._words.languages, found, lambda tag, id, values: self.text(id, values, tag)
        )

    # -- the picture -----------------------------------------------------------------------

    def picture(self, caption: str, *, announced: bool, listening: bool) -> Snapshot | None:
        """The new snapshot, or None when nothing has changed.

        Args:
            caption: what was last asked to be spoken.
            announced: whether that is this screen's own words.
            listening: whether the microphone listens.
        """
        top, before = self.top, self._snapshot
        phrases, values = top.phrases or top.screen, self.values(top)
        title, text, _ = top.words or (
            Phrase(f"screen.{phrases}.title", values),
            Phrase(f"screen.{phrases}.text", values),
            "",
        )
        calls = self._offered_phones(top.phones)
        others = [one for one in self._phones[self.comfort.language] if one not in calls]
        snapshot = Snapshot(
            sequence=before.sequence if before else 0,
            language=self.comfort.language,
            place=self._place,
            screen=top.screen,
            title=self.said(title),
            text=self.said(text),
            items=self.items(),
            bar=self.bar_items(),
            focus=self.focus,
            spoken=caption,
            alarm=top.urgency is Urgency.ALARM,
            values=top.values,
            notices=self._notices(),
            online=self.condition.online,
            camera=self.condition.camera,
            listening=listening,
            phones=(*calls, *others),
            text_size=self.comfort.text_size,
            contrast=self.comfort.contrast,
            view={"kind": type(top.view).__name__.lower(), **self._drawn(top.view)},
            calls=len(calls),
            announced=announced,
            unsure=top.unsure,
            instead=self._instead,
            idle=self._idle(),
        )
        if snapshot == before:
            return None
        self._snapshot = msgspec.structs.replace(snapshot, sequence=snapshot.sequence + 1)
        return self._snapshot

    def _idle(self) -> Idle:
        """Nothing while somebody uses the kiosk, or waits for what runs in the background: that
        is what a service has a chip for and no line."""
        if not self.calm:
            return Idle()
        lines = tuple(filter(None, map(self.said, self._lines.values())))
        if self.wall is None:
            return Idle(lines=lines)
        now = moment(self.wall)
        return Idle(now.time, self.said(now.date), lines)

    def _notices(self) -> tuple[Notice, ...]:
        condition = self.condition
        ids = [
            *([] if condition.online else ["offline"]),
            *([] if condition.records else ["store"]),
            *([] if condition.configured else ["configuration"]),
            *(["camera"] if condition.camera_paused else []),
        ]
        return tuple(Notice(id, self.text(f"notice.{id}", {})) for id in ids)
