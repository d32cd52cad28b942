"""What every type is built from: nodes, pages, provenance, citations, user errors."""

from datetime import date, datetime
from typing import Annotated, Generic, TypeVar

import strawberry

from ..domain.submission import UserError as UserErrorValue
from ..rules.law import citation
from .enums import Freshness, Lang, Registry
from .fields import computed, shown
from .labels import sentence

__all__ = [
    "After",
    "AsOf",
    "Citation",
    "Connection",
    "DateRange",
    "Edge",
    "First",
    "LangArg",
    "Node",
    "PageInfo",
    "Provenance",
    "UserError",
    "cite",
]

LangArg = Annotated[
    Lang,
    strawberry.argument(description="語言,預設中文。 Language; Chinese unless said otherwise."),
]
AsOf = Annotated[
    date | None,
    strawberry.argument(
        description="判定日,預設業務日。 Day asked about; default the business day."
    ),
]
First = Annotated[
    int | None,
    strawberry.argument(description="筆數,至多 100,預設 20。 Rows, at most 100; default 20."),
]
After = Annotated[
    str | None,
    strawberry.argument(
        description="自此游標之後。 Cursor of the row before the first one wanted."
    ),
]


@strawberry.interface(
    description="具樞紐識別碼之物件。 Anything with an id of the hub's own, opaque and lasting."
)
class Node:
    """Anything with an id of the hub's own."""

    id: strawberry.ID = strawberry.field(description="樞紐識別碼。 The hub's own id.")

    @classmethod
    def resolve_type(cls, value: object, *_: object) -> str:
        """The GraphQL type of a domain object: the name of its class."""
        return type(value).__name__

    @classmethod
    def is_type_of(cls, *_: object) -> bool:
        """A field's type is trusted: what is shown are objects of ``resolvers``, not of this package."""
        return True


@strawberry.type(description="一段日期,首尾均含。 A range of days, both included.")
class DateRange:
    """A range of days."""

    start: date = strawberry.field(name="from", description="起日。 First day.")
    end: date | None = strawberry.field(name="to", description="迄日。 Last day; null when open.")


@strawberry.type(description="資料來源與新鮮度。 Where a fact comes from and how fresh it is.")
class Provenance:
    """Where a fact comes from."""

    registry: Registry | None = strawberry.field(
        description="登錄系統;查詢者提供者為空。 Null for declared facts."
    )
    source_id: strawberry.ID | None = strawberry.field(
        description="機關之鍵值。 The agency's own key of the record."
    )
    as_of: datetime | None = strawberry.field(
        description="機關之異動時間。 The agency's own time of change."
    )
    synced_at: datetime | None = strawberry.field(
        description="樞紐取得時間。 When the hub took it over."
    )
    freshness: Freshness = strawberry.field(description="新鮮度。 Freshness.")


@strawberry.type(description="法源。 A citation of the text that a statement rests on.")
class Citation:
    """A citation of a legal text."""

    code: str = strawberry.field(description="引用代碼。 As cited: law, version, article.")
    law: str = strawberry.field(description="法規或文件名稱。 Official title.")
    article: str = strawberry.field(
        description="條-項-款。 Article, paragraph, item; may be empty."
    )
    version: date | None = strawberry.field(description="公布日。 Day of promulgation.")
    url: str | None = strawberry.field(description="公開網址。 Public address, where there is one.")
    zh: strawberry.Private[str]
    en: strawberry.Private[str]

    @computed("法源全稱。 The citation as a reader writes it.")
    def label(self, lang: LangArg = Lang.ZH) -> str:
        """The citation in words."""
        return self.zh if lang is Lang.ZH else self.en


def cite(code: str | None) -> Citation | None:
    """The citation written as ``code``; None where there is none."""
    return None if code is None else shown(citation(code), Citation)


@strawberry.type(
    description="可由使用者更正之錯誤。 Something that the caller can put right: data, not a failure."
)
class UserError:
    """An error of input or of business, as data; wraps ``domain.submission.UserError``."""

    code: str = strawberry.field(description="錯誤代碼。 Stable code.")
    field: list[str] | None = strawberry.field(
        default=None, description="輸入欄位路徑。 Path of the input field."
    )
    file: str | None = strawberry.field(default=None, description="檔名。 File.")
    row: int | None = strawberry.field(
        default=None,
        description="列號:檔案以標題列為 1,輸入以首筆為 1。 Line of the sheet, header 1; of rows sent "
        "as input the position from 1.",
    )
    found: str | None = strawberry.field(
        default=None,
        description="所填之值;涉及個人者不重複。 What stood there; never what is about a person.",
    )
    zh: strawberry.Private[str | None] = None
    en: strawberry.Private[str | None] = None
    expected_en: strawberry.Private[str | None] = None

    @computed("應有之值。 What was expected.")
    def expected(self, lang: LangArg = Lang.ZH) -> str | None:
        """What should have stood there."""
        told = shown(self, UserErrorValue)
        return told.expected if lang is Lang.ZH else told.expected_en or told.expected

    @computed("說明。 The message.")
    def message(self, lang: LangArg = Lang.ZH) -> str:
        """The message in words; the agency's own text where the code is the agency's."""
        found = sentence(self.code, lang)
        own = self.zh if lang is Lang.ZH else self.en or self.zh
        return own or found if found == self.code else found


@strawberry.type(description="分頁資訊。 Where a page stands.")
class PageInfo:
    """Where a page stands."""

    has_next_page: bool = strawberry.field(description="是否尚有下一頁。 Whether more rows follow.")
    has_previous_page: bool = strawberry.field(
        description="是否有前一頁。 Whether rows stand before this page."
    )
    start_cursor: str | None = strawberry.field(description="首筆游標。 Cursor of the first row.")
    end_cursor: str | None = strawberry.field(description="末筆游標。 Cursor of the last row.")


T = TypeVar("T")


@strawberry.type(description="頁中之一筆。 A row of a page.")
class Edge(Generic[T]):
    """A row of a page."""

    node: T = strawberry.field(description="物件。 The object.")
    cursor: str = strawberry.field(description="游標。 Its cursor.")


@strawberry.type(description="分頁清單,順序穩定。 A page of a list that grows, in a stable order.")
class Connection(Generic[T]):
    """A page of a list."""

    edges: list[Edge[T]] = strawberry.field(description="含游標之各筆。 Rows with their cursors.")
    nodes: list[T] = strawberry.field(description="各筆。 The objects alone.")
    page_info: PageInfo = strawberry.field(description="分頁資訊。 Where the page stands.")
    total_count: int | None = strawberry.field(
        description="總筆數;未選取則不計算。 Rows in all; counted only when asked for."
    )
    sources: list[Provenance] = strawberry.field(
        description="清單所據之資料來源。 The registries that the list rests on."
    )
    as_of: date = strawberry.field(description="業務日。 The business day of the answer.")
