"""A kiosk among enemies: a million random commands, a hundred thousand hostile page requests.

    python -m tests.bench.soak_hostile [--commands 1_000_000] [--requests 100_000] [--seed 1]

The commands go through the border into a whole kernel with all services. The requests come from
four other users of the machine (as root; else from four processes) to a daemon whose page only the
browser may use, while the browser touches and keys are pressed. Exit status 1 when a command ends
or silences the kernel, anybody else sees or presses anything, a touch is lost, a key takes longer
than 100 ms (in nineteen of twenty cases, on a machine that the attackers share), or memory grows.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import logging
import multiprocessing
import os
import random
import socket
import struct
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from agent.contract.signals import Key
from agent.core.dead_letters import read
from hw_mocks.workbench import Workbench, free_port
from tests.agent.core.test_nothing_stops_the_kernel import COMMAND_KINDS, Whole
from tests.audit.doors import PAGE_REQUESTS, UPGRADE, request, said
from tests.audit.fuzz import bend
from tests.audit.target import Target
from tests.bench.bench_kiosk import offered, resident_mb, screen, until

USERS = (60_001, 60_002, 60_003, 60_004)
_BATCH = 200
_A_SECOND = 50
"""Commands that are taken of upstream in a second."""
_LOOK_EVERY = 5_000
_KEY_S = 0.100
_GROWTH_MB = 40.0
_SECRET = "0123456789abcdef" * 4
_WRONG: tuple[Any, ...] = (
    None, True, -1, 0.5, 1e308, 2**53 + 1, 10**30, "", "5", "x" * 2_000, "\0\u202e\x07x", [], {},
    [[[[[[]]]]]], "请打13912345678", "evil.ru/x", "沪A·D1234",
)  # fmt: skip


def command(chance: random.Random, about: dict[str, str], number: int) -> bytes:
    """One that fits, or is wrong somewhere, or is none."""
    kind = chance.choice(COMMAND_KINDS)
    data: dict[str, Any] = {**kind.example}
    if kind.about:
        data[kind.about] = chance.choice([about.get(kind.about, "o"), "other", "home", "p1"])
    if chance.random() < 0.6:
        field = chance.choice([one.encode_name for one in msgspec.structs.fields(kind)] or ["x"])
        data[field] = chance.choice(_WRONG)
    named = f"c-{number if chance.random() < 0.9 else chance.randrange(number + 1)}"
    whole = {"id": named, "kind": kind.kind, "data": data}
    body = json.dumps(whole).encode()
    return bend(chance, Target(lambda _: None, seeds=(body,))) if chance.random() < 0.2 else body


def commands(count: int, seed: int) -> list[str]:
    """Feed so many; returns what went wrong."""
    chance = random.Random(seed)
    faults: list[str] = []
    keys: list[float] = []
    with tempfile.TemporaryDirectory(prefix="linli") as name:
        whole = Whole(Path(name))
        began, begun_mb = time.monotonic(), 0.0
        try:
            for number in range(0, count, _BATCH):
                state = whole.kiosk._kernel._standing.state
                about = {"order": state("taxi").order, "fall": state("fall").fall}
                whole.hear(*(command(chance, about, number + n) for n in range(_BATCH)))
                if number % _LOOK_EVERY == 0:
                    keys.append(_key(whole, chance, about, number))
                    if not begun_mb and number >= count / 10:
                        begun_mb = resident_mb(os.getpid())
            grown = resident_mb(os.getpid()) - begun_mb
            whole.taxi_can_be_called()
            if letters := read(whole.path.parent):
                faults.append(f"{len(letters)} were set aside, the first for {letters[0].cause}")
        finally:
            whole.close()
    rate = count / (time.monotonic() - began)
    keys.sort()
    late = keys[len(keys) * 19 // 20]
    print(
        f"{count:,} commands, {rate:,.0f} a second; a key behind {_A_SECOND} of them: median "
        f"{keys[len(keys) // 2] * 1000:.0f} ms, 95 of 100 within {late * 1000:.0f} ms, at most "
        f"{keys[-1] * 1000:.0f} ms; memory {grown:+.1f} MB after the first tenth"
    )
    if late > _KEY_S:
        faults.append("keys are slow")
    if grown > _GROWTH_MB:
        faults.append("memory grows")
    return faults


def _key(whole: Whole, chance: random.Random, about: dict[str, str], number: int) -> float:
    """Seconds that a key takes behind a second's worth of commands."""
    raws = [
        whole.kiosk._commands.read(_raw(command(chance, about, number))) for _ in range(_A_SECOND)
    ]
    began = time.monotonic()
    for raw in raws:
        whole.kiosk._inbox.put(raw)
    whole.put(Key(key="down"))
    took = time.monotonic() - began
    whole.put(Key(key="down", pressed=False))
    return took


def _raw(body: bytes) -> Any:
    from agent.uplink.wire import RawCommand

    return RawCommand(body)


# -- the page ------------------------------------------------------------------------------


def attack(user: int, port: int, count: int, seed: int, results: Any) -> None:
    """Be another user, and try; puts how often each answer came, and what must not be seen."""
    os.nice(19)
    with contextlib.suppress(PermissionError):
        os.setgid(user)
        os.setuid(user)
    chance = random.Random(seed)
    answers: Counter[str] = Counter()
    leaks: list[str] = []
    held: list[socket.socket] = []
    target = Target(lambda _: None, seeds=PAGE_REQUESTS)
    for _ in range(count):
        data = _hostile(chance, target).replace(b"PORT", b"%d" % port)
        try:
            answer = _try(chance, port, data, held)
        except OSError as error:
            answers[type(error).__name__] += 1
            continue
        status = answer[9:12].decode("latin1") if answer.startswith(b"HTTP/1.1 ") else "nothing"
        answers[status] += 1
        if b"data-screen" in answer or b'name="token"' in answer or b"event: alive" in answer:
            leaks.append(data[:200].decode("latin1"))
        if status == "204":
            leaks.append(f"acted: {data[:200]!r}")
    for connection in held:
        connection.close()
    results.put((dict(answers), leaks[:5]))


def _hostile(chance: random.Random, target: Target) -> bytes:
    choice = json.dumps({"action": chance.choice(["home", "taxi.call", "help"]), "sequence": 5})
    guess = {"X-Linli-Token": f"{chance.getrandbits(256):x}", "Cookie": "linli=0"}
    match chance.randrange(8):
        case 0:
            return request("POST", "/action", choice.encode(), guess)
        case 1:
            hosts = ("evil.example", "127.0.0.1", "127.0.0.1:80@evil", "localhost:PORT.evil")
            return request("GET", "/", headers={"Host": chance.choice(hosts)})
        case 2:
            secret = json.dumps({"secret": chance.choice(["none", "", "\udcff", "0" * 64])})
            return request("POST", "/enter", secret.encode("utf-8", "replace"))
        case 3:
            paths = ("/../../etc/passwd", "/static/%2e%2e/server.py", "/static//etc/passwd", "*")
            return request(chance.choice(["GET", "PUT", "TRACE"]), chance.choice(paths))
        case 4:
            return request("GET", "/events", headers={**UPGRADE, "Cookie": "linli=" + "a" * 3000})
        case 5:
            long = {f"X-{n}": "y" * 400 for n in range(chance.randrange(300))}
            return request("GET", "/", headers=long)
        case 6:
            return b"POST /action HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n"
        case _:
            return bend(chance, target)


def _try(chance: random.Random, port: int, data: bytes, held: list[socket.socket]) -> bytes:
    """Say it, or hold a connection open without saying all of it, or hang up at once."""
    match chance.randrange(20):
        case 0:
            connection = socket.create_connection(("127.0.0.1", port), 2)
            connection.sendall(data[: chance.randrange(len(data) + 1)])
            held.append(connection)
            if len(held) > 50:
                held.pop(0).close()
            return b""
        case 1:
            with socket.create_connection(("127.0.0.1", port), 2) as connection:
                connection.sendall(data)
                linger = struct.pack("ii", 1, 0)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            return b""
        case _:
            return said(port, data)


def page(count: int, seed: int) -> list[str]:
    """Attack the page of a daemon; returns what went wrong."""
    port = free_port()
    processes = multiprocessing.get_context("fork")
    results = processes.Queue()
    go = processes.Event()
    attackers = [
        processes.Process(target=_when, args=(go, user, port, count // 4, seed + user, results))
        for user in USERS
    ]
    for one in attackers:  # before there are threads
        one.start()
    with tempfile.TemporaryDirectory(prefix="linli") as name:
        Path(name, "page-secret").write_text(_SECRET)
        os.environ["CREDENTIALS_DIRECTORY"] = name
        with Workbench(Path(name), page_port=port) as bench:
            bench.start()
            pid = bench.daemon.pid
            assert pid is not None
            began, begun_mb = time.monotonic(), resident_mb(pid)
            go.set()
            keys, touched, lost = _use(bench, lambda: any(one.is_alive() for one in attackers))
            took, grown = time.monotonic() - began, resident_mb(pid) - begun_mb
            told = [results.get(timeout=60) for _ in attackers]
            alive = bench.daemon.running and bench.daemon.pid == pid
    answers = sum((Counter(one) for one, _ in told), Counter[str]())
    leaks = [leak for _, found in told for leak in found]
    keys.sort()
    late = keys[len(keys) * 19 // 20]
    print(
        f"{sum(answers.values()):,} requests in {took:.0f} s: "
        + ", ".join(f"{name} {n:,}" for name, n in answers.most_common())
    )
    print(
        f"{len(keys)} keys: median {keys[len(keys) // 2] * 1000:.0f} ms, 95 of 100 within "
        f"{late * 1000:.0f} ms, at most {keys[-1] * 1000:.0f} ms; {touched} touches, {lost} lost; "
        f"memory {grown:+.1f} MB"
    )
    faults = [f"leak: {leak}" for leak in leaks]
    faults += ["the daemon was started anew"] * (not alive) + ["touches were lost"] * bool(lost)
    faults += ["keys are slow"] * (late > _KEY_S) + ["memory grows"] * (grown > _GROWTH_MB)
    return faults


def _when(go: Any, *arguments: Any) -> None:
    go.wait()
    attack(*arguments)


def _use(bench: Workbench, goes_on: Any) -> tuple[list[float], int, int]:
    """Live at the kiosk meanwhile: seconds of each key, touches, and those that were lost."""
    keys: list[float] = []
    touched = lost = 0
    while goes_on():
        before = bench.page.snapshot
        began = time.monotonic()
        bench.contact("key_down", True)
        keys.append(until(_other(lambda: bench.page.snapshot, before)) - began)
        bench.contact("key_down", False)
        time.sleep(0.2)
        action = "taxi" if "taxi" in offered(bench) else "home"
        was = screen(bench)
        touched += 1
        if not bench.page.touch(action):
            lost += 1
        elif action == "taxi":
            with contextlib.suppress(TimeoutError):
                until(_other(lambda: screen(bench), was))
            lost += screen(bench) == was
        time.sleep(0.2)
    return keys, touched, lost


def _other(now: Callable[[], object], before: object) -> Callable[[], bool]:
    return lambda: now() != before


def main() -> int:
    """Both; the exit status is 1 where something went wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--commands", type=int, default=1_000_000)
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    logging.disable()
    faults = page(arguments.requests, arguments.seed) if arguments.requests else []
    if arguments.commands:
        faults += commands(arguments.commands, arguments.seed)
    print("\n".join(faults) or "all is well")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
