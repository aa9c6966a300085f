"""Less rights for a process that reads what strangers make: pictures, sound, a camera's answers.

Nothing here needs privileges. Landlock (landlock(7)) leaves only the files that are named, seccomp
(seccomp(2)) takes away system calls that no driver needs and, without a network source, all
sockets but local ones; limits keep it from filling the disk. What the kernel does not have is
left out and said: the rest still holds. What is given up cannot be had again, and holds for all
programs that the process starts.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import re
import resource
import struct
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

LARGEST_FILE = 256 << 20
"""Bytes of a file that the process may write."""
_MOST_FILES = 256
"""Open at a time."""


class Reach(NamedTuple):
    """What a process may still reach. Folders stand for all that is in them."""

    reads: tuple[Path, ...] = ()
    writes: tuple[Path, ...] = ()
    """Read and written, devices also controlled."""
    ports: tuple[int, ...] = ()
    """TCP ports of other machines; empty: no network at all."""


# Programs, libraries and what they need to know of the machine. Not in here: /run with the unit's
# credentials, /etc/linli, /var/lib/linli, /home, other processes.
_SYSTEM = (
    "/usr", "/lib", "/lib64", "/bin", "/sbin", "/opt/linli/venv", "/opt/linli/versions",
    "/proc/self", "/proc/asound", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/proc/sys",
    "/proc/filesystems", "/proc/version", "/proc/uptime", "/sys",
    "/etc/ld.so.cache", "/etc/ld.so.preload", "/etc/localtime", "/etc/timezone",
    "/etc/alternatives", "/etc/alsa", "/etc/asound.conf", "/etc/fonts", "/etc/passwd", "/etc/group",
    "/etc/nsswitch.conf", "/etc/hosts", "/etc/host.conf", "/etc/gai.conf", "/etc/resolv.conf",
    "/etc/services", "/etc/ssl/certs", "/etc/ssl/openssl.cnf", "/etc/machine-id",
)  # fmt: skip
_SYSTEM_WRITES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/shm")
_PACKAGES = ("agent", "config", "drivers", "hw_mocks", "kiosk_ui", "tests")
"""Of a checkout, in whose folder other things lie too."""

DNS = 53


def confine(reach: Reach) -> list[str]:
    """Give up all but *reach*; call it before threads are started.

    Returns:
        what could not be given up here, in words; empty where everything took hold.
    """
    _libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    for limit, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, LARGEST_FILE),
        (resource.RLIMIT_NOFILE, _MOST_FILES),
    ):
        _, hard = resource.getrlimit(limit)
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(limit, (most, most))
    lacking = []
    if why := _landlock(reach):
        lacking.append(why)
    if why := _seccomp(network=bool(reach.ports)):
        lacking.append(why)
    return lacking


def reach(settings: Any, uses: Iterable[str], models: Path, cache: Path) -> Reach:
    """What a driver needs by its settings.

    Folders and files that these name are read; devices, and what a program is given to write to,
    are written too; an address opens the network to its port, and to name servers.

    Args:
        settings: of the driver, as plain values.
        uses: devices that it uses whatever the settings say.
        models: is read.
        cache: is written.
    """
    reads, writes, ports = [models], [cache, *map(Path, uses)], set()
    for key, value, of_program in _texts(settings):
        if "://" in value:
            ports |= _ports(value)
        elif key == "source" and value.isdecimal():
            writes.append(Path(f"/dev/video{value}"))
        elif value.startswith("/"):
            path = Path(value)
            if value.startswith("/dev/") or (of_program and not _is_code(path)):
                writes.append(path if path.exists() else path.parent)
            else:
                reads.append(path)
    return Reach(tuple(reads), tuple(writes), tuple(sorted(ports)))


_PORTS = {"rtsp": 554, "rtsps": 322, "rtmp": 1935, "http": 80, "https": 443}


def _ports(address: str) -> set[int]:
    """Each number behind a colon: a password may make the port hard to tell."""
    named = {int(port) for port in re.findall(r":(\d{1,5})(?!\d)", address)}
    default = _PORTS.get(address.partition("://")[0].lower())
    return {port for port in (*named, default) if port and port < 65536}


def _texts(value: Any, key: str = "", listed: bool = False) -> Iterator[tuple[str, str, bool]]:
    """Each text in plain settings: its key, itself, whether it is a program or its argument."""
    if isinstance(value, str):
        yield key, value, listed
    elif isinstance(value, dict):
        for name, one in value.items():
            yield from _texts(one, str(name))
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _texts(one, key, listed=isinstance(one, str))


def _is_code(path: Path) -> bool:
    return path.suffix == ".py" or (os.access(path, os.X_OK) and path.is_file())


# -- Landlock ---------------------------------------------------------------------------------

_libc = ctypes.CDLL(None, use_errno=True)
_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP = 38, 22
# The numbers of these calls are the same on all machines that we run on.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION = 1
_PATH_BENEATH, _NET_PORT = 1, 2

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_REMOVE_DIR, _REMOVE_FILE = 1 << 4, 1 << 5
_MAKE_DIR, _MAKE_REG, _MAKE_SOCK, _MAKE_FIFO = 1 << 7, 1 << 8, 1 << 9, 1 << 10
_REFER, _TRUNCATE, _IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15
_ALL = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}
"""Rights to files that a version of Landlock knows, from that version on."""
_READ = _EXECUTE | _READ_FILE | _READ_DIR
_WRITE = (
    _READ | _WRITE_FILE | _REMOVE_DIR | _REMOVE_FILE | _MAKE_DIR | _MAKE_REG | _MAKE_SOCK
    | _MAKE_FIFO | _REFER | _TRUNCATE | _IOCTL_DEV
)  # fmt: skip
_OF_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEV
_BIND, _CONNECT = 1 << 0, 1 << 1
_ABSTRACT_SOCKETS, _SIGNALS = 1 << 0, 1 << 1


def landlock_version() -> int:
    """Of the kernel that runs; 0: it has none, or it is switched off."""
    return max(0, int(_libc.syscall(_CREATE_RULESET, None, 0, _VERSION)))


def _landlock(reach: Reach) -> str:
    version = landlock_version()
    if not version:
        return "the kernel has no Landlock: its files are guarded by their modes alone"
    known = max((rights for since, rights in _ALL.items() if since <= version), default=0)
    network = _BIND | _CONNECT if version >= 4 else 0
    scope = _ABSTRACT_SOCKETS | _SIGNALS if version >= 6 else 0
    attributes = struct.pack("QQQ", known, network, scope)
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    ruleset = int(_libc.syscall(_CREATE_RULESET, attributes, size, 0))
    if ruleset < 0:
        return _failure("Landlock")
    try:
        for path in _existing((*_SYSTEM, *_python(), *reach.reads)):
            _allow(ruleset, path, _READ & known)
        for path in _existing((*_SYSTEM_WRITES, *reach.writes)):
            _allow(ruleset, path, _WRITE & known)
        for folder in _listed():
            _allow(ruleset, folder, _READ_DIR & known)
        for port in {*reach.ports, DNS} if reach.ports and network else ():
            rule = struct.pack("QQ", _CONNECT, port)
            if _libc.syscall(_ADD_RULE, ruleset, _NET_PORT, rule, 0):
                return _failure("Landlock")
        if _libc.syscall(_RESTRICT_SELF, ruleset, 0):
            return _failure("Landlock")
    finally:
        os.close(ruleset)
    return ""


def _allow(ruleset: int, path: Path, rights: int) -> None:
    try:
        opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # then it cannot be had either
    try:
        if not path.is_dir():
            rights &= _OF_FILES
        rule = struct.pack("=Qi", rights, opened)
        _libc.syscall(_ADD_RULE, ruleset, _PATH_BENEATH, rule, 0)
    finally:
        os.close(opened)


def _existing(paths: Iterable[str | Path]) -> Iterator[Path]:
    for path in map(Path, paths):
        # The root, or a folder on the way to everything, stands for no rule at all
        if path.exists() and path.resolve() != Path("/"):
            yield path


def _python() -> Iterator[Path]:
    """This interpreter, its libraries, and our own packages."""
    yield from map(Path, (sys.prefix, sys.base_prefix, sys.exec_prefix))
    for entry in map(Path, sys.path):
        if entry.name in ("site-packages", "dist-packages"):
            yield entry
        elif (entry / "agent").is_dir():
            yield from (entry / name for name in _PACKAGES)


def _listed() -> Iterator[Path]:
    """Folders whose names, not their files, an import has to see."""
    for entry in map(Path, sys.path):
        if (entry / "agent").is_dir() and entry.resolve() != Path("/"):
            yield entry


# -- seccomp ----------------------------------------------------------------------------------

_NUMBERS = {  # (x86_64, aarch64), as in the kernel's syscall tables
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271),
    "pidfd_getfd": (438, 438), "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41),
    "chroot": (161, 51), "setns": (308, 268), "unshare": (272, 97), "bpf": (321, 280),
    "perf_event_open": (298, 241), "userfaultfd": (323, 282), "keyctl": (250, 219),
    "add_key": (248, 217), "request_key": (249, 218), "kexec_load": (246, 104),
    "init_module": (175, 105), "finit_module": (313, 273), "delete_module": (176, 106),
    "open_by_handle_at": (304, 265), "name_to_handle_at": (303, 264), "swapon": (167, 224),
    "reboot": (169, 142), "settimeofday": (164, 170), "clock_settime": (227, 112),
    "sethostname": (170, 161), "acct": (163, 89), "quotactl": (179, 60),
    "io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427),
    "fsopen": (430, 430), "fsmount": (432, 432), "move_mount": (429, 429), "open_tree": (428, 428),
}  # fmt: skip
_SOCKET = (41, 198)
_ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
_X32 = 0x40000000
_AF_UNIX = 1
_LOAD, _JUMP_EQUAL, _JUMP_AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000
_NUMBER_AT, _ARCHITECTURE_AT, _FIRST_ARGUMENT_AT = 0, 4, 16  # in struct seccomp_data


def _seccomp(network: bool) -> str:
    column, audit = _ARCHITECTURES.get(platform.machine(), (-1, 0))
    if column < 0 or sys.byteorder != "little":
        return f"no filter of system calls for {platform.machine()}"
    program = _filter(column, audit, network)
    code = b"".join(struct.pack("<HBBI", *instruction) for instruction in program)
    buffer = ctypes.create_string_buffer(code, len(code))
    header = struct.pack("HxxxxxxP" if ctypes.sizeof(ctypes.c_void_p) == 8 else "HxxP",
                         len(program), ctypes.addressof(buffer))  # fmt: skip
    if _libc.prctl(_PR_SET_SECCOMP, 2, header, 0, 0):
        return _failure("seccomp")
    return ""


def _filter(column: int, audit: int, network: bool) -> list[tuple[int, int, int, int]]:
    """A program for seccomp(2): instructions of code, jump if true, jump if false, constant."""
    refuse = (_RETURN, 0, 0, _REFUSE | errno.EPERM)
    program = [
        (_LOAD, 0, 0, _ARCHITECTURE_AT),
        (_JUMP_EQUAL, 1, 0, audit),
        refuse,  # another architecture's calls have other numbers
        (_LOAD, 0, 0, _NUMBER_AT),
        (_JUMP_AT_LEAST, 0, 1, _X32),
        refuse,
    ]
    for numbers in _NUMBERS.values():
        program += [(_JUMP_EQUAL, 0, 1, numbers[column]), refuse]
    if not network:
        program += [
            (_JUMP_EQUAL, 0, 3, _SOCKET[column]),
            (_LOAD, 0, 0, _FIRST_ARGUMENT_AT),
            (_JUMP_EQUAL, 1, 0, _AF_UNIX),
            refuse,
        ]
    return [*program, (_RETURN, 0, 0, _ALLOW)]


def _failure(what: str) -> str:
    return f"{what} was refused by the kernel: {os.strerror(ctypes.get_errno())}"
