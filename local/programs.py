"""Programs a launcher starts: known by pid and start time, ended with it, and run without root's powers where that can be.

A pid alone proves nothing: the number is used again. A process is ours only if its start time is the one we wrote down.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

SHIM = Path(__file__).with_name("deathsig.py")
NOBODY = 65534


class CannotStart(Exception):
    """The one sentence for whoever started us: what is wrong and what to do. `exit_code` is what the command ends with."""

    def __init__(self, sentence: str, exit_code: int = 1) -> None:
        super().__init__(sentence)
        self.exit_code = exit_code


@dataclass(frozen=True, slots=True)
class Birth:
    """Which process this is: `started` is the boot and the kernel's tick (Linux) or the start date (elsewhere)."""

    pid: int
    started: str


@dataclass(frozen=True, slots=True)
class User:
    """Who a program runs as. `uid` -1: the launcher's own user. `wrapping`: a command put in front of the program."""

    uid: int = -1
    gid: int = -1
    wrapping: tuple[str, ...] = ()


def birth(pid: int) -> Birth | None:
    """The process that has this pid now, or None when there is none (a zombie is none)."""
    if sys.platform.startswith("linux"):
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        except (OSError, IndexError):
            return None
        return None if fields[0] in "ZX" else Birth(pid, f"{boot}/{fields[19]}")
    answer = subprocess.run(["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, timeout=10)
    state, _, started = answer.stdout.strip().partition(" ")
    return Birth(pid, started.strip()) if started and not state.startswith("Z") else None


def alive(known: Birth) -> bool:
    return birth(known.pid) == known


def group_members(group: int) -> list[int]:
    """The pids of a process group that still run (Linux; elsewhere only whether there are any, as the group's own number)."""
    if not sys.platform.startswith("linux"):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, 0)
            return [group]
        return []
    found = []
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        with contextlib.suppress(OSError, IndexError):
            fields = Path(f"/proc/{entry}/stat").read_text().rpartition(")")[2].split()
            if int(fields[2]) == group and fields[0] not in "ZX":
                found.append(int(entry))
    return found


def start(
    command: list[str],
    *,
    user: User,
    death_signal: int,
    cwd: Path,
    env: dict[str, str],
    output: int,
    text_in: str | None = None,
) -> subprocess.Popen[bytes]:
    """The running program, in a session of its own, so that a Ctrl-C in the terminal reaches the launcher alone.

    `text_in` is given to it on stdin. Call it on the main thread, and best in a process without other threads: the kernel counts
    the death of the *thread* that is a child's parent, and sends the signal once for each such death.
    """
    numbers = (os.getpid(), int(death_signal), user.uid, user.gid)
    shim = [os.path.realpath(sys.executable), "-I", "-S", str(SHIM), *map(str, numbers)]
    process = subprocess.Popen(
        [*user.wrapping, *shim, *command],
        stdin=subprocess.PIPE if text_in is not None else subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        cwd=cwd,
        env=env,
        start_new_session=True,
    )
    if text_in is not None and process.stdin is not None:
        with contextlib.suppress(BrokenPipeError):
            process.stdin.write(text_in.encode())
            process.stdin.close()
    return process


def end_stranded(known: Birth, steps: Sequence[tuple[int, float]]) -> bool:
    """Whether a process of a launcher that died was found and ended. `steps`: (signal, seconds to wait), gentle ones first.

    What is left of its process group (a worker whose main was killed) goes too.
    """
    found = alive(known)
    group = known.pid if found else 0
    for number, patience_s in steps:
        if not alive(known):
            break
        with contextlib.suppress(ProcessLookupError):
            os.kill(known.pid, number)
        deadline = time.monotonic() + patience_s
        while alive(known) and time.monotonic() < deadline:
            time.sleep(0.05)
    if group:
        end_group(group)
    return found


def end_group(group: int, patience_s: float = 3.0) -> None:
    """Nothing of this process group runs any more. Only for a group we made (`start` makes one for each program)."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        if not group_members(group):
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, number)
        deadline = time.monotonic() + patience_s
        while group_members(group) and time.monotonic() < deadline:
            time.sleep(0.05)


def choose_user(program: Path, writable: Path) -> User:
    """Who may run `program` and write below `writable`, without root's powers.

    PostgreSQL refuses root, and a user without a name in the list of users. Then: `nobody` when that one reaches both paths;
    otherwise a user namespace, in which our own files stay ours and no folder's rights are touched.

    Raises: CannotStart when neither works.
    """
    if os.geteuid() != 0 and _named(os.geteuid()):
        return User()
    if os.geteuid() == 0 and _nobody_reaches(program, writable):
        return User(uid=NOBODY, gid=NOBODY)
    wrapping = ("unshare", "--user", f"--map-user={NOBODY}", f"--map-group={NOBODY}", "--")
    try:
        tried = subprocess.run([*wrapping, str(program), "--version"], capture_output=True, timeout=20)
    except OSError:
        tried = None
    if tried is not None and tried.returncode == 0:
        return User(wrapping=wrapping)
    if os.geteuid() == 0:
        raise CannotStart(
            f"PostgreSQL does not run as root, and the user 'nobody' cannot reach {program.parent} and {writable}: "
            "run this as an ordinary user, move the project out of a closed folder, or set DATABASE_URL."
        )
    raise CannotStart(f"PostgreSQL needs a user with a name, and uid {os.geteuid()} has none: add one, or set DATABASE_URL.")


def lesser_user(program: Path, writable: Path) -> User:
    """`nobody` where root started us and that one reaches the program; else the launcher's own user."""
    if os.geteuid() == 0 and _nobody_reaches(program, writable):
        return User(uid=NOBODY, gid=NOBODY)
    return User()


def _named(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def _nobody_reaches(program: Path, writable: Path) -> bool:
    """Tried, not computed from mode bits: run the program as nobody, and ask as nobody whether the folder is within reach."""
    if not _named(NOBODY):
        return False
    for command in ([str(program), "--version"], ["test", "-x", str(writable)]):
        try:
            tried = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=20,
                cwd="/",
                user=NOBODY,
                group=NOBODY,
                extra_groups=[],
            )
        except (OSError, ValueError):
            return False
        if tried.returncode != 0:
            return False
    return True


def give(path: Path, user: User) -> None:
    """The folder and all in it belong to the user who will write there (only root can do that, only root needs it)."""
    if os.geteuid() != 0:
        return
    uid, gid = (user.uid, user.gid) if user.uid >= 0 else (0, 0)
    if path.stat().st_uid == uid:
        return
    for folder, _, names in os.walk(path, topdown=False):  # the top last: a half-done change is seen, and done again
        for name in names:
            os.chown(os.path.join(folder, name), uid, gid, follow_symlinks=False)
        os.chown(folder, uid, gid, follow_symlinks=False)
    os.chown(path, uid, gid, follow_symlinks=False)


def last_words(log: Path, lines: int = 4) -> str:
    """The end of a program's log on one line, for the sentence that says why it did not start."""
    with contextlib.suppress(OSError):
        found = [line.strip() for line in log.read_text(errors="replace")[-4000:].splitlines() if line.strip()]
        return " / ".join(found[-lines:])[:600]
    return "it said nothing"
