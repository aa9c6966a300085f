"""Bytes from outside into every parser that takes them: none may raise what it does not declare.

    python -m tests.audit.fuzz [--seconds 60] [NAME…]

With atheris (wheels for some versions of Python; pip install atheris) inputs are guided by what
they reach; without it good inputs are bent, cut, joined and made up, from a seed that is printed.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import json
import logging
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from agent.foreign import LONGEST, cleaned
from agent.records import CommandReader, Rejected
from agent.services.registry import REGISTRY
from agent.settings import UpstreamSettings
from agent.uplink.wire import (
    NotUnderstood,
    decode_command,
    decode_commands,
    decode_receipt,
    decode_verdict,
    named,
)
from config.addresses import parse, without_secrets
from drivers.meter.dlt645 import frames
from drivers.radar.frames import RadarParser, report
from drivers.scanner.frames import ScannerParser
from drivers.ultrasonic.frames import A02Parser, MaxBotixParser
from drivers.voice.wording import worded

_READER = CommandReader(kind for one in REGISTRY.values() for kind in one.commands)
_LONGEST_INPUT = 4096
_SLOW_S = 1.0
"""Seconds of processor time for one input of that length."""


class Target(NamedTuple):
    """A parser: what it is given, what it may raise, and good inputs to begin with."""

    run: Callable[[bytes], object]
    raises: tuple[type[Exception], ...] = ()
    seeds: tuple[bytes, ...] = (b"",)


def _command(data: bytes) -> None:
    named(data)
    incoming = decode_command(data)
    _READER.read(incoming.kind, incoming.data or {})


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


def _radar(data: bytes) -> None:
    for frame in RadarParser().feed(data):
        report(frame)


def _scanner(data: bytes) -> None:
    parser = ScannerParser()
    parser.feed(data)
    parser.silence()


TARGETS: dict[str, Target] = {
    "receipt": Target(
        decode_receipt,
        (NotUnderstood,),
        (b'{"ack": {"0": 5}, "refused": [{"lane": 0, "sequence": 3, "reason": "x"}]}',),
    ),
    "verdict": Target(
        decode_verdict, (NotUnderstood,), (b'{"reason": "r", "for_residents": "f"}',)
    ),
    "commands": Target(
        decode_commands,
        (NotUnderstood,),
        (b'{"cursor": "c", "commands": [{"id": "1", "kind": "taxi.accepted", "data": {}}]}',),
    ),
    "command": Target(
        _command,
        (Rejected,),
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
        lambda data: worded(data.decode("utf-8", "replace")), (), ("沪A·D12345，3月5日".encode(),)
    ),
    "radar": Target(_radar, (), (b"\x53\x59\x83\x01\x00\x01\x01\x32\x54\x43",)),
    "scanner": Target(_scanner, (), (b"6901234567892\r\n",)),
    "ultrasonic": Target(lambda data: A02Parser().feed(data), (), (b"\xff\x04\xb0\xb3",)),
    "maxbotix": Target(lambda data: MaxBotixParser(4).feed(data), (), (b"R1234\r",)),
    "meter": Target(frames, (), (bytes.fromhex("fe68112233445566689104333433373516"),)),
}
_PIECES = (
    b"{", b"}", b"[", b"]", b'"', b":", b",", b"null", b"1e999", b"-0", b"\\u0000", b"\xff",
    b"18446744073709551616", b"@", b"://", b"\\", b"%", b"\r\n", b"\x00", b"[" * 300,
    b"\xed\xa0\x80", b"\xe2\x80\xae",
)  # fmt: skip


def bend(chance: random.Random, seeds: Sequence[bytes]) -> bytes:
    """A new input from good ones."""
    data = bytearray(chance.choice(seeds))
    for _ in range(chance.randint(1, 8)):
        at = chance.randint(0, len(data))
        match chance.randrange(6):
            case 0:
                data[at:at] = chance.choice(_PIECES)
            case 1:
                del data[at : at + chance.randint(1, 16)]
            case 2 if data:
                data[at % len(data)] = chance.randrange(256)
            case 3:
                data[at:at] = chance.randbytes(chance.randint(1, 32))
            case 4:
                data[at:at] = bytes(chance.choice(seeds))
            case _:
                data[at:at] = data[at : at + chance.randint(1, 64)] * chance.randint(2, 20)
    return bytes(data[:_LONGEST_INPUT])


def once(target: Target, data: bytes) -> None:
    """Give *data* to the parser.

    Raises:
        AssertionError: it took too long, or said something that cannot be.
        Exception: any that it does not declare.
    """
    began = time.process_time()
    with contextlib.suppress(*target.raises):
        target.run(data)
    assert time.process_time() - began < _SLOW_S, f"slow: {data[:200]!r}"


def by_chance(name: str, seconds: float, seed: int) -> int:
    """Try for so long; returns how many inputs were tried."""
    chance, target, tried = random.Random(seed), TARGETS[name], 0
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        data = bend(chance, target.seeds)
        try:
            once(target, data)
        except Exception:
            print(f"fuzz: {name} failed at {data!r} (seed {seed})", file=sys.stderr)
            raise
        tried += 1
    return tried


def guided(name: str, seconds: float) -> int:
    """As `by_chance`, by atheris, which ends its process: so in one of its own. What it says is
    shown where it found something; the input then lies in ``.linli``."""
    with tempfile.TemporaryDirectory(prefix="linli-fuzz-") as corpus:
        for number, seed in enumerate(TARGETS[name].seeds):
            (Path(corpus) / str(number)).write_bytes(seed)
        code = (
            "import atheris\n"
            "with atheris.instrument_imports(include=['agent', 'config', 'drivers']):\n"
            "    from tests.audit import fuzz\n"
            f"target = fuzz.TARGETS[{name!r}]\n"
            f"atheris.Setup(['fuzz', '-max_total_time={seconds:.0f}',\n"
            f"    '-max_len={_LONGEST_INPUT}', '-artifact_prefix=.linli/', {corpus!r}],\n"
            "    lambda data: fuzz.once(target, data))\n"
            "atheris.Fuzz()\n"
        )
        run = subprocess.run(
            [sys.executable, "-c", code],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
    if run.returncode:
        print(run.stdout[-4000:], file=sys.stderr)
    return run.returncode


def main(arguments: Sequence[str]) -> int:
    """Fuzz; the exit status is 1 where something failed."""
    parser = argparse.ArgumentParser(description="bytes from outside into every parser")
    parser.add_argument("names", nargs="*", help=f"some of {', '.join(TARGETS)} [all]")
    parser.add_argument("--seconds", type=float, default=60.0, help="for each [60]")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().getrandbits(32))
    chosen = parser.parse_args(arguments)
    logging.disable()
    with_atheris = importlib.util.find_spec("atheris") is not None
    for name in chosen.names or TARGETS:
        if with_atheris:
            status = guided(name, chosen.seconds)
            if status:
                return 1
            print(f"fuzz: {name}: {chosen.seconds:.0f} s, guided by atheris: nothing found")
        else:
            tried = by_chance(name, chosen.seconds, chosen.seed)
            print(f"fuzz: {name}: {tried} inputs in {chosen.seconds:.0f} s: nothing found")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
