"""The whole house for a test: web, workers, clock and the fake WhatsApp as real processes, with wires that can be made faulty.

    with House(folder, database_url, redis_url) as house:
        said = house.talk(house.people(3), each=4)
        house.settles(said)

What `settles` proves: everything said is stored once and answered once, each customer's answers left in
the order of their messages, and nothing waits any more.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
import urllib3

from local import environment, programs
from local.folder import free_port
from local.simulator import inbound, wire
from local.simulator.control import Simulator, words
from tests.children import ROOT, Child, Children, wait_until
from tests.proxy import Proxy
from tests.servers import Databases, ValkeyDatabases

# One after the other: a worker that lost its claim is found out in seconds here, in half a minute in production.
LEASE_S, UNSURE_WAIT_S = 5, 2
SECRET, TOKEN, NUMBER_ID, VERIFY_TOKEN = "secret-of-the-tests", "token-of-the-tests", "106540352242922", "verify-of-the-tests"
SETTLE_LIMIT_S = 60.0  # in which whatever can be done is done, on a machine that runs a whole suite beside it
WIRES = ("web-database", "web-redis", "worker-database", "worker-redis", "worker-graph", "clock-database", "clock-redis")

# Here processes die by our hand, not by a message: an event that met three deaths is not set aside.
SETTINGS = {"ODD_CIRCUIT_S": "2", "ODD_FLOWS": "1", "EVENT_MAX_DEATHS": "20"}

_serial = count(1)
_people = count(2348030000001)


@dataclass(frozen=True, slots=True)
class Said:
    """A message a customer sent: its id, and a word that only its answer has."""

    number: str
    word: str
    id: str

    @property
    def text(self) -> str:
        return f"find {self.word}"


class House:
    """`wire[name]` are the proxies (WIRES). Processes are in `web`, `workers`, `clocks`; `sim` is the outside world."""

    def __init__(self, folder: Path, database_url: str, redis_url: str, **env: str) -> None:
        self.children = Children(folder)
        self.folder = folder
        self.database_url, self.redis_url = database_url, redis_url
        self.wire: dict[str, Proxy] = {}
        self.lines = environment.procfile(ROOT / "Procfile")
        self.port = free_port(None)
        self.web: Child | None = None
        self.workers: list[Child] = []
        self.clocks: list[Child] = []
        self._env = env
        self._made_with: dict[int, tuple[str, dict[str, str]]] = {}
        self._db: psycopg.Connection[Any] | None = None
        self.sim = Simulator.start(
            webhook_url=self.webhook_url,
            app_secret=SECRET,
            access_token=TOKEN,
            phone_number_id=NUMBER_ID,
            verify_token=VERIFY_TOKEN,
            window="off",  # what is posted past the simulator opens no window there; tests close windows by faults
            webhook_retry_s=0.2,
            webhook_retry_most_s=1.0,
            webhook_retries=60,
        )

    # ------------------------------------------------------------------------------------------------ start and stop

    def open(self, *, workers: int = 1, clocks: int = 1) -> Self:
        """Everything runs and answers."""
        self.start_web()
        for _ in range(workers):
            self.start_worker()
        for _ in range(clocks):
            self.start_clock()
        self.ready()
        return self

    def ready(self) -> None:
        """Web answers, every worker takes messages, every clock ticks."""
        if self.web:
            wait_until(lambda: self.get("/health")[0] == 200, "the web process", every_s=0.05)
        for worker in self.workers:
            worker.wait_for_output("ready for action")
        for clock in self.clocks:
            clock.wait_for_output("clock.started")

    def close(self) -> None:
        for each in self.wire.values():
            each.mode = "pass"
        self.children.end(patience_s=1.0)
        self.sim.stop()
        for each in self.wire.values():
            each.close()
        if self._db is not None:
            self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start_web(self, *, output: str = "", **env: str) -> Child:
        """`output`: the file its standard output goes to instead of the child's log."""
        self.web = self._start(self.lines["web"] + (f" >{output} 2>&1" if output else ""), "web", env)
        return self.web

    def start_worker(self, module: str = "tests.odd_worker", *, output: str = "", **env: str) -> Child:
        """One more. `module` stands in the place of worker.run; tests.odd_worker is the same but for what `env` asks of it."""
        child = self._start(
            self.lines["worker"].replace("worker.run", module) + (f" >{output} 2>&1" if output else ""), "worker", env
        )
        self.workers.append(child)
        self._made_with[child.pid] = (module, env)
        return child

    def restart_dead(self) -> None:
        """What a supervisor does: workers that ended by themselves are started again."""
        for worker in [w for w in self.workers if w.process.poll() is not None]:
            self.workers.remove(worker)
            module, env = self._made_with[worker.pid]
            self.start_worker(module, **env)

    def start_clock(self, **env: str) -> Child:
        child = self._start(self.lines["clock"], "clock", env)
        self.clocks.append(child)
        return child

    def _start(self, line: str, room: str, env: dict[str, str]) -> Child:
        told = {
            "DATABASE_URL": self.through(f"{room}-database", self.database_url),
            "REDIS_URL": self.through(f"{room}-redis", self.redis_url),
            "WHATSAPP_API_BASE_URL": self.through("worker-graph", self.sim.url) if room == "worker" else self.sim.url,
            "WHATSAPP_APP_SECRET": SECRET,
            "WHATSAPP_ACCESS_TOKEN": TOKEN,
            "WHATSAPP_PHONE_NUMBER_ID": NUMBER_ID,
            "WHATSAPP_VERIFY_TOKEN": VERIFY_TOKEN,
            "LEASE_SECONDS": str(LEASE_S),
            "UNSURE_WAIT_SECONDS": str(UNSURE_WAIT_S),
            "LOG_DIR": str(self.folder / "logs"),
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
            "PYTHONPATH": str(ROOT),
        }
        return self.children.start(["/bin/sh", "-c", f"exec {line}"], env=told | self._env | env)

    def through(self, name: str, url: str) -> str:
        """The same address by way of the wire of this name."""
        parts = urlsplit(url)
        assert parts.port
        if name not in self.wire:
            self.wire[name] = Proxy(parts.port)
        host = parts.netloc.rpartition("@")[0]
        return urlunsplit(parts._replace(netloc=f"{host + '@' if host else ''}127.0.0.1:{self.wire[name].port}"))

    # ------------------------------------------------------------------------------------------------ what happens to it

    def kill(self, child: Child) -> None:
        """SIGKILL to the process and all of its group, as a power cut would."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.process.wait(10)
        for held in (self.workers, self.clocks):
            if child in held:
                held.remove(child)

    def signal(self, child: Child, number: int) -> None:
        """A signal to the process and all of its group."""
        os.killpg(child.pid, number)

    @contextlib.contextmanager
    def faulty(self, name: str, mode: str, *, delay_s: float = 0.0, slice_bytes: int = 1) -> Iterator[Proxy]:
        """The wire is faulty inside the `with`, and whole afterwards."""
        chosen = self.wire[name]
        chosen.delay_s, chosen.slice_bytes = delay_s, slice_bytes
        chosen.mode = mode
        try:
            yield chosen
        finally:
            chosen.delay_s = 0.0
            chosen.mode = "pass"

    # ------------------------------------------------------------------------------------------------ customers

    def people(self, how_many: int) -> list[str]:
        """Numbers that nobody used before."""
        return [str(next(_people)) for _ in range(how_many)]

    def tell(self, number: str, *, wait: float = 0.0, extra: str = "", **more: Any) -> Said:
        """One message. With `wait`, returns when the front door took it."""
        word = f"zq{next(_serial)}x"
        return Said(number, word, self.sim.say(number, f"find {word}{extra}", wait=wait, **more))

    def talk(self, people: Iterable[str], each: int = 1, *, wait: float = 0.0) -> list[Said]:
        """Everybody says so many things, in turns."""
        people = list(people)
        return [self.tell(number, wait=wait) for _ in range(each) for number in people]

    def post(self, number: str, text: str, *, id: str = "", at: int | None = None, timeout_s: float = 10.0) -> tuple[int, float]:
        """One message in one signed webhook, posted once: (status, seconds). 0: no answer."""
        update = inbound.message(inbound.Sender(number, "", "Ada Obi"), inbound.text(text), id=id or None, at=at)
        return self.post_body(wire.encode(enveloped([update])), timeout_s=timeout_s)

    def post_body(self, body: bytes, *, timeout_s: float = 10.0, **headers: str) -> tuple[int, float]:
        """Exact bytes, signed."""
        began = time.monotonic()
        try:
            answer = self.sim.http.request(
                "POST", self.webhook_url, body=body, headers=wire.headers(SECRET, body) | headers, timeout=timeout_s
            )
        except urllib3.exceptions.HTTPError:
            return 0, time.monotonic() - began
        return answer.status, time.monotonic() - began

    def new(self, number: str) -> Said:
        """A message not said yet, for `post(said.number, said.text, id=said.id)`."""
        word = f"zq{next(_serial)}x"
        return Said(number, word, f"wamid.{word}{number}")

    # ------------------------------------------------------------------------------------------------ what came of it

    @property
    def webhook_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/webhook"

    def get(self, path: str, timeout_s: float = 5.0) -> tuple[int, bytes]:
        """(status, body) of a GET; 0 when there is no answer."""
        try:
            answer = self.sim.http.request("GET", f"http://127.0.0.1:{self.port}{path}", timeout=timeout_s)
        except Exception:  # noqa: BLE001 - whatever it is, there was no answer
            return 0, b""
        return answer.status, answer.data

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Straight from the database, past every wire; waits for one that is just recovering."""
        done = self._ask(query, values)
        return done.fetchall() if done.description else []

    def _ask(self, query: str, values: tuple[Any, ...]) -> psycopg.Cursor[Any]:
        for _ in range(100):
            try:
                if self._db is None or self._db.closed:
                    self._db = psycopg.connect(self.database_url, autocommit=True, connect_timeout=10)
                return self._db.execute(query, values)
            except psycopg.OperationalError:
                if self._db is not None:
                    self._db.close()
                time.sleep(0.1)
        raise AssertionError("the database did not come back")

    def states(self, said: Sequence[Said]) -> Counter[str]:
        """How many of these are in which state of the inbox; `missing` are not stored."""
        found = self.rows("""SELECT status FROM inbox WHERE "externalId" = ANY(%s)""", [s.id for s in said])
        states = Counter(row[0] for row in found)
        states["missing"] = len(said) - sum(states.values())
        return +states

    def waits(self, said: Sequence[Said]) -> str:
        """What still waits, in words; empty when all of it is done and sent, and no receipt is open."""
        states = self.states(said)
        if set(states) - {"done", "failed"}:
            return f"inbox: {dict(states)}"
        open_rows = self.rows(
            """SELECT status, count(*) FROM outbox WHERE status IN ('queued', 'sending', 'unsure') AND "customerId" IN
                   (SELECT "customerId" FROM inbox WHERE "externalId" = ANY(%s)) GROUP BY 1""",
            [s.id for s in said],
        )
        if open_rows:
            return f"outbox: {dict(open_rows)}"
        receipts = self.rows("""SELECT count(*) FROM delivery_receipts WHERE "settledAt" IS NULL AND callback <> '' """)
        return f"{receipts[0][0]} receipts" if receipts[0][0] else ""

    def drains(self, said: Sequence[Said], limit_s: float = SETTLE_LIMIT_S) -> None:
        """I4: within the limit and without a human nothing of theirs waits any more."""
        deadline = time.monotonic() + limit_s
        while waits := self.waits(said):
            assert time.monotonic() < deadline, f"after {limit_s:g} s there waits {waits}\n{self.stories()}"
            self.restart_dead()
            time.sleep(0.1)

    def settles(
        self, said: Sequence[Said], limit_s: float = SETTLE_LIMIT_S, *, failed: int = 0, at_least_once: Iterable[str] = ()
    ) -> None:
        """I1 to I4 for what was said: drained, answered once each and in order. `failed`: so many were set aside.

        Words in `at_least_once` may have been answered twice.
        """
        self.drains(said, limit_s)
        states = self.states(said)
        assert states == +Counter(done=len(said) - failed, failed=failed), f"{states}\n{self.stories()}"
        lenient = set(at_least_once)
        for number in dict.fromkeys(s.number for s in said):
            theirs = {s.word: s.id for s in said if s.number == number}
            order = self._stored_order(list(theirs.values()))
            wanted = sorted(theirs, key=lambda word: order[theirs[word]])
            heard = [word for message in self.sim.messages(number) for word in theirs if word in words(message["body"])]
            once = list(dict.fromkeys(heard)) if lenient else heard
            missing = [w for w in wanted if w not in once]
            assert len(missing) <= failed and once == [w for w in wanted if w in once], (
                f"{number}: {wanted} but {heard}\n{self.stories()}"
            )
            doubled = {word for word, times in Counter(heard).items() if times > 1} - lenient
            assert not doubled, f"{number}: twice {doubled}"
            self._each_row_once(number, lenient)

    def _stored_order(self, ids: list[str]) -> dict[str, int]:
        return dict(self.rows("""SELECT "externalId", id FROM inbox WHERE "externalId" = ANY(%s)""", ids))

    def _each_row_once(self, number: str, lenient: set[str]) -> None:
        """I2 by our own ids: no row of the outbox was accepted twice, and no event has two sets of answers."""
        accepted = self.sim.messages(number)
        tags = Counter(
            m["biz_opaque_callback_data"] for m in accepted if not lenient & {w for w in lenient if w in words(m["body"])}
        )
        assert not [tag for tag, times in tags.items() if times > 1], f"{number}: rows sent twice {tags}"
        order = [int(m["biz_opaque_callback_data"]) for m in accepted]
        assert lenient or order == sorted(order), f"{number}: rows out of order {order}"

    def stories(self) -> str:
        """The end of what each process said, for a failed assertion."""
        told = []
        for name, child in (("web", self.web), *(("worker", w) for w in self.workers), *(("clock", c) for c in self.clocks)):
            if child is not None:
                told.append(f"--- {name} {child.pid} (exit code {child.process.poll()})\n" + child.output()[-1500:])
        return "\n".join(told)


@pytest.fixture(scope="module")
def running(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    databases: Databases,
    valkey_databases: ValkeyDatabases,
) -> House:
    """One house for the scenarios of several modules: web, two workers, a clock. Starting it is what costs most."""
    stash = request.session.stash
    if _SHARED not in stash:
        stack = contextlib.ExitStack()
        request.session.addfinalizer(stack.close)
        database_url = stack.enter_context(databases.fresh())
        redis_url = stack.enter_context(valkey_databases.fresh())
        house = stack.enter_context(House(tmp_path_factory.mktemp("running"), database_url, redis_url, **SETTINGS))
        stash[_SHARED] = house.open(workers=2)
    return stash[_SHARED]


@pytest.fixture
def house_at_rest(running: House) -> Iterator[House]:
    """The shared house with everything whole and everybody running, whatever the scenario before it did."""
    running.restart_dead()
    running.ready()
    yield running
    running.sim.clear_faults()
    for each in running.wire.values():
        each.delay_s = 0.0
        each.mode = "pass"
    for child in (*running.workers, *running.clocks, running.web):
        if child is not None and child.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGCONT)


_SHARED = pytest.StashKey[House]()


def enveloped(updates: Sequence[inbound.Update]) -> dict[str, Any]:
    """A webhook body with these updates, for our number."""
    return inbound.envelope(updates, phone_number_id=NUMBER_ID, display_number=inbound.DISPLAY_NUMBER, waba_id=inbound.WABA_ID)


def group(child: Child) -> list[int]:
    """The pids of a process and those it started; the first is its own."""
    return sorted(programs.group_members(child.pid))
