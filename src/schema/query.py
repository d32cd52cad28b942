"""The root type: what the modules contribute, side by side."""

import strawberry

from .viewer import ViewerQuery

__all__ = ["Query"]


@strawberry.type(
    description="查詢。除 viewer 外均可為空:一個欄位被拒不影響其餘。 Questions. All but viewer may be null: one "
    "refused field does not take the rest of the answer with it."
)
class Query(ViewerQuery):
    """Questions."""
