"""Every kind of command at the border: in bounds, or refused with its place and the reason."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from agent.messages import Command, CommandRejected
from agent.records import CommandData
from agent.uplink.commands import CommandPoll
from agent.uplink.wire import RawCommand
from tests.agent.journal import READER
from tests.agent.services.test_every_service import COMMANDS

WRONG: list[Any] = [
    None, True, -1, 0.5, 3.5, 1e308, 2**53 + 1, 10**30, "", "5", "x" * 100_000,
    "\0\u202e\u0007\u2066x", [], {}, [1e308], [[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]],
]  # fmt: skip


@pytest.mark.parametrize("kind", COMMANDS, ids=lambda kind: kind.kind)
def test_each_field_of_each_kind(kind: type[CommandData]) -> None:
    """With each wrong value: what is refused names the field; what is taken keeps its bounds."""
    poll = CommandPoll(None, READER, None, None, lambda seconds: True)  # type: ignore[arg-type]
    right = {**({kind.about: "a"} if kind.about else {}), **kind.example}
    for field in msgspec.structs.fields(kind):
        for wrong in WRONG:
            data = {**right, field.encode_name: wrong}
            body = json.dumps({"id": "i", "kind": kind.kind, "data": data}).encode()
            answer = poll.read(RawCommand(body))
            if isinstance(answer, CommandRejected):
                if "levels deep" not in answer.reason:
                    assert field.encode_name in f"{answer.place} {answer.reason}"
                assert 0 < len(answer.reason) <= 200
                assert (answer.command_id, answer.kind) == ("i", kind.kind)
            else:
                assert isinstance(answer, Command)
                assert msgspec.convert(msgspec.to_builtins(answer.data), kind) == answer.data


@pytest.mark.parametrize("kind", COMMANDS, ids=lambda kind: kind.kind)
def test_a_name_spelt_wrong(kind: type[CommandData]) -> None:
    """The right one is named."""
    poll = CommandPoll(None, READER, None, None, lambda seconds: True)  # type: ignore[arg-type]
    wrong = kind.kind[:-1] + "x"
    answer = poll.read(RawCommand(json.dumps({"id": "i", "kind": wrong}).encode()))
    assert isinstance(answer, CommandRejected)
    assert (answer.place, answer.command_id) == ("kind", "i")
    assert "did you mean " in answer.reason
