"""What tests of prescriptions stand on: one in the database, a Meta with files, a reader and a catalogue that say what they are told."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from models import base, prescriptions, vault
from models.base import connection
from models.readings import Box, Item, Line, Page, Quality, Reading
from tests.factories import NOW, a_customer
from worker import prescription_reading
from worker import prescriptions as trade
from worker.errors import GatewayError
from worker.ocr.wire import PagePicture, Read

KEY, OLD_KEY = (Fernet.generate_key().decode() for _ in range(2))
JPEG = b"\xff\xd8\xff\xe0 a picture of a paper \xff\xd9"
TODAY = datetime.now(UTC)
_numbers = itertools.count(1)


@pytest.fixture(autouse=True)
def database(database_url: str, tmp_path: Path) -> Iterator[None]:
    """For a module that imports it: each test has a database and a vault of its own."""
    base.bind(database_url)
    vault.bind(str(tmp_path / "vault"), (KEY,))
    yield
    base.drop_connection()
    vault.bind("", ())


def an_inbox_row(customer: int) -> int:
    """The id of a message of this customer, answered already."""
    row = connection().execute(
        """INSERT INTO inbox (channel, "externalId", "customerId", kind, payload, status)
           VALUES ('whatsapp', %s, %s, 'image', '{}', 'done') RETURNING id""",
        (f"wamid.rx{next(_numbers)}", customer),
    )
    return int(row.fetchone()[0])


def a_prescription(customer: int = 0, *, media_id: str = "", **more: Any) -> int:
    """The id of a prescription that just came, of a new customer unless one is given."""
    customer = customer or a_customer()
    made = prescriptions.receive(
        customer, an_inbox_row(customer), kind="image", media_id=media_id or f"media{next(_numbers)}", now=NOW, **more
    )
    assert made is not None
    return made


def a_reading(**more: Any) -> Reading:
    """One page, one sure medicine, written a short while before NOW."""
    given: dict[str, Any] = {
        "pages": (Page(800, 600, quality=Quality(1, 1, 1, 20)),),
        "lines": (Line(0, Box(0.1, 0.1, 0.5, 0.05), "Tab Amoxil 500mg tds x 5/7", 0.98),),
        "items": (Item((0,), "Tab Amoxil 500mg tds x 5/7", "Amoxil", "500mg", sure=True),),
        "written_on": "2026-11-20",
    }
    return Reading(**given | more)


@dataclass
class Meta:
    """A WhatsApp that has these files. `troubles` come first, one each time something is fetched. `during` is called meanwhile."""

    files: dict[str, bytes] = field(default_factory=dict)
    troubles: list[Exception] = field(default_factory=list)
    fetched: list[str] = field(default_factory=list)
    during: Callable[[], None] = lambda: None

    def download(self, media_id: str, max_bytes: int, *, sha256: str = "") -> bytes:
        self.fetched.append(media_id)
        self.during()
        if self.troubles:
            raise self.troubles.pop(0)
        content = self.files.get(media_id, JPEG + media_id.encode())
        if len(content) > max_bytes:
            raise GatewayError(retryable=False, code="media_too_big", klass="bad_content")
        return content


@dataclass
class FakeReader:
    """Reads every file as `says`, after `troubles`. `during` is called while it reads."""

    says: Reading = field(default_factory=a_reading)
    troubles: list[Exception] = field(default_factory=list)
    during: Callable[[], None] = lambda: None
    read_files: list[str] = field(default_factory=list)

    def read(self, content: bytes, *, timeout_s: float) -> Read:
        self.read_files.append(hashlib.sha256(content).hexdigest())
        self.during()
        if self.troubles:
            raise self.troubles.pop(0)
        pictures = tuple(PagePicture(b"\xff\xd8\xff flat \xff\xd9", b"\xff\xd8\xff photo \xff\xd9") for _ in self.says.pages)
        return Read(self.says, pictures)

    def warm(self) -> None:
        """Always warm."""

    def close(self) -> None:
        """Nothing to end."""


def row(prescription_id: int, *columns: str) -> Any:
    """Values of one prescription; a single one without its tuple."""
    names = ", ".join(f'"{column}"' for column in columns)
    found = connection().execute(f"SELECT {names} FROM prescriptions WHERE id = %s", (prescription_id,)).fetchone()
    assert found is not None
    return found[0] if len(columns) == 1 else found


def events(name: str = "prescription_read") -> list[tuple[int, int]]:
    """(customer, prescription) of the events of this name."""
    return connection().execute(
        """SELECT "customerId", (payload->'data'->>'prescription_id')::bigint FROM inbox
           WHERE channel = 'house' AND payload->>'name' = %s ORDER BY id""",
        (name,),
    ).fetchall()  # fmt: skip


def due(prescription_id: int) -> None:
    """Its next try is due now."""
    connection().execute(
        """UPDATE prescriptions SET "nextTryAt" = now() - interval '1 second' WHERE id = %s""", (prescription_id,)
    )


def times(how_many: int, prescription_id: int) -> None:
    for _ in range(how_many):
        due(prescription_id)
        trade.read(prescription_id)


@dataclass
class Shop:
    """This process as the one that reads: a database, a vault, and peers where Meta and the reader's child would be."""

    meta: Meta
    reader: FakeReader
    folder: Path

    def files(self) -> list[Path]:
        return sorted(path for path in self.folder.rglob("*") if path.is_file())


@pytest.fixture
def shop(database_url: str, redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    from settings import current
    from worker import broker, house

    folder = tmp_path / "vault"
    values = {
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "MEDIA_URL": str(folder),
        "MEDIA_KEYS": KEY,
        "LEASE_SECONDS": "5",
    }
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    current.cache_clear()
    base.bind(database_url)
    house.open_vault()
    made = broker.connect(redis_url)
    peers = Shop(Meta(), FakeReader(a_reading(written_on=f"{TODAY - timedelta(days=3):%Y-%m-%d}")), folder)
    # The client, the reader and the matching have tests of their own; here their outcomes are chosen one by one.
    monkeypatch.setattr(house, "whatsapp", lambda: peers.meta)
    monkeypatch.setattr(prescription_reading, "reader", lambda: peers.reader)
    monkeypatch.setattr(prescription_reading, "understood", lambda read, known, number: read)
    yield peers
    trade._owed.clear()
    trade._alarmed.clear()
    base.drop_connection()
    vault.bind("", ())
    made.client.close()
    current.cache_clear()
