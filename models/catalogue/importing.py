"""A pharmacy's own list of products -> the two tables. The same list again changes nothing."""

from __future__ import annotations

import csv
import hashlib
import html
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from itertools import islice
from pathlib import Path
from typing import Any

from peewee import Database

from models.catalogue.registration import BadNumber, normal

BATCH = 500
MOST_ERRORS = 1000
MOST_PRICE_KOBO = 10_000_000_000  # a hundred million naira: more is a slip

# Column names of common lists, all lower case without signs.
HEADINGS = {
    "code": ("code", "sku", "id", "productcode", "itemcode", "barcode"),
    "name": ("name", "productname", "product", "drugname", "item", "brandname", "brand"),
    "generic": ("generic", "genericname", "activeingredient", "activeingredients", "ingredient", "ingredients", "substance"),
    "strength": ("strength", "strengths"),
    "form": ("form", "dosageform", "forms"),
    "route": ("route", "routes", "routeofadministration"),
    "pack": ("pack", "packsize", "presentation"),
    "registration": ("registrationnumber", "nrn", "nafdacno", "nafdacnumber", "nafdacregno", "regno", "nafdac", "registrationno"),
    "category": ("category", "productcategory"),
    "kind": ("kind",),
    "class": ("saleclass", "klass", "class", "marketingcategory"),
    "control": ("control",),
    "atc": ("atc", "atccode"),
    "manufacturer": ("manufacturer", "maker", "manufacturername", "brandowner"),
    "expires": ("registrationexpiresat", "expiry", "expirydate", "registrationexpiry"),
    "price": ("price", "pricenaira", "sellingprice", "unitprice", "amount"),
    "price_kobo": ("pricekobo",),
    "stock": ("stock", "quantity", "qty", "instock"),
    "description": ("description",),
    "image": ("imageurl", "image"),
    "active": ("active", "isactive", "status"),
}
_FIELD_OF = {heading: field for field, headings in HEADINGS.items() for heading in headings}

_CLASSES = {"otc": "otc", "overthecounter": "otc", "p": "otc", "pom": "pom", "rx": "pom", "prescription": "pom"}
_CLASSES |= {"prescriptiononly": "pom", "prescriptiononlymedicine": "pom", "overthecountermedicine": "otc", "": "unknown"}
_CLASSES |= {"unknown": "unknown"}
_HEALTH_CATEGORIES = ("medical device", "device", "first aid", "hygiene", "personal care", "baby care", "health supplies")
_NOTES = re.compile(
    r"#{1,}|\*{2,}|\((?:R|TM)\)|[\u00ae\u2122]"
    r"|_?\s*\((?:[^()]*\b(?:confirmation|duplicate|check|published|needed|to be confirmed)\b[^()]*)\)",
    re.IGNORECASE,
)
_BROKEN_ENTITY = re.compile(r"&(#?)(\d{2,5});")
_NOT_GIVEN = {"", "-", "--", "n/a", "na", "nil", "none", "null", "not available", "not available yet", "see composition"}


@dataclass(frozen=True, slots=True)
class RowProblem:
    """What is wrong with one row. `row` counts from 1 for the first row after the headings; `refused` rows are not taken in."""

    row: int
    sentence: str
    refused: bool = True


@dataclass(frozen=True, slots=True)
class Imported:
    added: int
    changed: int
    unchanged: int
    refused: int
    problems: tuple[RowProblem, ...]


def read_csv(path: str | Path) -> Iterator[dict[str, str]]:
    """Rows of a CSV file by our field names. UTF-8 (with or without mark), else Windows-1252; comma, semicolon or tab.

    Raises ValueError with a sentence when no column holds names. Unknown columns are ignored.
    """
    raw = Path(path).read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("cp1252", errors="replace")
    head = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=head.count)
    rows = csv.reader(text.splitlines(), delimiter=delimiter)
    headings = next(rows, [])
    fields = [_FIELD_OF.get(re.sub(r"[^a-z]", "", heading.lower())) for heading in headings]
    if "name" not in fields:
        raise ValueError(f'No column for the product\'s name among: {", ".join(headings)[:200]}. Call one of them "name".')
    for row in rows:
        if any(cell.strip() for cell in row):
            found: dict[str, str] = {"extra": str(max(0, len(row) - len(headings)))}
            for field, cell in zip(fields, row, strict=False):
                if field and not found.get(field):
                    found[field] = cell
            yield found


def import_rows(db: Database, rows: Iterable[Mapping[str, Any]]) -> Imported:
    """Takes rows in, in batches of 500, each its own transaction; may be run again with the same list.

    A row is found again by its `code` if it has one, else by name, strength, form, pack and register number together.
    A field that is missing keeps what is stored. A bad row is refused with a sentence and the others go on; a price that is
    missing is a remark, and such a product is shown without a price. Keys: see HEADINGS.
    """
    counts = {"added": 0, "changed": 0, "unchanged": 0, "refused": 0}
    problems: list[RowProblem] = []
    numbered = enumerate(rows, start=1)
    while batch := list(islice(numbered, BATCH)):
        ready: dict[tuple[str, str], dict[str, Any]] = {}
        for number, row in batch:
            try:
                kind, values, remarks = _prepared(row)
            except BadRow as e:
                counts["refused"] += 1
                problems.append(RowProblem(number, str(e)))
                continue
            problems += [RowProblem(number, remark, refused=False) for remark in remarks]
            ready[kind, values["importKey"]] = values
        with db.atomic():
            for kind in ("medicine", "health"):
                _store(db, kind, [values for (which, _), values in ready.items() if which == kind], counts)
    if counts["added"] + counts["changed"] >= BATCH:
        db.execute_sql("ANALYZE catalogue_entries")  # the planner goes by a table that was empty a moment ago otherwise
    return Imported(**counts, problems=tuple(problems[:MOST_ERRORS]))


class BadRow(ValueError):
    """The row cannot be taken in; the message is a sentence for whoever keeps the list."""


def cleaned(value: object) -> str:
    """One line of text without entities, editor's notes and doubled spaces."""
    text = html.unescape(_BROKEN_ENTITY.sub(r"&#\2;", str(value or "")))
    text = _NOTES.sub(" ", text).replace("\xa0", " ").replace("\x00", "")
    return re.sub(r"\s+", " ", text).strip(" _")


# ------------------------------------------------------------------------------------------------ one row


def _prepared(row: Mapping[str, Any]) -> tuple[str, dict[str, Any], list[str]]:
    """The kind, the column values and the remarks of a row. Raises BadRow."""
    text = {field: cleaned(row.get(field)) for field in HEADINGS}
    text = {field: "" if value.lower() in _NOT_GIVEN else value for field, value in text.items()}
    remarks: list[str] = []
    if len(text["name"]) < 2:
        raise BadRow("The row has no product name.")
    if len(text["name"]) > 255:
        raise BadRow("The name is longer than 255 characters; a column seems to have slipped.")
    kind = _kind(text)
    values: dict[str, Any] = {
        "name": text["name"],
        "category": text["category"] or ("Medicines" if kind == "medicine" else "Health products"),
        "genericName": text["generic"] or None,
        "pack": text["pack"] or None,
        "manufacturer": text["manufacturer"] or None,
        "registrationNumber": _registration(text["registration"]),
        "description": text["description"] or None,
        "imageUrl": text["image"] or None,
        "isActive": _active(text["active"]),
        "stock": _stock(text["stock"]),
        "priceKobo": _price(text),
    }
    if values["priceKobo"] is None:
        remarks.append("No price: the product is shown without one until it gets a price.")
    if kind == "medicine":
        values |= {
            "strength": text["strength"] or None,
            "form": text["form"] or None,
            "route": text["route"] or None,
            "atc": text["atc"][:16] or None,
            "saleClass": _class(text["class"]),
            "control": _control(text["control"]),
            "registrationExpiresAt": _day(text["expires"]),
        }
        if values["registrationExpiresAt"] and values["registrationExpiresAt"] < datetime.now(UTC).date():
            remarks.append(f"The registration ended on {values['registrationExpiresAt']:%d/%m/%Y}.")
    values["importKey"] = _key(text, values)
    return kind, values, remarks


def _kind(text: Mapping[str, str]) -> str:
    if text["kind"]:
        if text["kind"].lower() not in ("medicine", "health"):
            raise BadRow(f'Kind "{text["kind"][:40]}" is not known: write medicine or health.')
        return text["kind"].lower()
    return "health" if text["category"].lower().startswith(_HEALTH_CATEGORIES) else "medicine"


def _key(text: Mapping[str, str], values: Mapping[str, Any]) -> str:
    if text["code"]:
        if len(text["code"]) > 60:
            raise BadRow("The code is longer than 60 characters.")
        return f"code:{text['code']}"
    parts = (text["name"], text["strength"], text["form"], text["pack"], values["registrationNumber"] or "")
    return "row:" + hashlib.sha256("\x1f".join(part.lower() for part in parts).encode()).hexdigest()[:40]


def _registration(given: str) -> str | None:
    if not given:
        return None
    try:
        return normal(given)
    except BadNumber as e:
        raise BadRow(str(e)) from e


def _price(text: Mapping[str, str]) -> int | None:
    """Kobo. Naira may be written ₦1,250.00, N1250, 1.5k."""
    given = text["price_kobo"] or text["price"]
    if not given:
        return None
    number = re.sub(r"(?i)^(?:₦|ngn|n|#)\s*", "", given).replace(",", "").replace(" ", "")
    thousand = number[-1:].lower() == "k"
    try:
        amount = Decimal(number[:-1] if thousand else number)
    except InvalidOperation:
        raise BadRow(f'Price "{given[:40]}" is not an amount in naira.') from None
    amount *= (1000 if thousand else 1) * (1 if text["price_kobo"] else 100)
    if not amount.is_finite() or amount < 0 or amount > MOST_PRICE_KOBO:
        raise BadRow(f'Price "{given[:40]}" cannot be right.')
    if amount != amount.to_integral_value():
        raise BadRow(f'Price "{given[:40]}" has parts of a kobo.')
    return int(amount) or None


def _stock(given: str) -> int | None:
    if not given:
        return None
    try:
        count = Decimal(given.replace(",", ""))
    except InvalidOperation:
        raise BadRow(f'Stock "{given[:40]}" is not a number.') from None
    if not count.is_finite() or count != count.to_integral_value() or not 0 <= count < 10_000_000:
        raise BadRow(f'Stock "{given[:40]}" is not a whole number from 0.')
    return int(count)


def _class(given: str) -> str:
    found = _CLASSES.get(re.sub(r"[^a-z]", "", given.lower()))
    if found is None:
        raise BadRow(f'Class "{given[:40]}" is not known: write OTC or POM, or leave it empty.')
    return found


def _control(given: str) -> str:
    control = given.lower() or "none"
    if control not in ("none", "watch", "controlled"):
        raise BadRow(f'Control "{given[:40]}" is not known: write controlled, watch, or leave it empty.')
    return control


def _active(given: str) -> bool:
    word = given.lower()
    if word in ("", "active", "yes", "true", "1", "t", "y"):
        return True
    if word in ("inactive", "no", "false", "0", "f", "n", "discontinued", "withdrawn", "suspended"):
        return False
    raise BadRow(f'Active "{given[:40]}" is not known: write yes or no.')


def _day(given: str) -> date | None:
    if not given:
        return None
    for form in ("%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%d %B %Y", "%d %b %Y"):
        try:
            return datetime.strptime(given, form).replace(tzinfo=UTC).date()
        except ValueError:
            continue
    raise BadRow(f'Date "{given[:40]}" is not one we can read; write it as 2027-12-31.')


# ------------------------------------------------------------------------------------------------ storing

_TABLES = {
    "medicine": (
        "products",
        ("name", "category", "genericName", "pack", "manufacturer", "registrationNumber", "description", "imageUrl", "isActive",
         "stock", "priceKobo", "strength", "form", "route", "atc", "saleClass", "control", "registrationExpiresAt"),
    ),
    "health": (
        "healthcare_products",
        ("name", "category", "genericName", "pack", "manufacturer", "registrationNumber", "description", "imageUrl", "isActive",
         "stock", "priceKobo"),
    ),
}  # fmt: skip
_TYPES = {"isActive": "boolean", "stock": "integer", "priceKobo": "bigint", "registrationExpiresAt": "date"}


def _store(db: Database, kind: str, rows: list[dict[str, Any]], counts: dict[str, int]) -> None:
    """One statement for a batch: new rows are added, rows that differ are changed, the others are left untouched.

    The old system's price column (naira, double precision) is written beside the kobo, so that both always agree.
    """
    if not rows:
        return
    table, columns = _TABLES[kind]
    named = ", ".join(f'"{column}"' for column in columns)
    lists = ", ".join(f"%s::{_TYPES.get(column, 'text')}[]" for column in (*columns, "importKey"))
    changes = ", ".join(f'"{c}" = coalesce(excluded."{c}", t."{c}")' for c in columns if c != "priceKobo")
    # A price of 0 is "none given" here: the trigger that keeps kobo and naira in step has put it there.
    given = {c: f'nullif(excluded."{c}", 0)' if c == "priceKobo" else f'excluded."{c}"' for c in columns}
    differs = " OR ".join(f'({given[c]} IS NOT NULL AND t."{c}" IS DISTINCT FROM {given[c]})' for c in columns)
    done = db.execute_sql(
        f"""
        INSERT INTO {table} AS t ({named}, "importKey", price, "createdAt", "updatedAt")
        SELECT {named}, "importKey", coalesce("priceKobo", 0) / 100.0, now(), now() FROM unnest({lists}) AS given({named}, "importKey")
        ON CONFLICT ("importKey") DO UPDATE SET {changes}, "priceKobo" = coalesce({given["priceKobo"]}, t."priceKobo"),
            price = CASE WHEN {given["priceKobo"]} IS NULL THEN t.price ELSE excluded.price END, "updatedAt" = now()
        WHERE {differs}
        RETURNING (xmax = 0) AS added""",
        tuple([row[column] for row in rows] for column in (*columns, "importKey")),
    ).fetchall()
    added = sum(1 for (was_added,) in done if was_added)
    counts["added"] += added
    counts["changed"] += len(done) - added
    counts["unchanged"] += len(rows) - len(done)
