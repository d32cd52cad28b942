"""From mirrored rows to the ``given`` of every entry point, as domain/mapping.md says; pure."""
