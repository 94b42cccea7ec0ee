"""Who may work at the counter: taken on, changed, dismissed; what each role may; and the command line the first owner comes from."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import psycopg
import pytest
from click.testing import CliRunner, Result

from models import audit, audit_search, base, passwords, sessions
from models import staff as people
from models.audit_search import Wish
from models.base import connection
from models.roles import RIGHTS, ROLES, Staff
from models.staff_cli import staff as commands
from models.values import Refused
from tests.children import wait_until
from tests.console import (
    PASSWORD,
    a_colleague,
    audited,
    cheap_hashes,  # noqa: F401 - a fixture
)
from tests.servers import Databases


@pytest.fixture(scope="module")
def house(databases: Databases) -> Iterator[str]:
    with databases.fresh() as url:
        yield url


@pytest.fixture(autouse=True)
def nobody_yet(house: str, cheap_hashes: None) -> Iterator[None]:
    """The same database without colleagues; the audit remembers those of the tests before, as nobody can delete from it."""
    base.bind(house)
    connection().execute("DELETE FROM staff")
    yield
    base.drop_connection()


def refusal(*given: object, **named: object) -> str:
    with pytest.raises(Refused) as caught:
        people.add(*given, **named)  # type: ignore[arg-type]
    return caught.value.code


# ------------------------------------------------------------------------------------------------------------ rights


STATUS = {"self", "today", "prescriptions.status", "threads.see", "visits.see", "hours.see", "labs.see"}
ORDERS = {"orders.see", "orders.move", "threads.answer", "visits.mark", "visits.change", "labs.mark", "labs.change"}
CARE = {"visits.notes", "labs.read"}  # what is clinical
HOURS = {"hours.change", "holidays.change"}


@pytest.mark.parametrize(
    ("role", "licence", "rights"),
    [
        ("owner", "", set(RIGHTS) - {"prescriptions.decide"}),
        ("owner", "PCN/1", set(RIGHTS)),
        ("admin", "", STATUS | ORDERS | HOURS | {"operations.see", "money.see", "money.act", "staff.see", "staff.change"}),
        ("pharmacist", "PCN/1", STATUS | ORDERS | CARE | {"prescriptions.read", "prescriptions.decide", "labs.results"}),
        ("support", "", STATUS | ORDERS | {"operations.see", "money.see"}),
        (
            "auditor",
            "",
            STATUS | CARE | {"operations.see", "orders.see", "money.see", "prescriptions.read", "staff.see", "audit.see"},
        ),
        ("doctor", "", {"self", "today", "visits.see", "visits.notes", "visits.mark", "hours.see", "hours.change"}),
    ],
)
def test_each_role_has_its_rights_and_no_other(role: str, licence: str, rights: set[str]) -> None:
    person = Staff(1, "a@b.example", "Ada", role, licence)

    assert {right for right in RIGHTS if person.may(right)} == rights


def test_nobody_has_a_right_that_is_not_in_the_table_and_who_is_deactivated_has_none() -> None:
    assert not Staff(1, "a@b.example", "Ada", "owner").may("prescriptions.delete")
    assert not Staff(1, "a@b.example", "Ada", "owner", active=False).may("today")
    assert set().union(*RIGHTS.values()) == set(ROLES)


# ---------------------------------------------------------------------------------------------------------- taking on


def test_a_new_colleague_signs_in_with_the_one_time_password_and_must_change_it() -> None:
    made, password = people.add("  Ngozi@Pharmacy.example ", "Ngozi  Eze", "pharmacist", "PCN/123")

    found = people.sign_in("ngozi@pharmacy.example", password)

    assert (made.email, made.name, made.licence_number) == ("ngozi@pharmacy.example", "Ngozi Eze", "PCN/123")
    assert found is not None
    assert found.must_change_password


def test_what_cannot_be_a_colleague_is_refused_with_its_reason() -> None:
    people.add("ada@pharmacy.example", "Ada Obi", "support")
    admin = a_colleague("admin")

    assert refusal("ADA@pharmacy.example", "Another Ada", "support") == "email_taken"
    assert refusal("ada", "Ada Obi", "support") == "bad_email"
    assert refusal("ada obi@pharmacy.example", "Ada Obi", "support") == "bad_email"
    assert refusal(f"{'a' * 200}@pharmacy.example", "Ada Obi", "support") == "bad_email"
    assert refusal("b@pharmacy.example", " ", "support") == "bad_name"
    assert refusal("b@pharmacy.example", "B\x00b", "support") == "bad_name"
    assert refusal("b@pharmacy.example", "Bobo", "king") == "unknown_role"
    assert refusal("b@pharmacy.example", "Bobo", "pharmacist") == "licence_needed"
    assert refusal("b@pharmacy.example", "Bobo", "pharmacist", "9" * 50) == "licence_too_long"
    assert refusal("b@pharmacy.example", "Bobo", "owner", by=admin) == "owners_only"


def test_the_password_itself_is_stored_nowhere(house: str) -> None:
    _, password = people.add("ada@pharmacy.example", "Ada Obi", "support")

    with psycopg.connect(house) as conn:
        rows = conn.execute("SELECT s::text FROM staff s UNION ALL SELECT a::text FROM audit a").fetchall()

    assert len(rows) >= 2
    assert not [row for row in rows if password in row[0]]


# ----------------------------------------------------------------------------------------------------------- changing


def test_another_role_ends_the_sessions_of_the_old_one() -> None:
    person, owner = a_colleague("pharmacist"), a_colleague("owner")
    token = sessions.start(person.id, hours=10)

    people.change_role(person.id, "support", "", by=owner)

    assert sessions.find(connection(), token, idle_minutes=30) is None
    assert people.get(person.id).role == "support"
    assert audited("staff_role_changed")[-1:] == [(owner.id, "staff", person.id, {"before": "pharmacist", "after": "support"})]


def test_nobody_changes_or_ends_their_own_account() -> None:
    owner = a_colleague("owner")
    a_colleague("owner")

    for act in (
        lambda: people.change_role(owner.id, "admin", "", by=owner),
        lambda: people.deactivate(owner.id, by=owner),
        lambda: people.renew_password(owner.id, by=owner),
    ):
        with pytest.raises(Refused, match="own_account"):
            act()


def test_an_admin_cannot_touch_an_owner_or_make_one() -> None:
    admin, owner, other = a_colleague("admin"), a_colleague("owner"), a_colleague("support")

    for act in (
        lambda: people.change_role(owner.id, "support", "", by=admin),
        lambda: people.change_role(other.id, "owner", "", by=admin),
        lambda: people.deactivate(owner.id, by=admin),
        lambda: people.renew_password(owner.id, by=admin),
    ):
        with pytest.raises(Refused, match="owners_only"):
            act()


def test_the_last_owner_stays_one() -> None:
    owner = a_colleague("owner")
    a_colleague("owner", active=False)

    with pytest.raises(Refused, match="last_owner"):
        people.deactivate(owner.id)
    with pytest.raises(Refused, match="last_owner"):
        people.change_role(owner.id, "admin", "")


def test_two_owners_who_dismiss_each_other_at_the_same_moment_leave_one() -> None:
    first, second = a_colleague("owner"), a_colleague("owner")
    start, outcomes = threading.Barrier(2), []

    def dismiss(by: Staff, whom: Staff) -> None:
        start.wait(10)
        try:
            people.deactivate(whom.id, by=by)
            outcomes.append("done")
        except Refused as refused:
            outcomes.append(refused.code)
        finally:
            base.drop_connection()

    both = [threading.Thread(target=dismiss, args=pair) for pair in ((first, second), (second, first))]
    for each in both:
        each.start()
    for each in both:
        each.join(20)

    assert sorted(outcomes) == ["done", "not_allowed"]
    assert connection().execute("SELECT count(*) FROM staff WHERE active").fetchone() == (1,)


def test_who_is_deactivated_is_out_at_once_and_back_with_a_new_one_time_password() -> None:
    person = a_colleague("support")
    token = sessions.start(person.id, hours=10)

    people.deactivate(person.id)
    gone = sessions.find(connection(), token, idle_minutes=30), people.sign_in(person.email, PASSWORD)
    _, password = people.renew_password(person.id, activate=True)

    assert gone == (None, None)
    assert people.sign_in(person.email, PASSWORD) is None
    assert people.sign_in(person.email, password) is not None


def test_a_one_time_password_nobody_used_for_a_week_opens_nothing() -> None:
    made, password = people.add("ada@pharmacy.example", "Ada Obi", "support")
    connection().execute("""UPDATE staff SET "passwordChangedAt" = now() - interval '8 days' WHERE id = %s""", (made.id,))

    assert people.sign_in(made.email, password) is None


# ---------------------------------------------------------------------------------------------------------- passwords


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("short", "too_short"),
        ("eleven char", "too_short"),
        ("x" * 201, "too_long"),
        ("aaaaaaaaaaaaaa", "too_simple"),
        ("abababababab", "too_simple"),
        ("123456789012", "too_simple"),
        ("Password1234", "too_common"),
        ("pass-word pass-word", "too_common"),
        ("drugsngdrugsng99", "too_common"),
        ("ngozi.eze2026", "own_name"),
        ("green mangoes fall", ""),
        ("ẹja ńlá ní odò", ""),
    ],
)
def test_a_password_that_would_be_tried_first_is_refused(password: str, why: str) -> None:
    assert passwords.weakness(password, own_words=("ngozi.eze@pharmacy.example", "Ngozi Eze")) == why


def test_the_same_letters_typed_on_another_keyboard_are_the_same_password() -> None:
    stored = passwords.hashed("caf\u00e9 au lait chaud")

    assert passwords.matches(stored, "cafe\u0301 au lait chaud")


def test_while_several_passwords_are_checked_the_next_are_told_at_once_to_come_again(monkeypatch: pytest.MonkeyPatch) -> None:
    free, outcomes = threading.Event(), []

    class Slow:
        """Argon2 that takes as long as the test wants: the real one may be done before the crowd is there."""

        def hash(self, password: str) -> str:
            free.wait(20)
            return "!"

    def check() -> None:
        try:
            outcomes.append(passwords.hashed("green mangoes fall"))
        except passwords.Busy:
            outcomes.append("busy")

    monkeypatch.setattr(passwords, "_hasher", Slow())
    inside = passwords.HASHING + passwords.WAITING
    crowd = [threading.Thread(target=check) for _ in range(8)]
    for each in crowd:
        each.start()
    wait_until(lambda: len(outcomes) == 8 - inside, "those who find no place", passwords.WAIT_S * 0.8)
    free.set()
    for each in crowd:
        each.join(20)

    assert outcomes == ["busy"] * (8 - inside) + ["!"] * inside


def test_one_time_passwords_are_strong_and_read_aloud_without_doubt() -> None:
    made = {passwords.one_time() for _ in range(200)}

    assert len(made) == 200
    assert all(not passwords.weakness(each) and not set("0o1il") & set(each) for each in made)


# -------------------------------------------------------------------------------------------------------------- audit


def test_the_audit_refuses_to_be_changed_or_emptied(house: str) -> None:
    audit.note(a_colleague("owner"), "prescription_seen", "prescription", 7, 9, {"page": 1}, address="127.0.0.1")

    for statement in ("UPDATE audit SET act = 'nothing'", "DELETE FROM audit"):
        with pytest.raises(psycopg.errors.RaiseException, match="append-only"):
            connection().execute(statement)

    assert [
        (e.act, e.subject_id, e.customer_id, e.detail) for e in audit_search.page(connection(), Wish(subject="prescription"))
    ] == [("prescription_seen", 7, 9, {"page": 1})]


# ------------------------------------------------------------------------------------------------------- command line


def run(house: str, *arguments: str) -> Result:
    return CliRunner().invoke(commands, list(arguments), env={"DATABASE_URL": house})


def test_the_first_owner_comes_from_the_command_line_with_a_printed_one_time_password(house: str) -> None:
    told = run(house, "add", "bisi@pharmacy.example", "--name", "Bisi Adeyemi", "--role", "owner")

    password = told.output.strip().splitlines()[-1].strip()
    base.bind(house)
    assert told.exit_code == 0
    assert people.sign_in("bisi@pharmacy.example", password) is not None
    assert connection().execute("""SELECT "staffName" FROM audit WHERE act = 'staff_added' ORDER BY id DESC""").fetchone() == (
        "command line",
    )


def test_the_command_line_lists_changes_and_deactivates(house: str) -> None:
    run(house, "add", "bisi@pharmacy.example", "--name", "Bisi Adeyemi", "--role", "owner")
    run(house, "add", "ada@pharmacy.example", "--name", "Ada Obi", "--role", "support")

    changed = run(house, "role", "ada@pharmacy.example", "pharmacist", "--licence", "PCN/77")
    renewed = run(house, "password", "ada@pharmacy.example")
    ended = run(house, "deactivate", "ada@pharmacy.example")
    listed = run(house, "list").output.splitlines()

    assert [r.exit_code for r in (changed, renewed, ended)] == [0, 0, 0]
    assert listed[0].split()[:2] == ["ada@pharmacy.example", "pharmacist"]
    assert "PCN/77" in listed[0]
    assert listed[0].endswith("deactivated")
    assert listed[1].startswith("bisi@pharmacy.example")


def test_the_command_line_says_no_in_a_sentence(house: str) -> None:
    run(house, "add", "bisi@pharmacy.example", "--name", "Bisi Adeyemi", "--role", "owner")

    for arguments, sentence in (
        (("add", "bisi@pharmacy.example", "--name", "Bisi", "--role", "owner"), "is there already"),
        (("add", "ngozi@pharmacy.example", "--name", "Ngozi", "--role", "pharmacist"), "--licence NUMBER"),
        (("deactivate", "bisi@pharmacy.example"), "last owner"),
        (("deactivate", "nobody@pharmacy.example"), "Nobody has this e-mail address"),
    ):
        told = run(house, *arguments)
        assert (told.exit_code, sentence in told.output) == (1, True), told.output
