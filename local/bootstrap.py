"""Makes `.venv` from requirements.lock, once for each state of that file. Needs Python's standard library and nothing else.

    python3 local/bootstrap.py                        installs
    python3 local/bootstrap.py MODULE [ARGUMENT ...]  installs, then runs that module in .venv

Written for old Pythons too, so that one of those hears a sentence and not a SyntaxError.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
PYTHON = os.path.join(VENV, "bin", "python")
LOCK = os.path.join(ROOT, "requirements.lock")
STAMP = os.path.join(VENV, ".installed")
COMMAND = os.path.join(VENV, "bin", "drugsng")
OLDEST = (3, 11)


def stop(sentence):
    sys.stderr.write(sentence + "\n")
    sys.exit(1)


def wanted():
    """What the stamp holds when the packages are those of the lock: its hash."""
    with open(LOCK, "rb") as lock:
        return hashlib.sha256(lock.read()).hexdigest() + "\n"


def installed():
    try:
        with open(STAMP) as stamp:
            return stamp.read() == wanted() and works(PYTHON, "import sys")
    except OSError:
        return False


def works(python, code):
    try:
        return subprocess.call([python, "-c", code], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0
    except OSError:
        return False


def check_python():
    if sys.version_info < OLDEST:
        found = ".".join(str(part) for part in sys.version_info[:3])
        stop(f"Python 3.11 or newer is needed, and this is {found}: name another, as in `make run PYTHON=python3.13`.")
    try:
        import ensurepip  # noqa: F401 - Debian leaves it out of python3
        import venv  # noqa: F401
    except ImportError:
        stop("Python's venv is missing: run `apt-get install python3-venv` as root, then the same command again.")


def make_venv():
    if works(PYTHON, f"import pip, sys; assert sys.version_info >= {OLDEST!r}"):
        return
    if os.path.isdir(VENV):
        shutil.rmtree(VENV, ignore_errors=True)
    if subprocess.call([sys.executable, "-m", "venv", VENV]) != 0:
        stop(f"Python could not make {VENV} (its words are above): free some space or change the folder's rights.")


def install():
    print("installing the packages of requirements.lock into .venv (once; a minute or less)")
    sys.stdout.flush()
    pip = [PYTHON, "-m", "pip", "install", "-qq", "--no-input", "--disable-pip-version-check", "--no-warn-script-location"]
    pip += ["--root-user-action=ignore", "--only-binary=:all:", "--require-hashes", "-r", LOCK]
    if subprocess.call(pip) != 0:
        stop("The packages could not be installed (pip's words are above): is the package index within reach?")
    with open(COMMAND, "w") as command:
        command.write('#!/bin/sh\nhere="$(dirname "$0")"\nexec "$here/python" "$here/../../cli.py" "$@"\n')
    os.chmod(COMMAND, 0o755)
    with open(STAMP, "w") as stamp:
        stamp.write(wanted())


def main(arguments):
    if not installed():
        check_python()
        try:
            with open(LOCK, "rb") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)  # a second start waits for the first one's installation
                if not installed():
                    make_venv()
                    install()
        except OSError as problem:
            stop(f"{VENV} cannot be written ({problem.strerror or problem}): change its rights, or free some space.")
    elif os.access(STAMP, os.W_OK):
        os.utime(STAMP)  # for make, which goes by time
    if arguments:
        os.chdir(ROOT)
        os.execv(PYTHON, [PYTHON, "-m", *arguments])


if __name__ == "__main__":
    main(sys.argv[1:])
