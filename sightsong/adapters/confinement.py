"""What a process that reads strangers' files gives up before it reads the first: for good.

A decoder that a file has taken over must have nothing to reach for. On Linux it keeps neither the
network nor other programs nor a place to write to, and cannot look into other processes; elsewhere
it only drops what its environment says. What the system refuses is told, not hidden: a container
without user namespaces still has Landlock, a kernel without Landlock still has limits.

`confine` must come before any other thread: threads that are there already keep what they have.
"""

import ctypes
import json
import os
import resource
import sys
from dataclasses import asdict, dataclass, fields
from pathlib import Path

#: Of the environment, what a process needs to run; the rest may hold addresses with passwords.
_KEPT = ("PATH", "HOME", "TMPDIR", "TZ", "LANG", "LANGUAGE", "LD_LIBRARY_PATH", "VIRTUAL_ENV")
_KEPT_FAMILIES = ("LC_", "PYTHON", "OPENBLAS_", "OMP_", "COV_")

#: Files that may be open at once: a file of sound, a result, the link, and some for libraries.
_MOST_OPEN = 64

_PR_SET_NO_NEW_PRIVS = 38
_CLONE_NEWUSER = 0x10000000
_CLONE_NEWNET = 0x40000000

#: The third layout of `capget`, and the powers to read what belongs to others (bits 1 and 2).
_CAPABILITIES = 0x20080522
_READING = 0b110

#: Landlock's calls have these numbers on every architecture.
_CREATE_RULESET, _RESTRICT_SELF = 444, 446
_WHICH_VERSION = 1
#: Rights to files, by the version that brought them: to run programs, to write, to remove folders
#: and files, and to make anything (1), to move and link (2), to shorten (3). Reading is not among
#: them: libraries are loaded when they are needed, and a track lies wherever its owner keeps it.
_FILES = {1: 1 << 0 | 1 << 1 | sum(1 << bit for bit in range(4, 13)), 2: 1 << 13, 3: 1 << 14}
#: To listen and to connect (TCP), and to be heard by others: signals and nameless sockets.
_NET_VERSION, _NET = 4, 0b11
_SCOPE_VERSION, _SCOPE = 6, 0b11


@dataclass(frozen=True, kw_only=True)
class Confinement:
    """What holds for a process from now on."""

    network: bool  #: It reaches none.
    files: bool  #: It writes to no file that it has not open, and runs no program.
    processes: bool  #: It sees into no other process, and gains no rights by running one.

    def told(self) -> dict[str, bool]:
        """The same for a log or a line of JSON."""
        return asdict(self)


#: Where nothing of it holds.
NOTHING = Confinement(**dict.fromkeys((field.name for field in fields(Confinement)), False))


def confine() -> Confinement:
    """Give up what decoding does not need; tell what of it the system has taken away."""
    forget_secrets()
    if not sys.platform.startswith("linux"):
        return NOTHING
    libc = ctypes.CDLL(None, use_errno=True)
    is_meek = libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
    has_no_net = _leave_network(libc)
    _drop_powers(libc)
    is_locked = is_meek and _lock_files(libc)
    return Confinement(network=has_no_net, files=is_locked, processes=is_locked)


def bound(*, room_bytes: int, file_bytes: int) -> None:
    """Bound what this process takes from now on.

    Args:
        room_bytes: memory beyond what is mapped by now; libraries reserve much that they never
            touch. Bounded on Linux only: elsewhere the limit does not hold, or cannot be set.
        file_bytes: the longest file that it may write, one in memory included.
    """
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_FSIZE, file_bytes)
    _lower(resource.RLIMIT_NOFILE, _MOST_OPEN)
    if sys.platform.startswith("linux"):
        _lower(resource.RLIMIT_NPROC, 0)  # no thread and no process more; root is not bound by it
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        _lower(resource.RLIMIT_AS, pages * resource.getpagesize() + room_bytes)


def _lower(limit: int, most: int) -> None:
    """Set a limit, unless it is lower already."""
    _, hard = resource.getrlimit(limit)
    if hard == resource.RLIM_INFINITY or most < hard:
        resource.setrlimit(limit, (most, most))


def forget_secrets() -> None:
    """Drop what the environment says, but for what a process needs; also where it was put at first.

    A file may trick a decoder into reading `/proc/self/environ`, which shows that place.
    """
    names = [name for name in os.environ if not _is_kept(name)]  # noqa: TID251 - to be dropped
    if sys.platform.startswith("linux"):
        _blank(names)
    for name in names:
        del os.environ[name]  # noqa: TID251 - written, not read


def _is_kept(name: str) -> bool:
    return name in _KEPT or name.startswith(_KEPT_FAMILIES)


def _blank(names: list[str]) -> None:
    """Overwrite the values of some variables in the memory that the kernel shows to others."""
    wanted = {os.fsencode(name) for name in names}
    entries = ctypes.POINTER(ctypes.c_void_p).in_dll(ctypes.CDLL(None), "environ")
    at = 0
    while (place := entries[at]) is not None:
        entry = ctypes.string_at(place)
        name, _, value = entry.partition(b"=")
        if name in wanted:
            ctypes.memset(place + len(name) + 1, ord("x"), len(value))
        at += 1


def _leave_network(libc: ctypes.CDLL) -> bool:
    """Move to a network of its own, in which there is nothing, not even a way to this machine.

    A user who has no powers may do so as the head of a family of users of its own. Who has some
    does not try: they would not count any more outside of it, such as root's to read what belongs
    to others.
    """
    is_gone: bool = libc.unshare(_CLONE_NEWNET) == 0
    if not is_gone and not any(_powers(libc)[1::3]):
        is_gone = libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) == 0
    return is_gone


def _drop_powers(libc: ctypes.CDLL) -> None:
    """Keep of root's powers none but that of reading; of those over a namespace of its own, none.

    Whoever may watch how fast the machine is may look into any process, Landlock or not.
    """
    kept = _powers(libc)[1] & _READING
    libc.capset(_header(), (ctypes.c_uint32 * 6)(kept, kept, 0, 0, 0, 0))


def _powers(libc: ctypes.CDLL) -> list[int]:
    """What this process may do beyond others: effective, permitted, inheritable; twice, 64 bits."""
    held = (ctypes.c_uint32 * 6)()
    libc.capget(_header(), held)
    return list(held)


def _header() -> "ctypes.Array[ctypes.c_uint32]":
    return (ctypes.c_uint32 * 2)(_CAPABILITIES, 0)


def _lock_files(libc: ctypes.CDLL) -> bool:
    """Have Landlock refuse every file to be written and every program to be run."""
    version = libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), _WHICH_VERSION)
    if version < 1:
        return False
    rights = (ctypes.c_uint64 * 3)(
        sum(right for since, right in _FILES.items() if since <= version),
        _NET if version >= _NET_VERSION else 0,
        _SCOPE if version >= _SCOPE_VERSION else 0,
    )
    rules = libc.syscall(_CREATE_RULESET, rights, ctypes.c_size_t(_size_of(version)), 0)
    if rules < 0:
        return False
    is_held: bool = libc.syscall(_RESTRICT_SELF, rules, 0) == 0
    os.close(rules)
    return is_held


def _size_of(version: int) -> int:
    """Bytes of the rights that a version knows: files; then the network; then the scope."""
    return 8 * (1 + (version >= _NET_VERSION) + (version >= _SCOPE_VERSION))


def main() -> None:
    """Say as JSON what holds here, for a process that would only try it on another."""
    sys.stdout.write(json.dumps(confine().told()))


if __name__ == "__main__":
    main()
