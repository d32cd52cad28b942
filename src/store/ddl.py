"""What the database holds beside tables: schemas, and triggers that keep the audit append-only."""

from sqlalchemy import Connection, text
from sqlalchemy.schema import CreateSchema

from . import tables_people, tables_sync, tables_work
from .tables import SCHEMAS, metadata

__all__ = ["EXTRAS", "create_all", "metadata"]

# Importing these modules is what fills the metadata.
_REGISTERED = (tables_people, tables_sync, tables_work)

EXTRAS: tuple[str, ...] = (
    """
    create function hub.refuse_change() returns trigger language plpgsql as $$
    begin
        raise exception '% is append-only', tg_table_schema || '.' || tg_table_name
            using errcode = 'restrict_violation';
    end
    $$
    """,
    """
    create trigger append_only before update or delete or truncate on hub.audit
        for each statement execute function hub.refuse_change()
    """,
    """
    create trigger append_only before update or delete or truncate on hub.audit_head
        for each statement execute function hub.refuse_change()
    """,
)
"""Statements after the tables, in order."""


def create_all(connection: Connection) -> None:
    """Create schemas, tables, indexes and triggers in an empty database."""
    for schema in SCHEMAS:
        connection.execute(CreateSchema(schema))
    metadata.create_all(connection, checkfirst=False)
    for statement in EXTRAS:
        connection.execute(text(statement))
