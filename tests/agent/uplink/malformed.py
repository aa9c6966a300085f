"""Commands that are none, or do not fit: what has been seen, and others of its kind."""

from __future__ import annotations


def _accepted(more: str, before: str = '"id": "b"') -> bytes:
    return f'{{{before}, "kind": "taxi.accepted", "data": {{"order": "a"{more}}}}}'.encode()


MALFORMED: tuple[bytes, ...] = (
    b"null",
    b"5",
    b"[]",
    b"{}",
    b'"taxi"',
    b"[" * 3000,
    b'{"id": "b", "kind": "taxi.acepted", "data": {"order": "a"}}',
    b'{"id": "b", "kind": null}',
    b'{"id": "b", "kind": "taxi.accepted", "data": null}',
    b'{"id": "b", "kind": "taxi.accepted", "data": []}',
    b'{"id": "b", "kind": "fall.accepted", "data": {"fall": "f", "minutes": 2026112920151234567}}',
    _accepted("", '"id": 5'),
    _accepted("", '"id": ""'),
    _accepted("", f'"id": "{"x" * 20_000}"'),
    _accepted("", '"id": "b", "expires_in": "60"'),
    _accepted("", '"id": "b", "expires_in": 1e999'),
    _accepted(', "revision": 20261129201512345678'),
    _accepted(', "revision": -1'),
    _accepted(', "revision": "3"'),
    _accepted(', "revision": 3.5'),
    _accepted(', "minutes": 1000000000'),
    _accepted(', "minutes": -5'),
    _accepted(', "minutes": {"name": "x"}'),
    _accepted(', "minutes": true'),
    _accepted(', "plate": ["沪A"]'),
    _accepted(f', "plate": "{"沪" * 20_000}"'),
    _accepted(', "plate": "\\ud800"'),
    _accepted(f', "x": {"[" * 3000}{"]" * 3000}'),
    _accepted(f', "x": {"[" * 3000}'),
    _accepted(f', "x": {"{" * 3000}'.replace("{", '{"y":')),
    _accepted(f', "x": {"[" * 50}{"]" * 50}'),
    *(
        _accepted(f', "driver": "{name}"').decode().encode("gbk")
        for name in ("王师傅", "誠", "嘰")  # the last byte of these two is a backslash
    ),
)
