"""One question a screen: what can be answered with five keys, by touch or by voice.

Used by forms and by outreach. Answers are names of choices, digits, a date or a time, as texts.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from agent.dialogue.views import Form, Phrase, Words, joined
from agent.effects import Choice, Utterance, Wish
from agent.services.packs.kinds.form import FormChoice, Question
from agent.services.packs.page import Here, Page, Scene, day_in_words, digit_pad, listed, sentence

Answers = Mapping[str, tuple[str, ...]]

_LENGTHS = {"phone": (5, 15), "digits": (1, 20)}
"""Least and most digits, where the question does not say."""
_LARGEST = 9999
_HALF_HOURS = tuple(f"{hour:02d}:{half:02d}" for hour in range(7, 21) for half in (0, 30))
_DAYS = 28


class Asked(NamedTuple):
    """What becomes of a choice on a question."""

    page: Page
    done: bool = False
    """The question is answered; its answer is in the page."""


def relevant(questions: Sequence[Question], answers: Answers) -> tuple[Question, ...]:
    """The questions that are asked, given what was answered so far."""
    asked: list[Question] = []
    for question in questions:
        name, _, answer = question.relevant.partition("=")
        if not name or answer in answers.get(name, ()):
            asked.append(question)
    return tuple(asked)


def question_scene(question: Question, page: Page, step: int, steps: int, here: Here) -> Scene:
    """The screen of one question; *step* counts from 1."""
    given = page.answers.get(question.name, ())
    mistake: Words = ""
    if page.mistake:
        own = here.word(question.constraint_message) if question.constraint_message else ""
        mistake = own or Phrase(f"label.packs.{page.mistake}", _bounds(question))
    view = Form(
        step,
        steps,
        answer=_so_far(question, page, given, here),
        hint=here.word(question.hint) if question.hint else "",
        mistake=mistake,
    )
    choices, more = _choices(question, page, given, here)
    label = here.word(question.label)
    wrong = sentence(mistake) if isinstance(mistake, str) else mistake
    return Scene(
        view,
        label,
        more,
        say=Phrase(
            "label.packs.asked", {"mistake": wrong, "label": label, "n": step, "count": steps}
        ),
        choices=choices,
        private=question.personal and not here.alone,
        utterances=tuple(_utterances(question)),
    )


def answer(question: Question, page: Page, choice: str, value: str, here: Here) -> Asked | None:
    """What becomes of a choice; None: it has no meaning here."""
    page = replace(page, mistake="")
    given = page.answers.get(question.name, ())
    match question.type, choice:
        case "select_one", "packs.answer" if value in _names(question.choice):
            return _answered(question, page, (value,))
        case "select_multiple", "packs.answer" if value in _names(question.choice):
            kept = tuple(one for one in given if one != value)
            changed = kept if value in given else (*given, value)
            return Asked(_with(question, page, changed))
        case "select_multiple", "packs.enough":
            if question.required and not given:
                return Asked(replace(page, mistake="needed"))
            return _answered(question, page, given)
        case "acknowledge", "packs.answer" if value == "yes":
            return _answered(question, page, ("yes",))
        case "date" | "time", "packs.answer" if value in _moments(question, here):
            return _answered(question, page, (value,))
        case "integer" | "phone" | "digits", "packs.digit" if value.isdigit():
            return Asked(replace(page, typed=(page.typed + value)[:20]))
        case "integer" | "phone" | "digits", "packs.erase":
            return Asked(replace(page, typed=page.typed[:-1]))
        case "integer" | "phone" | "digits", "packs.enough":
            return _typed(question, page)
    if choice == "packs.skip" and not question.required:
        return _answered(question, page, ())
    return None


def in_words(question: Question, given: Sequence[str], here: Here) -> Words:
    """An answer as it is read before sending."""
    if not given:
        return "—"
    labels = {one.name: here.word(one.label) for one in question.choice}
    if question.type == "date":
        return _moment_in_words(question, given[0])
    return joined((labels.get(one, one) for one in given), "list")


def aloud(question: Question, given: Sequence[str], here: Here) -> Words:
    """An answer as it is read out: digits one by one; what is personal in a headset alone."""
    if question.personal and given and not here.alone:
        return Phrase("label.packs.on-screen")
    if question.type in ("phone", "digits") and given:
        return " ".join(given[0])
    return in_words(question, given, here)


# -- parts ------------------------------------------------------------------------------------


def _choices(
    question: Question, page: Page, given: Sequence[str], here: Here
) -> tuple[tuple[Choice, ...], Words]:
    skip = () if question.required else (Choice("packs.skip", icon="next", look="quiet"),)
    match question.type:
        case "select_one" | "select_multiple":
            marks = {True: "check", False: ""}
            options = [
                Choice(
                    "packs.answer",
                    here.word(one.label),
                    value=one.name,
                    icon=marks[one.name in given],
                )
                for one in question.choice
            ]
            shown, more = listed(page, options)
            if question.type == "select_multiple":
                skip = (Choice("packs.enough", icon="check", look="primary"),)
            return (*shown, *skip), more
        case "date" | "time":
            options = [
                Choice("packs.answer", _moment_in_words(question, one), value=one)
                for one in _moments(question, here)
            ]
            shown, more = listed(page, options)
            return (*shown, *skip), more
        case "acknowledge":
            return (Choice("packs.answer", Phrase("action.packs.yes"), value="yes"), *skip), ""
    enough = Choice("packs.enough", icon="check", look="primary")
    return (*digit_pad(), enough, *skip), ""


def _utterances(question: Question) -> list[Utterance]:
    found = [
        Utterance("packs.alias", (Wish("packs.answer", one.name),), {"alias": alias})
        for one in question.choice
        for alias in one.aliases
    ]
    if question.type in ("integer", "phone", "digits"):
        found += [
            Utterance(f"packs.digit.{digit}", (Wish("packs.digit", str(digit)),))
            for digit in range(10)
        ]
    return found


def _so_far(question: Question, page: Page, given: Sequence[str], here: Here) -> Words:
    if question.type in ("integer", "phone", "digits"):
        return page.typed or Phrase("label.packs.nothing-typed")
    return in_words(question, given, here) if given else ""


def _typed(question: Question, page: Page) -> Asked:
    typed = page.typed
    if not typed:
        if question.required:
            return Asked(replace(page, mistake="needed"))
        return _answered(question, page, ())
    bounds = _bounds(question)
    measured = int(typed) if question.type == "integer" else len(typed)
    if not int(bounds["min"]) <= measured <= int(bounds["max"]):
        return Asked(replace(page, typed="", mistake=f"{question.type}-bounds"))
    value = str(int(typed)) if question.type == "integer" else typed
    return _answered(question, page, (value,))


def _bounds(question: Question) -> dict[str, str | int | float]:
    least, most = _LENGTHS.get(question.type, (0, _LARGEST))
    return {
        "min": least if question.min is None else question.min,
        "max": most if question.max is None else question.max,
    }


def _answered(question: Question, page: Page, given: tuple[str, ...]) -> Asked:
    page = _with(question, page, given)
    return Asked(replace(page, typed="", n=0), done=True)


def _with(question: Question, page: Page, given: tuple[str, ...]) -> Page:
    return replace(page, answers={**page.answers, question.name: given})


def _names(choices: Sequence[FormChoice]) -> set[str]:
    return {one.name for one in choices}


def _moments(question: Question, here: Here) -> tuple[str, ...]:
    if question.type == "time":
        return _HALF_HOURS
    if here.now is None:
        return ()
    today = here.now.date()
    return tuple((today + datetime.timedelta(days=n)).isoformat() for n in range(1, _DAYS + 1))


def _moment_in_words(question: Question, value: str) -> Words:
    return value if question.type == "time" else day_in_words(datetime.date.fromisoformat(value))
