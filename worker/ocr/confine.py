"""What the child process may still do once it has begun: little. Each wall stands by itself and is put up by the child.

The kernel's own limits hold without anybody watching: memory of the process (private writable memory, RLIMIT_DATA: what models
map from files, and addresses that onnxruntime only reserves, do not count, as they would against RLIMIT_AS), CPU seconds,
size of files, number of files, no core. Two more walls where the kernel has them (Linux 5.13 and later): no sockets at all
(seccomp), and only the folders that reading needs (Landlock; which also shuts the parent's memory and environment).
Linux only, x86-64 and ARM64; elsewhere the walls that need numbers of system calls are left out, and `walls` says so.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import platform
import resource
import signal
import struct
from collections.abc import Iterable
from pathlib import Path

MIB = 1024 * 1024
MAX_FILE_MIB = 64  # pytesseract hands pictures over in files
MAX_FILES = 128
NICENESS = 5

_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 38, 22, 2
# Audit name of the machine and its numbers of: socket, socketpair, io_uring_setup, ptrace, process_vm_readv.
_CALLS = {"x86_64": (0xC000003E, (41, 53, 425, 101, 310)), "aarch64": (0xC00000B7, (198, 199, 425, 117, 270))}
_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 444, 445, 446
_READ_FOLDER = 1 << 3
_READ = 1 << 0 | 1 << 2 | _READ_FOLDER  # execute, read file, read folder
_ON_FILES = 1 << 0 | 1 << 1 | 1 << 2  # execute, write, read
_EVERYTHING = (1 << 13) - 1  # all rights of the first version of Landlock, which every later kernel has


def limit(memory_mib: int) -> None:
    """Hard limits of this process and of those it starts. They cannot be taken back."""
    for kind, most in (
        (resource.RLIMIT_DATA, memory_mib * MIB),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, MAX_FILE_MIB * MIB),
        (resource.RLIMIT_NOFILE, MAX_FILES),
    ):
        resource.setrlimit(kind, (most, most))
    os.nice(NICENESS)


def allow_cpu(seconds: float) -> None:
    """So many more CPU seconds from now on, then SIGXCPU, which ends the process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    most = int(used.ru_utime + used.ru_stime + seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (most, resource.RLIM_INFINITY))


def die_with(descriptor: int) -> None:
    """The whole process group is killed by the kernel when the other end of this pipe is closed, as when the parent dies.

    Not PR_SET_PDEATHSIG: that fires when the *thread* ends that started the child. And nobody needs to be awake for it.
    """
    fcntl.fcntl(descriptor, fcntl.F_SETOWN, -os.getpgrp())
    fcntl.fcntl(descriptor, 10, signal.SIGKILL)  # F_SETSIG
    fcntl.fcntl(descriptor, fcntl.F_SETFL, fcntl.fcntl(descriptor, fcntl.F_GETFL) | os.O_ASYNC)


def walls(readable: Iterable[tuple[Path, bool]], writable: Path) -> list[str]:
    """Shuts the network and all folders but these; the names of the walls that stand ("network", "folders").

    `readable`: places with whether files may be read there, or names only. Before any thread is started: a wall stands around
    the thread that puts it up and those that it starts.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return []
    standing = []
    if _shut_folders(libc, readable, writable):
        standing.append("folders")
    if _shut_network(libc):
        standing.append("network")
    return standing


def _shut_network(libc: ctypes.CDLL) -> bool:
    """A filter of system calls: the listed ones, and all of a foreign architecture, answer "permission denied"."""
    machine, forbidden = _CALLS.get(platform.machine(), (0, ()))
    if not forbidden:
        return False
    load, equal, at_least, give = 0x20, 0x15, 0x35, 0x06
    allow, deny = 0x7FFF0000, 0x00050000 | 13  # SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO with EACCES
    count = len(forbidden)
    program = [(load, 0, 0, 4), (equal, 0, count + 3, machine), (load, 0, 0, 0), (at_least, count + 1, 0, 0x40000000)]
    program += [(equal, count - number, 0, call) for number, call in enumerate(forbidden)]
    program += [(give, 0, 0, allow), (give, 0, 0, deny)]
    code = b"".join(struct.pack("HBBI", *line) for line in program)
    kept = ctypes.create_string_buffer(code, len(code))
    filter_ = struct.pack("HxxxxxxP", len(program), ctypes.addressof(kept))
    return bool(libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.c_char_p(filter_), 0, 0) == 0)


def _shut_folders(libc: ctypes.CDLL, readable: Iterable[tuple[Path, bool]], writable: Path) -> bool:
    rules = libc.syscall(_LANDLOCK_CREATE, struct.pack("Q", _EVERYTHING), 8, 0)
    if rules < 0:
        return False  # an older kernel, or Landlock switched off
    try:
        places = [(path, _READ if files else _READ_FOLDER) for path, files in readable]
        for path, rights in [*places, (writable, _EVERYTHING), (Path("/dev/null"), _ON_FILES)]:
            if not path.exists():
                continue
            opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
            try:
                fitting = rights if path.is_dir() else rights & _ON_FILES
                if libc.syscall(_LANDLOCK_ADD, rules, 1, struct.pack("=Qi", fitting, opened), 0) != 0:
                    return False
            finally:
                os.close(opened)
        return bool(libc.syscall(_LANDLOCK_RESTRICT, rules, 0) == 0)
    finally:
        os.close(rules)
