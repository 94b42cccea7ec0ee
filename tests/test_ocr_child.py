"""The reading child: warm from file to file, ended by what it cannot survive, and nobody's word is taken for another's."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from local import programs
from tests import ocr_files
from tests.children import ROOT, Children, wait_until
from worker.ocr import reader as reader_module
from worker.ocr.reader import NoReader, Reader, ReaderDied, Unreadable

GOOD = ocr_files.saved(ocr_files.paper((300, 400)), "PNG")


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    """A reader whose child does what the file says (`ocr_pipelines.py`)."""
    made = stand_in()
    yield made
    made.close()


def stand_in(**how: object) -> Reader:
    return Reader(**{"pipeline": "tests.ocr_pipelines:read", "memory_mib": 300, **how})  # type: ignore[arg-type]


def asked(reader: Reader, command: str, timeout_s: float = 20.0) -> str:
    """What the child answers to a file that is a command."""
    return reader.read(f"{command} ".encode() if " " not in command else command.encode(), timeout_s=timeout_s).reading.text


def gone(pid: int) -> bool:
    """Whether no such process runs (one that is dead and not yet reaped by whoever should does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_a_file_comes_back_as_its_reading_and_two_pictures_a_page(reader: Reader) -> None:
    read = reader.read(GOOD, timeout_s=20)

    assert (read.reading.text, len(read.reading.pages)) == ("png auto False", 1)
    (page,) = read.pictures
    assert page.flat_jpeg[:2] == page.photo_jpeg[:2] == b"\xff\xd8"


def test_the_child_stays_from_file_to_file_also_after_one_that_cannot_be_read(reader: Reader) -> None:
    first = asked(reader, "pid")
    with pytest.raises(Unreadable, match="not_a_picture"):
        reader.read(b"PK\x03\x04", timeout_s=20)

    assert asked(reader, "pid") == first == str(reader.pid)


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("loop", "timeout"),
        ("eat", "memory"),
        ("eat-at-once", "memory"),
        ("eat-shared", "memory"),
        ("kill", "memory"),  # nobody of ours did it: as the kernel does when the machine runs out
        ("abort", "crashed"),
        ("segfault", "crashed"),
        ("exit", "crashed"),
        ("fail", "crashed"),
        ("garbage", "crashed"),
        ("lie", "crashed"),
        ("no-picture", "crashed"),
    ],
)
def test_what_a_file_does_to_the_child_has_a_name_and_the_next_file_is_read(reader: Reader, command: str, code: str) -> None:
    before = int(asked(reader, "pid"))

    with pytest.raises(ReaderDied) as death:
        asked(reader, command, timeout_s=1.0 if code == "timeout" else 20.0)

    assert death.value.code == code
    assert gone(before)
    assert asked(reader, "print on") == "printed"


def test_a_loop_ends_by_its_processor_time_even_if_nobody_watches_the_clock() -> None:
    reader, began = stand_in(cpu_s=0.2), time.monotonic()
    try:
        with pytest.raises(ReaderDied) as death:
            asked(reader, "loop", timeout_s=60)
    finally:
        reader.close()

    assert death.value.code == "timeout"
    assert time.monotonic() - began < 30


def test_what_went_wrong_is_told_by_type_and_place_and_never_in_words_of_the_paper(reader: Reader) -> None:
    with pytest.raises(ReaderDied) as death:
        asked(reader, "fail Adaeze Nwosu, Tramadol")

    assert death.value.detail.startswith("KeyError at ocr_pipelines.py:")
    assert "Adaeze" not in str(death.value)


def test_what_libraries_print_falls_neither_between_the_frames_nor_into_a_full_pipe(reader: Reader) -> None:
    assert asked(reader, "print TOLD") == "printed"
    assert asked(reader, "shout") == "shouted"


def test_the_child_is_told_no_secret(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    reader.close()
    monkeypatch.setenv("DATABASE_URL", "postgresql://user:secret@host/db")
    monkeypatch.setenv("WHATSAPP_ACCESS_TOKEN", "secret")

    told = asked(reader, "environment").split()

    assert set(told) <= {
        *("HOME", "LANG", "LC_CTYPE", "MALLOC_ARENA_MAX", "OMP_NUM_THREADS", "OMP_THREAD_LIMIT", "OPENBLAS_NUM_THREADS"),
        *("OPENCV_IO_MAX_IMAGE_PIXELS", "PATH", "PYTHONDONTWRITEBYTECODE", "TMPDIR"),
    }


def test_the_kernel_holds_memory_files_and_cores(reader: Reader) -> None:
    assert asked(reader, "limits Max data size") == str(300 * 1024 * 1024)
    assert asked(reader, "limits Max core file size") == "0"
    assert asked(reader, "limits Max file size") == str(64 * 1024 * 1024)
    assert int(asked(reader, "nice")) >= 5


def test_a_child_that_a_file_left_swollen_is_replaced(reader: Reader) -> None:
    before = asked(reader, "pid")

    assert asked(reader, "leak 240") == "leaked"

    assert reader.pid is None
    assert asked(reader, "pid") != before


def test_a_child_is_replaced_after_so_many_files() -> None:
    reader = stand_in(files_each=2)
    try:
        first, second, third = (asked(reader, "pid") for _ in range(3))
    finally:
        reader.close()

    assert first == second != third


def test_a_child_that_died_between_two_files_harms_neither(reader: Reader) -> None:
    killed = int(asked(reader, "pid"))
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: gone(killed), "the child to die")

    assert asked(reader, "pid") != str(killed)


def test_words_said_after_an_answer_are_not_taken_for_the_next_files(reader: Reader) -> None:
    before = asked(reader, "pid")
    asked(reader, "speak-later 0.1")
    time.sleep(0.8)  # nobody listens meanwhile, so that nobody could tell

    assert asked(reader, "pid") != before


def test_a_reader_that_cannot_start_says_what_is_missing_and_blames_no_file() -> None:
    reader = stand_in(pipeline="tests.nowhere:read")

    with pytest.raises(NoReader, match=r"No module named 'tests\.nowhere'") as told:
        reader.read(GOOD, timeout_s=20)

    assert told.value.code == "not_started"
    assert reader.pid is None


def in_thread(reader: Reader, command: str) -> tuple[threading.Thread, list[BaseException]]:
    """A thread that asks, and what came of it if that was an error."""
    errors: list[BaseException] = []

    def ask() -> None:
        try:
            asked(reader, command, timeout_s=30)
        except BaseException as error:  # noqa: BLE001  it is what the test looks at
            errors.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    return thread, errors


def test_the_child_outlives_the_thread_that_started_it(reader: Reader) -> None:
    reader.close()
    thread, _ = in_thread(reader, "pid")
    thread.join(20)
    started = reader.pid
    time.sleep(0.2)

    assert asked(reader, "pid") == str(started)


def test_a_second_file_waits_for_the_first_and_is_told_when_that_takes_all_the_time(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked(reader, "pid")
    monkeypatch.setattr(reader_module, "START_TIMEOUT_S", 0.1)  # or the wait to see would be a minute
    thread, errors = in_thread(reader, "sleep 1.5")
    wait_until(reader._lock.locked, "the first to have the child")

    with pytest.raises(NoReader, match="busy"):
        asked(reader, "pid", timeout_s=0.2)

    thread.join(20)
    assert errors == []


def test_closing_ends_a_file_that_is_being_read_and_blames_it_not(reader: Reader) -> None:
    asked(reader, "pid")
    thread, errors = in_thread(reader, "sleep 60")
    wait_until(reader._lock.locked, "it to be read")
    time.sleep(0.3)

    reader.close()
    thread.join(20)

    assert [str(error) for error in errors] == ["closed"]
    assert asked(reader, "print on") == "printed"


def test_a_talk_that_was_cut_short_is_not_continued_with_the_next_file(reader: Reader) -> None:
    """As Dramatiq's time limit does: an exception raised into the thread that waits."""
    asked(reader, "pid")
    thread, errors = in_thread(reader, "late 1.2")
    wait_until(reader._lock.locked, "it to be read")
    time.sleep(0.3)
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident or 0), ctypes.py_object(KeyboardInterrupt))
    thread.join(20)

    assert [type(error) for error in errors] == [KeyboardInterrupt]
    assert asked(reader, "print on") == "printed"


def test_what_the_child_started_ends_with_it(reader: Reader) -> None:
    started = int(asked(reader, "start"))

    with pytest.raises(ReaderDied):
        asked(reader, "abort")

    wait_until(lambda: gone(started), "the child's child to end")


def test_nobody_and_nothing_is_left_when_the_parent_is_killed(
    children: Children, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = (
        "import tempfile, sys; tempfile.tempdir = sys.argv[1]\n"
        "from worker.ocr.reader import Reader\n"
        "reader = Reader(pipeline='tests.ocr_pipelines:read', memory_mib=300)\n"
        "reader.read(b'start-and-loop ', timeout_s=100)\n"
    )
    folder = tmp_path / "temporary"
    folder.mkdir()
    parent = children.start([sys.executable, "-c", source, folder])
    wait_until(lambda: list(folder.glob("*/pids")), "the child to tell its numbers")
    (told,) = folder.glob("*/pids")
    wait_until(told.read_text, "the numbers")
    pids = [int(pid) for pid in told.read_text().split()]

    parent.stop(signal.SIGKILL)

    wait_until(lambda: all(map(gone, pids)), "child and grandchild to end")
    monkeypatch.setattr(tempfile, "tempdir", str(folder))  # the next reader of that machine
    reader = stand_in()
    reader.warm()
    reader.close()
    assert list(folder.iterdir()) == []


def walled(reader: Reader, wall: str) -> None:
    asked(reader, "pid")
    if wall not in reader.walls:
        pytest.skip(f"the kernel here has no wall around the {wall}")


def test_the_child_reads_nothing_that_it_has_no_use_for(reader: Reader, tmp_path: Path) -> None:
    walled(reader, "folders")
    (tmp_path / "a").write_text("x")

    places = [tmp_path / "a", "/etc/passwd", ROOT / "settings.py", f"/proc/{os.getpid()}/environ", Path.home() / ".profile"]
    assert [asked(reader, f"open {place}") for place in places] == ["PermissionError"] * len(places)
    assert asked(reader, f"write {tmp_path / 'b'}") == "PermissionError"


def test_the_child_reaches_no_network(reader: Reader) -> None:
    walled(reader, "network")

    assert asked(reader, "connect 9") == "PermissionError"


def test_without_walls_it_reads_all_the_same() -> None:
    reader = stand_in(walls=False)
    try:
        assert asked(reader, "print on") == "printed"
        assert reader.walls == ()
    finally:
        reader.close()


def test_its_group_is_its_own_so_that_ending_it_ends_nobody_else(reader: Reader) -> None:
    asked(reader, "pid")

    assert reader.pid in programs.group_members(reader.pid or 0)
    assert os.getpid() not in programs.group_members(reader.pid or 0)
