"""Writes the first migration from the tables as they stand. Only while nothing is released.

Usage: python tools/initial_migration.py
"""

import io
from pathlib import Path

from sqlalchemy import create_mock_engine
from sqlalchemy.dialects import postgresql

from certhub.store import ddl
from certhub.store.tables import SCHEMAS

TARGET = Path(__file__).parent.parent / "src/store/migrations/versions/v0001_initial.py"

HEAD = '''"""The first schema.

Written by ``tools/initial_migration.py``; a test compares its result with the metadata.
"""

from alembic import op

revision = "0001"
down_revision = None

STATEMENTS = r"""
'''

TAIL = '''"""


def upgrade() -> None:
    """Create everything in an empty database."""
    for statement in STATEMENTS.split(";;"):
        if statement.strip():
            op.execute(statement)


def downgrade() -> None:
    """Back to an empty database."""
    for schema in ("vr", "ltc", "osh"):
        op.execute(f"drop schema {schema} cascade")
'''


def statements() -> list[str]:
    """The DDL of an empty database, in order."""
    out: list[str] = []
    dialect = postgresql.dialect()
    engine = create_mock_engine(
        "postgresql://", lambda sql, *_, **__: out.append(str(sql.compile(dialect=dialect)))
    )
    out.extend(f"create schema if not exists {schema}" for schema in SCHEMAS)
    ddl.metadata.create_all(engine, checkfirst=False)
    return [*out, *ddl.EXTRAS]


def main() -> None:
    """Write the file."""
    body = io.StringIO()
    for statement in statements():
        lines = [line.rstrip().replace("\t", "    ") for line in statement.strip().splitlines()]
        body.write("\n".join(lines) + "\n;;\n")
    TARGET.write_text(HEAD + body.getvalue() + TAIL, encoding="utf-8")


if __name__ == "__main__":
    main()
