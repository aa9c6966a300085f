"""What devices are told to do: switch, look, speak, listen, print.

An order is an act (a beep, an utterance), which is dropped when the device cannot do it now, or
a state (a lamp that is on), which the device is told again when it is back. Orders are immutable
and cross process boundaries as msgpack, so every field is plain data.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

import msgspec
from msgspec import Meta

Seconds = Annotated[float, Meta(ge=0.02, le=3600)]
Times = Annotated[int, Meta(ge=1, le=1000)]
Language = Annotated[str, Meta(min_length=2, max_length=35)]
"""Tag such as ``zh-CN``."""
Text = Annotated[str, Meta(max_length=4000)]
Phrases = Annotated[tuple[Text, ...], Meta(max_length=4000)]


class Order(msgspec.Struct, frozen=True, tag_field="order", forbid_unknown_fields=True):
    """Base of all orders."""

    sets: ClassVar[str] = ""
    """Name of the state of the device that this replaces; empty: an act that leaves all states
    as they are."""
    capability: ClassVar[str] = ""
    """What a device that carries this out can do, in the words of services and checks."""

    @property
    def lasts(self) -> bool:
        """Whether it is a state that the device is told again when it is back."""
        return bool(self.sets)


def checked(order: Order) -> Order:
    """The order itself, once all its fields are known to be of the right kind and in bounds.

    Raises:
        msgspec.ValidationError: one is not; the text names it.
    """
    return msgspec.convert(msgspec.to_builtins(order), type(order))


def union(kinds: tuple[type[Order], ...]) -> Any:
    """The type that msgspec decodes one of *kinds* with."""
    joined: Any = kinds[0]
    for kind in kinds[1:]:
        joined = joined | kind
    return joined


class States:
    """The orders of a device that last, each until another replaces it."""

    def __init__(self) -> None:
        self._orders: dict[str, Order] = {}

    def note(self, order: Order) -> None:
        """Keep *order* where it lasts; forget what it replaces."""
        if order.sets:
            self._orders.pop(order.sets, None)
        if order.lasts:
            self._orders[order.sets] = order

    def __iter__(self) -> Any:
        return iter(tuple(self._orders.values()))


# -- outputs ------------------------------------------------------------------------------


class Switch(Order, frozen=True, tag="switch"):
    """On or off, until another order."""

    capability: ClassVar[str] = "switch"
    sets: ClassVar[str] = "output"
    on: bool


class Blink(Order, frozen=True, tag="blink"):
    """On and off in turn; without *times* until another order, else off afterwards."""

    sets: ClassVar[str] = "output"
    on_s: Seconds = 0.5
    off_s: Seconds = 0.5
    times: Times | None = None

    @property
    def lasts(self) -> bool:
        return self.times is None


class Beep(Order, frozen=True, tag="beep"):
    """So many short sounds."""

    sets: ClassVar[str] = "output"
    times: Times = 1

    @property
    def lasts(self) -> bool:
        return False


# -- cameras ------------------------------------------------------------------------------


class Look(Order, frozen=True, tag="look"):
    """Whether the camera may look: the privacy shutter decides."""

    capability: ClassVar[str] = "look"
    sets: ClassVar[str] = "look"
    allowed: bool


# -- loudspeaker and microphone -----------------------------------------------------------


class Headset(Order, frozen=True, tag="headset"):
    """Whether a headset is plugged in: private words go there, and come from there."""

    sets: ClassVar[str] = "headset"
    plugged: bool


class Speak(Order, frozen=True, tag="speak"):
    """Say *text*; what is more urgent goes first."""

    capability: ClassVar[str] = "speaker"
    text: Text
    language: Language = "zh-CN"
    urgency: Literal[0, 1, 2] = 0
    """0 information, 1 answer, 2 alarm."""
    rate: Annotated[float, Meta(gt=0, le=10)] = 1.0
    """How much faster than usual."""
    utterance: Annotated[str, Meta(max_length=200)] = ""
    """Id that comes back in `Spoken`."""


class StopSpeaking(Order, frozen=True, tag="stop-speaking"):
    """Fall silent, and forget what waits to be said."""


class Volume(Order, frozen=True, tag="volume"):
    """Louder or softer by so many steps, or as for the next resident."""

    step: Annotated[int, Meta(ge=-100, le=100)] = 0
    reset: bool = False


class Prepare(Order, frozen=True, tag="prepare"):
    """Render phrases ahead, when there is nothing to say."""

    phrases: Phrases
    language: Language = "zh-CN"


class Listen(Order, frozen=True, tag="listen"):
    """Listen for one utterance that is one of *phrases*."""

    capability: ClassVar[str] = "microphone"
    phrases: Phrases
    patience_s: Annotated[float, Meta(ge=0.2, le=5)] = 1.2
    """Seconds of silence that end the utterance."""
    longest_s: Annotated[float, Meta(ge=1, le=60)] = 8.0
    language: Language = "zh-CN"


class Cancel(Order, frozen=True, tag="cancel"):
    """Do not listen any more."""


class Speaking(Order, frozen=True, tag="speaking"):
    """The kiosk itself begins or ceases to speak: the microphone must not hear it."""

    on: bool


class CheckPhrases(Order, frozen=True, tag="check-phrases"):
    """Report which of *phrases*, that will be listened for, cannot be understood."""

    phrases: Phrases
    language: Language = "zh-CN"


# -- slip printers ------------------------------------------------------------------------

Line = Annotated[str, Meta(max_length=200)]


class Print(Order, frozen=True, tag="print"):
    """Print one slip and cut it off."""

    capability: ClassVar[str] = "printer"
    job: Annotated[str, Meta(max_length=200)] = ""
    """Id that comes back in `Printed`."""
    title: Line = ""
    large: Annotated[str, Meta(max_length=40)] = ""
    """What is to be read from afar: a plate."""
    lines: Annotated[tuple[Line, ...], Meta(max_length=60)] = ()
    """What does not fit on one line of the paper goes on on the next."""
    code: Annotated[str, Meta(max_length=400)] = ""
    """What stands in the QR code; empty: there is none."""
