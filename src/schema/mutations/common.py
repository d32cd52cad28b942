"""What every filing has in common in GraphQL: the ids of uploads, the payload."""

from typing import TYPE_CHECKING, Annotated, TypeVar
from uuid import UUID

import strawberry

from ...domain.errors import InvalidInput
from ...resolvers.filing import Filed
from ...resolvers.submissions import submissions_by_key
from ..context import Info
from ..fields import shown
from ..nodes import UserError

if TYPE_CHECKING:
    from ..submissions import Submission

__all__ = [
    "FilingPayload",
    "optional_upload",
    "payload",
    "upload",
    "upload_or_none",
]


@strawberry.interface(description="送件之結果。 What became of a filing.")
class FilingPayload:
    """What every filing answers."""

    submission: Annotated["Submission", strawberry.lazy("..submissions")] | None = strawberry.field(
        description="送件;僅檢核時為空。 The submission; null for a dry run."
    )
    errors: list[UserError] = strawberry.field(
        description="全部錯誤,逐列列出。 Every error at once, row by row."
    )
    warnings: list[UserError] = strawberry.field(
        description="警示:不妨礙送件。 What is to be noted; it stops nothing."
    )


P = TypeVar("P", bound=FilingPayload)


def upload(text: str, path: str) -> UUID:
    """The id that ``POST /uploads`` answered.

    Raises:
        InvalidInput: it is none; ``path`` names the field.
    """
    try:
        return UUID(text)
    except ValueError as error:
        raise InvalidInput(
            f"{path}: expected the id of an upload",
            f"{path}:應為上傳代碼",
            details={"path": path, "expected": "the id of an upload"},
        ) from error


def upload_or_none(text: str) -> UUID:
    """The same for use cases that say themselves that there is no such upload: an id nobody has."""
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)


def optional_upload(text: str | None, path: str) -> UUID | None:
    """The same, where the field may be left out."""
    return None if text is None else upload(text, path)


async def payload(info: Info, filed: Filed, kind: type[P]) -> P:
    """A filing's outcome as the payload ``kind`` of its mutation."""
    from ..submissions import Submission

    submission = None
    if filed.submission is not None:
        key = str(filed.submission)
        found = await submissions_by_key(info.context.hub, info.context.request, [key])
        submission = shown(found[key], Submission) if key in found else None
    errors = [shown(error, UserError) for error in filed.errors]
    warnings = [shown(warning, UserError) for warning in filed.warnings]
    return kind(submission=submission, errors=errors, warnings=warnings)
