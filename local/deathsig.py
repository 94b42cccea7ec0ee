"""Become a program that is told to stop when its launcher dies, whatever killed the launcher.

    python -I -S local/deathsig.py LAUNCHER_PID SIGNAL UID GID program [argument ...]

UID -1 keeps the user. A script of its own, and not a `preexec_fn`, because code between fork and exec may hang in a process that
has threads. It imports nothing of ours, so it starts in milliseconds. Linux only (PR_SET_PDEATHSIG); elsewhere it just becomes
the program, and the next start finds what was left over by pid and start time (`local/programs.py`).
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1  # <linux/prctl.h>


def become(arguments: list[str]) -> None:
    launcher, number, uid, gid = (int(argument) for argument in arguments[:4])
    program = arguments[4:]
    # Python ignores SIGPIPE, and a shell's background job ignores SIGINT: both would be inherited.
    for name in (signal.SIGPIPE, signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, signal.SIG_DFL)
    if uid >= 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if sys.platform.startswith("linux"):  # after setuid: a change of user clears it
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)
        if os.getppid() != launcher:  # it died before we could ask to be told
            os._exit(1)
    try:
        os.execv(program[0], program)
    except OSError as problem:
        sys.stderr.write(f"{program[0]}: {problem.strerror}\n")
        os._exit(127)


if __name__ == "__main__":
    become(sys.argv[1:])
