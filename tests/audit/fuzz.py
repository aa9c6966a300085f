"""Bytes from outside into every parser that takes them: none may raise what it does not declare.

    python -m tests.audit.fuzz [--seconds 60] [NAME…]
    python -m tests.audit.fuzz --bytes 10_000_000 [NAME…]

With atheris (wheels for some versions of Python; pip install atheris) the first way guides inputs
by what they reach; without it, and in the second way, good inputs are bent, cut, joined and made
up, from a seed that is printed. The second way also says how fast it went and whether memory grew;
each parser then has a process of its own.
"""

from __future__ import annotations

import argparse
import gc
import importlib.util
import json
import logging
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tests.audit import devices, doors, page, papers, pictures, upstream
from tests.audit.target import Target, once

TARGETS: Mapping[str, Target] = {
    **upstream.TARGETS, **devices.TARGETS, **pictures.TARGETS, **page.TARGETS, **doors.TARGETS,
    **papers.TARGETS,
}  # fmt: skip
_PIECES = (
    b"{", b"}", b"[", b"]", b'"', b":", b",", b"null", b"1e999", b"-0", b"\\u0000", b"\xff",
    b"18446744073709551616", b"@", b"://", b"\\", b"%", b"\r\n", b"\x00", b"[" * 300,
    b"\xed\xa0\x80", b"\xe2\x80\xae", b"=", b"\n[", b"'''", b"#", b"1" * 5000, b"NaN", b"\x7f\xff",
    b"9999-12-31", b"/../", b"<", b"&", "\uff11\u2776\u202e\U0001f600".encode(),
)  # fmt: skip


def bend(chance: random.Random, target: Target) -> bytes:
    """A new input from good ones."""
    seeds = target.good()
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
    bent = bytes(data[: target.longest])
    return target.sealed(bent)[: target.longest] if chance.randrange(2) else bent


def by_chance(name: str, seed: int, goes_on: Callable[[int], bool]) -> dict[str, float]:
    """Try while *goes_on*, which is told the bytes so far; returns what there is to say of it."""
    chance, target = random.Random(seed), TARGETS[name]
    tried = fed = 0
    slowest = grown_from = 0.0
    began = time.monotonic()
    while goes_on(fed):
        data = bend(chance, target)
        try:
            slowest = max(slowest, once(target, data))
        except Exception:
            print(f"fuzz: {name} failed at {data!r} (seed {seed})", file=sys.stderr)
            raise
        tried += 1
        fed += len(data)
        if not grown_from and not goes_on(10 * fed):
            grown_from = _resident_mb()
    took = time.monotonic() - began
    grown = _resident_mb() - grown_from
    return {"tried": tried, "fed": fed, "took": took, "slowest": slowest, "grown": grown}


def _for(seconds: float) -> Callable[[int], bool]:
    until = time.monotonic() + seconds
    return lambda _: time.monotonic() < until


def _resident_mb() -> float:
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def guided(name: str, seconds: float) -> int:
    """As `by_chance`, by atheris, which ends its process: so in one of its own. What it says is
    shown where it found something; the input then lies in ``.linli``."""
    with tempfile.TemporaryDirectory(prefix="linli-fuzz-") as corpus:
        for number, seed in enumerate(TARGETS[name].good()):
            (Path(corpus) / str(number)).write_bytes(seed)
        code = (
            "import atheris\n"
            "with atheris.instrument_imports(include=['agent', 'config', 'drivers', 'kiosk_ui']):\n"
            "    from tests.audit import fuzz\n"
            f"target = fuzz.TARGETS[{name!r}]\n"
            f"atheris.Setup(['fuzz', '-max_total_time={seconds:.0f}',\n"
            f"    '-max_len={TARGETS[name].longest}', '-artifact_prefix=.linli/', {corpus!r}],\n"
            "    lambda data: fuzz.once(target, data) and None)\n"
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


def _apart(name: str, most: int, seed: int) -> int:
    """Feed *most* bytes in a process of its own, and print a row of a table."""
    command = [sys.executable, "-m", "tests.audit.fuzz", "--bytes", str(most), "--seed", str(seed)]
    run = subprocess.run([*command, "--here", name], stdout=subprocess.PIPE, text=True, check=False)
    if run.returncode:
        print(f"| {name} | failed, exit status {run.returncode} |", flush=True)
        return 1
    told = json.loads(run.stdout.splitlines()[-1])
    print(
        f"| {name} | {told['fed']:,} | {told['tried']:,} | {told['fed'] / told['took'] / 1e6:.2f} "
        f"| {told['slowest'] * 1000:.0f} | {told['grown']:+.1f} |",
        flush=True,
    )
    if told["grown"] > TARGETS[name].grows:
        print(f"fuzz: {name}: memory grew by {told['grown']:.0f} MB", file=sys.stderr)
        return 1
    return 0


def main(arguments: Sequence[str]) -> int:
    """Fuzz; the exit status is 1 where something failed."""
    parser = argparse.ArgumentParser(description="bytes from outside into every parser")
    parser.add_argument("names", nargs="*", help=f"some of {', '.join(TARGETS)} [all]")
    parser.add_argument("--seconds", type=float, default=60.0, help="for each [60]")
    parser.add_argument("--bytes", type=int, default=0, help="for each, whatever time it takes")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().getrandbits(32))
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    logging.disable()
    names = chosen.names or list(TARGETS)
    if chosen.here:
        for name in names:
            print(json.dumps(by_chance(name, chosen.seed, lambda fed: fed < chosen.bytes)))
        return 0
    if chosen.bytes:
        print(
            f"seed {chosen.seed}\n\n| parser | bytes | inputs | MB/s | slowest, ms | memory, MB |"
        )
        print("| --- | --- | --- | --- | --- | --- |", flush=True)
        return max(
            [_apart(name, min(chosen.bytes, TARGETS[name].most), chosen.seed) for name in names]
        )
    with_atheris = importlib.util.find_spec("atheris") is not None
    for name in names:
        if with_atheris:
            if guided(name, chosen.seconds):
                return 1
            print(f"fuzz: {name}: {chosen.seconds:.0f} s, guided by atheris: nothing found")
        else:
            told = by_chance(name, chosen.seed, _for(chosen.seconds))
            print(f"fuzz: {name}: {told['tried']} inputs in {chosen.seconds:.0f} s: nothing found")
    return 0


if __name__ == "__main__":
    with doors.OPEN:
        status = main(sys.argv[1:])
    sys.exit(status)
