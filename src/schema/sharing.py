"""What crosses registries: lists of persons and certificates, sharing of credit, verification."""

from datetime import date
from typing import Annotated, cast

import strawberry

from ..domain.amounts import to_number
from ..domain.errors import InvalidInput
from ..domain.tw_id import IdentifierKind as Kind
from ..resolvers import (
    certificates,
    class_decisions,
    people,
    verify,
)
from .certificates import Certificate, Declared
from .context import Info
from .decisions import Decision
from .enums import CertificateOrder, IdentifierKind, Lang, PersonOrder, Registry
from .fields import computed, shown
from .labels import role_label, sentence
from .nodes import After, Citation, Connection, First, LangArg, cite
from .people import Person
from .scalars import Amount, Day
from .selection import selects

__all__ = [
    "CertificateFilter",
    "HolderFilter",
    "IdentifierInput",
    "PersonFilter",
    "SharedActivity",
    "SharingEntry",
    "SharingQuery",
    "SharingReport",
    "SharingRow",
    "checked_number",
]


@strawberry.type(
    description="採認所需之活動資料:名稱、日期、數值、類別。 Of a record only what the outcome needs."
)
class SharedActivity:
    """A record; wraps ``resolvers.sharing_reports.SharedActivity``."""

    id: strawberry.ID = strawberry.field(
        description="判定事實中之活動代碼。 The record's id among the facts."
    )
    source: str = strawberry.field(
        description="來源:vr、ltc、osh、medical_ce、social_worker_ce。 Where it comes from."
    )
    date: Day = strawberry.field(description="日期。 Its last day.")
    title: str | None = strawberry.field(description="名稱。 Title.")
    attribute: str | None = strawberry.field(description="屬性。 Attribute.")
    categories: list[str] = strawberry.field(description="類別代碼。 Categories.")
    points: Amount | None = strawberry.field(description="積分。 Points.")
    hours: Amount | None = strawberry.field(description="時數(未加成)。 Hours, not weighted.")


@strawberry.type(
    description="一筆紀錄對一張證書之結果。 The outcome of one record for one certificate."
)
class SharingEntry:
    """An outcome; wraps ``resolvers.sharing_reports.SharingEntry``."""

    activity: SharedActivity = strawberry.field(description="活動。 The record.")
    outcome: str = strawberry.field(description="結果:recognised、pending、refused。 The outcome.")
    code: str | None = strawberry.field(description="理由代碼。 Why; null when recognised.")
    amount: Amount | None = strawberry.field(
        description="採認數(目標單位)。 What counts, in the target's unit."
    )
    row: str | None = strawberry.field(description="對照表之列。 Row of the recognition matrix.")
    decision: str | None = strawberry.field(
        description="核定或不予採認決定之代碼。 Id of the approval or rejection."
    )
    law: strawberry.Private[str | None]

    @computed("說明。 The outcome in words.")
    def message(self, lang: LangArg = Lang.ZH) -> str:
        """The outcome in words."""
        return sentence(
            f"sharing.{self.code or self.outcome}",
            lang,
            activity=self.activity.title or self.activity.id,
            date=self.activity.date.isoformat(),
            row=self.row or "—",
            value="—" if self.amount is None else str(to_number(self.amount)),
        )

    @computed("依據。 The text it rests on.")
    def citation(self) -> Citation | None:
        """The citation."""
        return cite(self.law)


@strawberry.type(description="一張證書之全部結果。 All outcomes for one certificate.")
class SharingRow:
    """Outcomes; wraps ``resolvers.sharing_reports.SharingRow``."""

    registry: Registry = strawberry.field(description="登錄系統。 Registry of the certificate.")
    type: str = strawberry.field(
        description="證書類別,或 in_service(在職教育訓練義務)。 Its type, or in_service."
    )
    valid_from: date = strawberry.field(description="期間起日。 First day of the period.")
    valid_to: date = strawberry.field(description="期間迄日。 Last day of the period.")
    total: Amount = strawberry.field(description="採認合計。 What is recognised in all.")
    certificate: Certificate | None = strawberry.field(description="證書。 The certificate.")
    entries: list[SharingEntry] = strawberry.field(
        description="每一活動之結果,無一遺漏。 The outcome of every record; none is left out."
    )

    @computed("類別名稱。 The type in words.")
    def label(self, lang: LangArg = Lang.ZH) -> str:
        """The type in words."""
        return role_label(self.registry, self.type, self.type, lang)


@strawberry.type(
    description="跨類採認報告:每一活動對每一可見證書。 Every activity against every certificate that may be seen."
)
class SharingReport:
    """The report; wraps ``resolvers.sharing_reports.SharingReport``."""

    as_of: date = strawberry.field(description="判定日。 Day asked about.")
    decision: Decision = strawberry.field(
        description="判定 sharing.cross_registry;有不可見證書時為精簡。 The decision; minimal where a "
        "certificate may not be seen."
    )
    rows: list[SharingRow] = strawberry.field(description="逐證書之結果。 By certificate.")


@strawberry.input(description="持有之證書。 A certificate that somebody holds.")
class HolderFilter:
    """A (registry, type) that is held."""

    registry: Registry = strawberry.field(description="登錄系統。 Registry.")
    type: str | None = strawberry.field(
        default=None, description="類別代碼;未填為任一類別。 Type; any where left out."
    )

    def plain(self) -> tuple[str, str | None]:
        """Registry and type, without the registry's prefix."""
        kind = self.type
        return self.registry, None if kind is None else kind.removeprefix(f"{self.registry}.")


@strawberry.input(
    description="證書之篩選條件;各條件須同時符合。 Which certificates; all must hold."
)
class CertificateFilter:
    """Filter of ``certificates``."""

    registries: list[Registry] | None = strawberry.field(
        default=None,
        description="登錄系統,預設權杖可讀取者。 Default: all that the token may read.",
    )
    types: list[str] | None = strawberry.field(
        default=None, description="類別或角色代碼。 Types (care_worker) or roles (ltc.care_worker)."
    )
    counties: list[str] | None = strawberry.field(
        default=None,
        description="服務縣市(OSH 為辦訓縣市)代碼,以業務日為準。 County codes: of work on the business day; in "
        "OSH of the class.",
    )
    statuses: list[str] | None = strawberry.field(
        default=None,
        description="業務日之狀態:not_started、valid、window_open、extended、expired、ended。 Statuses on the "
        "business day.",
    )
    renewal_statuses: list[str] | None = strawberry.field(
        default=None, description="已存更新判定之狀態。 Statuses of the stored renewal decision."
    )
    expires_from: date | None = strawberry.field(
        default=None, description="效期迄日起。 First last day, included."
    )
    expires_to: date | None = strawberry.field(
        default=None, description="效期迄日迄。 Last last day, included."
    )
    holds_also: list[HolderFilter] | None = strawberry.field(
        default=None,
        description="持有人另具之證書(全部,不論狀態)。 Other certificates of the holder, all of them, whatever "
        "their status.",
    )
    short_of: list[str] | None = strawberry.field(
        default=None,
        description="未符合之要件代碼(任一)。 Requirement codes, any of which is not met.",
    )

    def plain(self) -> certificates.CertificateFilter:
        """The filter of the use case."""
        return certificates.CertificateFilter(
            None if self.registries is None else tuple(self.registries),
            tuple(self.types or ()),
            tuple(self.counties or ()),
            tuple(self.statuses or ()),
            tuple(self.renewal_statuses or ()),
            self.expires_from,
            self.expires_to,
            tuple(item.plain() for item in self.holds_also or ()),
            tuple(self.short_of or ()),
        )


@strawberry.input(description="人員之篩選條件;各條件須同時符合。 Which persons; all must hold.")
class PersonFilter:
    """Filter of ``people``."""

    counties: list[str] | None = strawberry.field(
        default=None, description="業務日之服務縣市代碼。 County codes of work on the business day."
    )
    holds: list[HolderFilter] | None = strawberry.field(
        default=None,
        description="持有之證書(全部,不論狀態)。 Certificates held, all of them, whatever their status.",
    )
    certificate: CertificateFilter | None = strawberry.field(
        default=None, description="至少一張證書符合。 At least one certificate fits."
    )

    def plain(self) -> people.PersonFilter:
        """The filter of the use case."""
        return people.PersonFilter(
            tuple(self.counties or ()),
            tuple(item.plain() for item in self.holds or ()),
            None if self.certificate is None else self.certificate.plain(),
        )


@strawberry.input(
    description="證號。未填類別時依形式判斷;護照須兼附類別與國籍。 A person's number; kind by shape where missing; "
    "a passport needs kind and nationality."
)
class IdentifierInput:
    """A number as a caller gives it."""

    kind: IdentifierKind | None = strawberry.field(default=None, description="類別。 Kind.")
    value: str = strawberry.field(description="證號。 The number.")
    nationality: str | None = strawberry.field(
        default=None, description="國籍(護照)。 Nationality, with a passport."
    )


_COUNTY = Annotated[str, strawberry.argument(description="縣市代碼(五碼)。 County code.")]
_YEAR = Annotated[int, strawberry.argument(description="西元年。 Gregorian year.")]


def checked_number(given: IdentifierInput, on: date) -> tuple[str, Kind]:
    """The normalised number and its kind.

    Raises:
        InvalidInput: ``identifier_invalid``.
    """
    number, kind = verify.check_number(given.value, given.kind, on)
    if kind is None or (kind is Kind.PASSPORT and not given.nationality):
        raise InvalidInput(
            "identifier: not a well-formed number of that kind; check it for a typing error",
            "identifier:證號形式或檢查碼不符,請確認有無誤植",
            code="identifier_invalid",
            details={"path": "identifier"},
        )
    return number, kind


@strawberry.type
class SharingQuery:
    """Root fields that cross registries."""

    @computed("以證號查詢一人,須完全相符。 One person, by exact number only.")
    async def person(
        self,
        info: Info,
        identifier: Annotated[
            IdentifierInput, strawberry.argument(description="證號。 The number.")
        ],
    ) -> Person | None:
        """A person, or null where nobody that may be seen has the number."""
        request = info.context.request
        number, kind = checked_number(identifier, request.business_day)
        found = await people.person_by_number(info.context.hub, request, number, kind)
        return cast("Person", found)

    @computed("人員清單。 Persons.")
    async def people(
        self,
        info: Info,
        filter: Annotated[  # noqa: A002 - the API's name
            PersonFilter, strawberry.argument(description="篩選條件。 Which persons.")
        ],
        order_by: Annotated[
            PersonOrder | None, strawberry.argument(description="排序。 Order; default by id.")
        ] = None,
        first: First = None,
        after: After = None,
    ) -> Connection[Person] | None:
        """A page of persons."""
        page = await people.people(
            info.context.hub,
            info.context.request,
            filter.plain(),
            (order_by or PersonOrder.ID).value,
            first,
            after,
            total=selects(info, "totalCount"),
        )
        return cast("Connection[Person]", page)

    @computed(
        "證書清單,依業務日之已存判定。 Certificates, by the stored decisions of the business day."
    )
    async def certificates(
        self,
        info: Info,
        filter: Annotated[  # noqa: A002 - the API's name
            CertificateFilter, strawberry.argument(description="篩選條件。 Which certificates.")
        ],
        order_by: Annotated[
            CertificateOrder | None,
            strawberry.argument(description="排序。 Order; default by last day, earliest first."),
        ] = None,
        first: First = None,
        after: After = None,
    ) -> Connection[Certificate] | None:
        """A page of certificates."""
        page = await certificates.certificates(
            info.context.hub,
            info.context.request,
            filter.plain(),
            (order_by or CertificateOrder.VALID_TO).value,
            first,
            after,
            total=selects(info, "totalCount"),
        )
        return cast("Connection[Certificate]", page)

    @computed(
        "職業重建個案管理計畫之人力數字。 The case-management plan's figures of a county in a year."
    )
    async def staffing(
        self, info: Info, county: _COUNTY, year: _YEAR, declared: Declared = None
    ) -> Decision | None:
        """The decision ``vr.staffing``."""
        answer = await class_decisions.staffing(
            info.context.hub, info.context.request, county, year, declared
        )
        return shown(answer, Decision)
