"""Run by Alembic: migrates over the connection that ``store.migrate`` hands in."""

from alembic import context

from certhub.store.ddl import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table_schema="hub",
    include_schemas=True,
)
with context.begin_transaction():
    context.run_migrations()
