"""What the steps make, learnt in a database of its own beside the real one, which is thrown away.

A schema beside the tables would not do: steps build indexes outside of transactions, and functions name `public`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from models import migrating, schema_shape
from models.migration_session import CONNECT_TIMEOUT_S, opened
from models.takeover import shapes
from models.takeover.shapes import Shape

PREFIX = "drugsng_verify_"


def expected(database_url: str, last: str) -> Shape:
    """The schema after the step `last`. Raises psycopg.Error when no scratch database can be made, and CannotMigrate."""
    if last[:3] == "001":
        return shapes.version_1()
    if last[:3] == "002":
        return shapes.step_2()
    with _database(database_url) as url:
        migrating.migrate(url, to=last)
        with opened(url, lambda _: None) as session:
            return schema_shape.read(session.database)


@contextmanager
def _database(database_url: str) -> Iterator[str]:
    """A new database on the same server; what a killed run left behind is removed first."""
    parts = urlsplit(database_url)
    name = f"{PREFIX}{os.getpid()}"
    with psycopg.connect(
        database_url, autocommit=True, connect_timeout=CONNECT_TIMEOUT_S, application_name="drugsng-migrate"
    ) as connection:
        connection.execute("SET statement_timeout = '60s'")
        for (left,) in connection.execute(
            "SELECT datname FROM pg_database d WHERE starts_with(datname, %s) AND pg_has_role(datdba, 'USAGE')"
            " AND NOT EXISTS (SELECT FROM pg_stat_activity a WHERE a.datid = d.oid)",
            (PREFIX,),
        ).fetchall():
            with suppress(psycopg.Error):
                connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(left)))
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'").format(sql.Identifier(name)))
        try:
            yield urlunsplit(parts._replace(path=f"/{name}"))
        finally:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
