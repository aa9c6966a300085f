"""Forms: one question a screen, checked before sending. Vocabulary: XLSForm (ODK)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from msgspec import Meta

from agent.services.packs.format import Item, Line, Prose, Slug, Table, Words, twice

QuestionType = Literal[
    "select_one", "select_multiple", "integer", "date", "time", "phone", "digits", "acknowledge"
]
"""What can be answered with five keys. Free text is taken down by a person who calls back."""


class FormChoice(Table, frozen=True, kw_only=True):
    """One answer that can be chosen."""

    name: Slug
    label: Words
    aliases: Annotated[tuple[Line, ...], Meta(max_length=8)] = ()
    """Other words for it that may be said."""


class Question(Table, frozen=True, kw_only=True):
    """One screen of a form."""

    name: Slug
    type: QuestionType
    label: Prose
    hint: Prose = ""
    choice: Annotated[tuple[FormChoice, ...], Meta(max_length=40)] = ()
    required: bool = True
    relevant: Annotated[str, Meta(pattern="^([a-z0-9-]+=[a-z0-9-]+)?$")] = ""
    """``question=answer``: asked only when an earlier question was answered so."""
    min: int | None = None
    """Least number, or least count of digits."""
    max: int | None = None
    constraint_message: Prose = ""
    """Said when an answer is outside."""
    personal: bool = False
    """Tells who somebody is: erased with the session, spoken only by headset."""

    def __post_init__(self) -> None:
        chosen = self.type in ("select_one", "select_multiple")
        if chosen and len(self.choice) < 2:
            raise ValueError(f"question {self.name} has fewer than two choices; add [[choice]]")
        if not chosen and self.choice:
            raise ValueError(f"question {self.name} is a {self.type}; remove its choices")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"question {self.name}: min is above max; swap them")


class FormItem(Item, frozen=True, kw_only=True):
    """An application, a report, an enrolment."""

    question: Annotated[tuple[Question, ...], Meta(min_length=1, max_length=20)]
    sent: Prose = ""
    """What happens next, said after sending."""
    role: Literal["resident", "staff"] = "resident"
    """Staff sign in with a code first."""

    def flaws(self) -> Iterator[tuple[str, str]]:
        """Names that are there twice, and conditions on what was not asked before."""
        yield from twice("question", [one.name for one in self.question])
        asked: dict[str, set[str]] = {}
        for one in self.question:
            yield from twice(f"choice of {one.name}", [choice.name for choice in one.choice])
            name, _, answer = one.relevant.partition("=")
            if name and answer not in asked.get(name, set()):
                text = f"question {one.name}: relevant is '{one.relevant}'"
                yield text, "Name an earlier select_one question and one of its choices."
            if one.type == "select_one":
                asked[one.name] = {choice.name for choice in one.choice}
