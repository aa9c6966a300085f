"""Looks for secrets in what is under version control: keys, tokens, passwords in addresses.

    python -m tests.audit.secrets

Examples in tests and documentation are told from real ones by their words: `hunter2`, `geheim`.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

_SUSPECT = re.compile(
    rb"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----\s+[A-Za-z0-9+/]{20}"
    rb"|\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"
    rb"|\bgh[pousr]_[A-Za-z0-9]{36}\b|\bgithub_pat_\w{22,}|\bxox[abp]-[\w-]{20,}|\bsk-[A-Za-z0-9]{32,}"
    rb"|\b(?:password|passwd|token|secret)\b\s*=\s*\"[A-Za-z0-9+/_-]{24,}\""
    rb"|[a-z]{3,6}://[^/\s:@\"'{}()<>$]{1,40}:[^/\s@\"'{}()<>$]{3,40}@[\w.-]+"
)
_EXAMPLE = re.compile(
    rb"hunter|ter2|geheim|example|secret-0123|user:p|u:p@|a:p@|a:b@|test|\.invalid|evil", re.I
)


def suspects(root: Path) -> Iterator[str]:
    """``file:line: what`` of each that looks real."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, check=True)
    for name in filter(None, listed.stdout.decode().split("\0")):
        content = (root / name).read_bytes() if (root / name).is_file() else b""
        for found in _SUSPECT.finditer(content):
            line = content[: found.start()].count(b"\n")
            whole = content.splitlines()[line]
            if not _EXAMPLE.search(whole):
                yield f"{name}:{line + 1}: {found[0][:24].decode('utf-8', 'replace')}…"


def main() -> int:
    """Print what was found; the exit status is 1 where something was."""
    found = list(suspects(Path(__file__).parents[2]))
    for one in found:
        print(f"secrets: {one}", file=sys.stderr)
    if not found:
        print("secrets: none in what is under version control")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
