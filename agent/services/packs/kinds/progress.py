"""Progress of projects (a lift for an old house): each step, its days, and who holds it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from msgspec import Meta
from msgspec.structs import replace

from agent.dialogue.views import List, Phrase, Progress, Row, Stage, Status, Values, Words, joined
from agent.effects import Choice
from agent.services.packs.format import Item, Line, Paragraph, Slug, Sourced, Table, twice
from agent.services.packs.page import Here, Page, Scene, Turn, dated, listed, sentence


class Step(Table, frozen=True, kw_only=True):
    """One step on the way."""

    name: Line
    holder: Line | Literal[""] = ""
    """Who has it in hand."""
    days: Annotated[int, Meta(ge=0, le=2000)] | None = None
    """Working days that it usually takes; None: not known."""
    about: Paragraph | Literal[""] = ""


class Project(Sourced, frozen=True, kw_only=True):
    """One building, say."""

    id: Slug
    name: Line
    step: Annotated[int, Meta(ge=0, le=40)]
    """Number of the step that is under way, from 1; 0: not begun; one more than the last: done."""
    signed_percent: Annotated[int, Meta(ge=0, le=100)] | None = None
    """Households that have agreed; None: not known."""
    days_in_step: Annotated[int, Meta(ge=0, le=4000)] | None = None
    next_date: Line | Literal[""] = ""


class FloorShare(Table, frozen=True, kw_only=True):
    """What one floor pays."""

    floor: Line
    percent: Annotated[int, Meta(ge=0, le=100)]
    yuan: Annotated[int, Meta(ge=0, le=10_000_000)]
    """For the whole floor; divided by the flats on it."""


class ProgressItem(Item, frozen=True, kw_only=True):
    """Projects that residents follow."""

    steps: Annotated[tuple[Step, ...], Meta(min_length=1, max_length=30)]
    project: Annotated[tuple[Project, ...], Meta(max_length=200)] = ()
    share: Annotated[tuple[FloorShare, ...], Meta(max_length=20)] = ()
    """An example of who pays what."""
    share_note: Paragraph | Literal[""] = ""

    def flaws(self) -> Iterator[tuple[str, str]]:
        """Ids that are there twice; steps that there are not; shares that are not a whole."""
        yield from twice("project", [one.id for one in self.project])
        for one in self.project:
            if one.step > len(self.steps) + 1:
                yield f"project {one.id}: step is {one.step}", f"There are {len(self.steps)} steps."
        if self.share and sum(one.percent for one in self.share) != 100:
            total = sum(one.percent for one in self.share)
            yield f"the shares come to {total} %", "Make them 100 % together."


_SHARES = "shares"


class Progresses:
    """Serves progress: the projects, the steps of one, who pays what."""

    def open(self, item: ProgressItem, page: Page, here: Here) -> Page:
        """The projects."""
        return replace(page, kind="progress")

    def scene(self, item: ProgressItem, page: Page, here: Here) -> Scene:
        """A list, one project, the steps in general, or the shares."""
        title = here.word(item.title)
        if page.at == _SHARES:
            return self._shares(item, title)
        project = next((one for one in item.project if one.id == page.at), None)
        if project is not None or page.at == "steps":
            return self._one(item, project, title)
        choices = [Choice("packs.project", one.name, value=one.id) for one in item.project]
        choices.append(Choice("packs.steps", icon="list"))
        if item.share:
            choices.append(Choice("packs.shares", icon="coin"))
        shown, more = listed(page, choices)
        about = dated(item.source, item.as_of, item.verified, item.invented)
        return Scene(List(more=more), title, about, choices=shown)

    def choose(
        self, item: ProgressItem, page: Page, choice: str, value: str, here: Here
    ) -> Turn | None:
        """Into one of them."""
        match choice:
            case "packs.project" if any(one.id == value for one in item.project):
                return Turn(replace(page, at=value, n=0))
            case "packs.steps":
                return Turn(replace(page, at="steps", n=0))
            case "packs.shares" if item.share:
                return Turn(replace(page, at=_SHARES, n=0))
        return None

    def _one(self, item: ProgressItem, project: Project | None, title: str) -> Scene:
        stages: list[Stage] = []
        said: list[Words] = []
        now = project.step if project else 0
        for n, step in enumerate(item.steps, 1):
            state: Literal["done", "now", "later"] = "later"
            if project and n <= now:
                state = "done" if n < now else "now"
            days = Phrase("label.packs.workdays", {"n": step.days}) if step.days else ""
            note = joined((step.holder, days), "list")
            stages.append(Stage(step.name, state, note))
            if project is None or n == now:
                said.append(Phrase("label.packs.step", {"n": n, "name": step.name}))
                said += [sentence(note), step.about]
        facts: list[Words] = []
        if project is not None:
            if project.signed_percent is not None:
                facts.append(Phrase("label.packs.signed", {"percent": project.signed_percent}))
            if project.days_in_step is not None and 0 < now <= len(item.steps):
                facts.append(Phrase("label.packs.days-in-step", {"n": project.days_in_step}))
            if project.next_date:
                facts.append(project.next_date)
            if not now:
                said.append(Phrase("label.packs.not-begun"))
            elif now > len(item.steps):
                said.append(Phrase("label.packs.complete"))
            about = dated(project.source, project.as_of, project.verified, project.invented)
        else:
            about = dated(item.source, item.as_of, item.verified, item.invented)
        name = project.name if project else title
        view = Progress(facts=tuple(facts), stages=tuple(stages))
        spoken = joined((sentence(name), *map(sentence, facts), *said))
        return Scene(view, name, about, spoken, choices=(Choice("back"),))

    def _shares(self, item: ProgressItem, title: str) -> Scene:
        rows = tuple(
            Row(one.floor, Phrase("label.packs.pays", _shared(one)), "coin") for one in item.share
        )
        said = (Phrase("label.packs.pays.say", _shared(one)) for one in item.share)
        return Scene(
            Status("coin", rows=rows),
            title,
            item.share_note,
            joined((item.share_note, *said)),
            choices=(Choice("back"),),
        )


def _shared(one: FloorShare) -> Values:
    return {"floor": one.floor, "percent": one.percent, "yuan": one.yuan}
