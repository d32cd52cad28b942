"""Trainees as they come with a filing: a file (.csv, .ods, .xlsx), or rows."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from ..domain.errors import InvalidInput
from ..domain.submission import UserError
from ..roster.reading import RosterSheet, read_roster
from ..roster.trainees import TraineeSheet, read_trainees
from ..store.uploads import load_upload
from .context import Hub, Request
from .osh_plan import PlanTrainee

__all__ = ["MAX_TRAINEES", "GivenFile", "GivenTrainees", "load_file"]

MAX_TRAINEES = 2000
"""Rows of one roster: far above any class, far below what would make anybody wait."""


@dataclass(frozen=True, slots=True)
class GivenFile:
    """An uploaded file, read.

    Attributes:
        sheet: None where it could not be read; then ``error`` says why.
        digest: Of its content, hexadecimal.
    """

    upload: UUID
    name: str | None = None
    sheet: RosterSheet | None = None
    digest: str = ""
    error: UserError | None = None


async def load_file(
    hub: Hub, request: Request, upload: UUID | None, path: tuple[str, ...]
) -> GivenFile | None:
    """The caller's own upload as a table; None where none was given."""
    if upload is None:
        return None
    viewer = request.viewer
    async with hub.engine.connect() as connection:
        found = await load_upload(
            connection,
            hub.keys,
            upload,
            issuer=viewer.issuer,
            client_id=viewer.client_id,
            now=request.instant,
        )
    if found is None:
        return GivenFile(upload, error=UserError("upload_not_found", path))
    digest = found.sha256.hex()
    try:
        # Reading a workbook is work of the processor: others are served meanwhile.
        sheet = await asyncio.to_thread(read_roster, found.content, found.filename)
    except InvalidInput as error:
        told = UserError(error.code, path, found.filename, zh=error.zh, en=error.en)
        return GivenFile(upload, found.filename, None, digest, told)
    return GivenFile(upload, found.filename, sheet, digest)


@dataclass(frozen=True, slots=True)
class GivenTrainees:
    """The trainees of a filing: rows or a file, and what the institution declares of them all.

    Attributes:
        rows: As sent; None: no rows were sent.
        file: As uploaded; None: no file was sent.
        licence_verified: For rows that do not say themselves whether the qualification certificate
            was checked (OSH-R30).
        path: Field of the input that names the file.
    """

    rows: tuple[PlanTrainee, ...] | None = None
    file: GivenFile | None = None
    licence_verified: bool | None = None
    path: tuple[str, ...] = ("upload",)

    @property
    def given(self) -> bool:
        """Whether there are any at all."""
        return self.rows is not None or self.file is not None

    @property
    def filename(self) -> str | None:
        """Name of the file; None for rows."""
        return None if self.file is None else self.file.name

    def digest(self) -> Sequence[object]:
        """What of it belongs to the content of the filing."""
        return [
            None if self.file is None else self.file.digest,
            None if self.rows is None else [row.facts() for row in self.rows],
            self.licence_verified,
        ]

    def sheet(self, kind: str) -> TraineeSheet:
        """Rows of ``osh.roster`` with their lines."""
        if self.file is not None:
            if self.file.sheet is None:
                return TraineeSheet()
            return read_trainees(self.file.sheet, kind, licence_verified=self.licence_verified)
        return TraineeSheet(tuple(self._fact(row) for row in self.rows or ()))

    def _fact(self, row: PlanTrainee) -> dict[str, Any]:
        fact = row.facts()
        if row.licence_verified is None and self.licence_verified is not None:
            fact["licence_verified"] = self.licence_verified
        return fact

    def fault(self, path: tuple[str, ...]) -> UserError | None:
        """What is wrong with the whole, before its rows are looked at."""
        if self.rows is not None and self.file is not None:
            return UserError("file_or_rows", path)
        if self.file is not None and self.file.error is not None:
            return self.file.error
        count = len(self.rows or ())
        if self.file is not None and self.file.sheet is not None:
            count = len(self.file.sheet.rows or ()) - 1  # the header is nobody
        if count > MAX_TRAINEES:
            return UserError("too_many_rows", path, self.filename, None, f"<= {MAX_TRAINEES}")
        return None
