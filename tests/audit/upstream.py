"""Parsers of what upstream says and of addresses and words from outside, as targets."""

from __future__ import annotations

import json
from collections.abc import Mapping

from agent.foreign import LONGEST, cleaned
from agent.messages import Command
from agent.records import CommandReader
from agent.services.registry import REGISTRY
from agent.settings import UpstreamSettings
from agent.uplink.commands import CommandPoll
from agent.uplink.wire import (
    NotUnderstood,
    RawCommand,
    decode_commands,
    decode_receipt,
    decode_verdict,
)
from config.addresses import parse, without_secrets
from drivers.voice.wording import worded
from tests.agent.uplink.rig import TestClock
from tests.audit.target import Target

READER = CommandReader(kind for one in REGISTRY.values() for kind in one.commands)
_poll = CommandPoll(None, READER, None, TestClock(), lambda _: True)  # type: ignore[arg-type]


def _command(data: bytes) -> None:
    answer = _poll.read(RawCommand(data))
    if not isinstance(answer, Command):
        assert len(answer.command_id) <= 200 and len(answer.reason) <= 200


def _commands(data: bytes) -> None:
    for raw in decode_commands(data).commands:
        _command(raw.body)


def _address(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    without_secrets(text)
    parse(text)


def _settings(data: bytes) -> None:
    url = f"http://{data.decode('utf-8', 'replace')}"
    assert UpstreamSettings(url=url).address.on_this_machine


def _words(data: bytes) -> None:
    left = cleaned(data.decode("utf-8", "replace"))
    assert len(left) <= LONGEST and left.isprintable()


TARGETS: Mapping[str, Target] = {
    "receipt": Target(
        decode_receipt,
        (NotUnderstood,),
        (
            b'{"ack": {"0": 5}, "refused": [{"lane": 0, "sequence": 3, "reason": "x"}], '
            b'"chain": {"0": "%b"}}' % (b"0" * 64),
        ),
    ),
    "verdict": Target(
        decode_verdict, (NotUnderstood,), (b'{"reason": "r", "for_residents": "f"}',)
    ),
    "commands": Target(
        _commands,
        (NotUnderstood,),
        (b'{"cursor": "c", "commands": [{"id": "1", "kind": "taxi.accepted", "data": {}}]}',),
    ),
    "command": Target(
        _command,
        (),
        tuple(
            json.dumps(
                {"id": "1", "kind": kind.kind, "data": {kind.about: "o", **kind.example}}
            ).encode()
            for one in REGISTRY.values()
            for kind in one.commands
        ),
    ),
    "address": Target(_address, (ValueError,), (b"https://u:p@h.example:443/x?token=y",)),
    "settings": Target(_settings, (ValueError,), (b"127.0.0.1:80@evil", b"[::1]:8080/")),
    "words": Target(_words, (), ("请打13912345678 www.x.com".encode(),)),
    "speech": Target(
        lambda data: worded(data.decode("utf-8", "replace")),
        (),
        tuple(
            one.encode()
            for one in (
                "沪A·D12345，3月5日8:30",
                "¥12.50元 1,234.5 3/4 50% 1~2",
                "021-6234 5678 K12A-3",
            )
        ),
    ),
}
