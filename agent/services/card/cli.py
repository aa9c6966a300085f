"""``linli card``: what the district's staff do with residents' cards."""

from __future__ import annotations

import argparse
import base64
import datetime
import hashlib
import os
import re
import secrets
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from agent.services.card.code import Card, Need, Reason, Refused, Speech, read, write
from agent.services.card.messages import CardsRevoked, Revoked
from agent.services.card.revoking import name_of, written
from agent.signing import BadSignature, PublicKey, public_key

_EPOCH = datetime.date(1970, 1, 1)
_WHY: dict[Reason, str] = {
    "other": "this is no resident's card",
    "unreadable": "damaged, or cut off; scan it again",
    "unset": "no key was given",
    "unknown": "signed with another key than this one",
    "forged": "what is on it was changed after it was signed",
    "expired": "expired; issue another",
    "revoked": "lost; issue another",
}


def main(argv: Sequence[str]) -> int:
    """Run one command; 0 well, 1 the card is not good, 2 something is wrong with the input."""
    parser = argparse.ArgumentParser(prog="linli card", description="Residents' cards.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    key = commands.add_parser("key", help="Make the district's key; print its public line.")
    key.add_argument("file", type=Path, metavar="FILE", help="for the secret key; keep it safe")
    key.set_defaults(run=_key)
    issue = commands.add_parser("issue", help="Make a card with an id that says nothing.")
    issue.add_argument("--key", type=Path, required=True, metavar="FILE", help="the secret key")
    issue.add_argument("--until", type=_day, required=True, metavar="YYYY-MM-DD")
    issue.add_argument("--language", type=_language, default="", metavar="TAG", help="zh-CN, en…")
    issue.add_argument("--text-size", type=int, choices=(0, 1, 2), default=0)
    issue.add_argument("--contrast", action="store_true")
    issue.add_argument("--speech", choices=get_args(Speech), default="usual")
    issue.add_argument("--pace", type=int, choices=range(-3, 4), default=0, metavar="-3…3")
    issue.add_argument("--need", choices=get_args(Need), action="append", default=[])
    issue.add_argument("--svg", type=Path, metavar="FILE", help="draw it as a QR code, too")
    issue.set_defaults(run=_issue)
    issue.add_argument(
        "--id", type=_id, default=b"", metavar="HEX", help="of a lost card, whose place this takes"
    )
    issue.add_argument("--serial", type=int, choices=range(256), default=0, metavar="0…255")
    revoke = commands.add_parser("revoke", help="Print the line by which a lost card is not taken.")
    revoke.add_argument("id", type=_id, help="of the card, as issue has printed it")
    revoke.add_argument("--serial", type=int, choices=range(256), default=0, metavar="0…255")
    revoke.add_argument("--until", type=_day, metavar="YYYY-MM-DD", help="last day of the card")
    revoke.set_defaults(run=_revoke)
    verify = commands.add_parser("verify", help="Say what is on a card, or why it is not good.")
    verify.add_argument("--key", required=True, metavar="LINE", help="the public line")
    verify.add_argument("code", nargs="?", help="of the card [read from standard input]")
    verify.set_defaults(run=_verify)
    arguments = parser.parse_args(argv)
    try:
        status: int = arguments.run(arguments)
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    return status


def _day(text: str) -> int:
    """Days since 1970-01-01."""
    days = (datetime.date.fromisoformat(text) - _EPOCH).days
    if not 0 <= days < 2**16:
        raise argparse.ArgumentTypeError("must be from 1970 to 2149")
    return days


def _id(text: str) -> bytes:
    if not re.fullmatch("[0-9a-f]{32}", text):
        raise argparse.ArgumentTypeError(f"'{text}' has not 32 hexadecimal digits, 0-9 and a-f")
    return bytes.fromhex(text)


def _language(text: str) -> str:
    if not re.fullmatch("([a-z]{2}(-[A-Z]{2})?)?", text):
        raise argparse.ArgumentTypeError(f"'{text}' is no tag like zh-CN or en")
    return text


def _key(arguments: argparse.Namespace) -> int:
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with os.fdopen(os.open(arguments.file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as f:
        f.write(pem)
    print(_line(key))
    return 0


def _issue(arguments: argparse.Namespace) -> int:
    key = load_pem_private_key(arguments.key.read_bytes(), None)
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError(f"{arguments.key}: no Ed25519 key; make one with: linli card key FILE")
    if arguments.serial and not arguments.id:
        raise ValueError("--serial: only with the --id of the lost card")
    if arguments.id and not arguments.serial:
        raise ValueError("--id: the lost card had it; write --serial, one more than on that card")
    card = Card(
        arguments.id or secrets.token_bytes(16),
        arguments.until,
        arguments.language,
        arguments.text_size,
        arguments.contrast,
        arguments.speech,
        arguments.pace,
        tuple(dict.fromkeys(arguments.need)),
        arguments.serial,
    )
    public = public_key(_line(key))
    code = write(card, public.id, key)
    read(code, [public], None)  # or it raises: what no kiosk would take is given to nobody
    print(code)
    print(f"id {card.id.hex()}, serial {card.serial}: keep it, to revoke the card", file=sys.stderr)
    if arguments.svg is not None:
        import segno

        segno.make(code, micro=False, error="m").save(str(arguments.svg), scale=6, border=4)
    return 0


def _revoke(arguments: argparse.Namespace) -> int:
    expires = None
    if arguments.until is not None:
        expires = _EPOCH + datetime.timedelta(days=arguments.until)
    one = Revoked(name_of(arguments.id), arguments.serial, expires)
    print(f'"{written(one)}"')
    print("in kiosk.toml under [card] revoked; or as a command of upstream:", file=sys.stderr)
    command = {"kind": CardsRevoked.kind, "data": CardsRevoked(cards=(one,))}
    print(msgspec.json.encode(command).decode(), file=sys.stderr)
    return 0


def _verify(arguments: argparse.Namespace) -> int:
    code = arguments.code if arguments.code is not None else sys.stdin.readline().strip()
    keys: list[PublicKey] = []
    try:
        keys.append(public_key(arguments.key))
    except BadSignature as error:
        print(f"--key: {error}", file=sys.stderr)
        return 2
    today = (datetime.datetime.now().date() - _EPOCH).days
    try:
        card = read(code, keys, today)
    except Refused as refused:
        print(_WHY[refused.reason], file=sys.stderr)
        return 1
    shown = msgspec.structs.asdict(card)
    shown["id"] = card.id.hex()
    shown["expires"] = (_EPOCH + datetime.timedelta(days=card.expires)).isoformat()
    for name, value in shown.items():
        print(f"{name} = {value}")
    return 0


def _line(key: Ed25519PrivateKey) -> str:
    """The public key in minisign's base64; its id is made of it, so the same key has the same."""
    raw = key.public_key().public_bytes_raw()
    return base64.b64encode(b"Ed" + hashlib.sha256(raw).digest()[:8] + raw).decode()
