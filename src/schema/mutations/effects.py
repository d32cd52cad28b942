"""What mutations that are no filings have in common: the key, errors and warnings, the receipt."""

from typing import TypedDict, cast

import strawberry

from ...resolvers.once import Done
from ..fields import shown
from ..nodes import UserError
from ..scalars import JSON

__all__ = ["KEY", "VALIDATE_ONLY", "EffectPayload", "outcome"]

KEY = "冪等鍵,8 至 255 字元;同鍵同內容得第一次之結果。 A new one per act; a repeat gets the first answer."
VALIDATE_ONLY = "僅檢核,不儲存。 Dry run: the same verdict, nothing stored."


@strawberry.interface(description="異動之結果。 What came of an act.")
class EffectPayload:
    """What every act answers."""

    errors: list[UserError] = strawberry.field(
        description="未執行之全部原因。 Why nothing was done; every error at once."
    )
    warnings: list[UserError] = strawberry.field(
        description="已執行,但應注意。 What should be known although it was done."
    )
    receipt: JSON | None = strawberry.field(
        description="簽章收據:content 與 jws。 Signed receipt: content and jws."
    )


class _Outcome(TypedDict):
    errors: list[UserError]
    warnings: list[UserError]
    receipt: JSON | None


def outcome(done: Done) -> _Outcome:
    """The fields that every payload shares."""
    return {
        "errors": [shown(error, UserError) for error in done.errors],
        "warnings": [shown(warning, UserError) for warning in done.warnings],
        "receipt": cast("JSON | None", done.receipt),
    }
