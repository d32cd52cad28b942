"""Persons: where the registries meet."""

from collections.abc import Awaitable, Iterable
from datetime import date
from typing import TYPE_CHECKING, Annotated, cast

import strawberry

from ..domain.decision import Finding as DomainFinding
from ..resolvers import (
    activities,
    certificates,
    further_decisions,
    objects,
    people,
    renewals,
    sharing_reports,
)
from .activities import Activity
from .certificates import Certificate, Declared, RuleCode
from .context import Info
from .decisions import Decision, Finding
from .enums import IdentifierKind, Registry
from .fields import computed, shown
from .nodes import After, AsOf, Connection, First, Node, Provenance
from .selection import selects

if TYPE_CHECKING:
    from .sharing import SharingReport

__all__ = ["Identifier", "Person", "RegistriesArg", "RegistryRecord"]

RegistriesArg = Annotated[
    list[Registry] | None,
    strawberry.argument(
        description="登錄系統,預設權杖可讀取者。 Registries; default all that the token may read."
    ),
]


@strawberry.type(description="證號。 A person's number as a registry holds it.")
class Identifier:
    """A number; wraps ``resolvers.objects.Identifier``."""

    registry: Registry = strawberry.field(description="登錄系統。 Registry.")
    kind: IdentifierKind | None = strawberry.field(
        description="證號類別;形式不符者為空。 Kind; null where no shape fits."
    )
    masked: str = strawberry.field(description="遮罩後之證號。 The number, masked.")
    check: str = strawberry.field(
        description="檢核結果:valid、id_format、id_checksum。 What its check digit says."
    )
    current: bool = strawberry.field(description="是否為現用證號。 Whether it is the current one.")
    nationality: str | None = strawberry.field(
        description="國籍(護照)。 Nationality, of passports."
    )

    @computed("完整證號。 The number in clear.")
    def value(self, info: Info) -> str | None:
        """The number in clear."""
        return people.clear_number(info.context.hub, shown(self, objects.Identifier))


@strawberry.type(description="單一登錄系統之人員紀錄。 What one registry says of a person.")
class RegistryRecord:
    """A record; wraps ``resolvers.objects.RegistryRecord``."""

    registry: Registry = strawberry.field(description="登錄系統。 Registry.")
    state: str = strawberry.field(
        description="狀態:known、absent、stale、unavailable。 What is known of the person there."
    )
    provenance: Provenance = strawberry.field(description="資料來源。 Where it comes from.")
    source_ids: list[strawberry.ID] = strawberry.field(
        description="機關之鍵值。 The agency's own keys."
    )
    name: str | None = strawberry.field(description="姓名。 Name.")
    name_en: str | None = strawberry.field(description="英文姓名。 English name.")
    birth_date: date | None = strawberry.field(description="出生日期。 Birth date.")
    nationality: str | None = strawberry.field(description="國籍別。 Nationality, as recorded.")
    county: str | None = strawberry.field(
        description="所載縣市(非服務縣市)。 County on record: not the county of work."
    )
    employer: str | None = strawberry.field(description="服務機構。 Employer.")
    job_title: str | None = strawberry.field(description="職稱。 Job title.")
    profession: str | None = strawberry.field(description="人員類別。 Profession, as recorded.")
    joined_on: date | None = strawberry.field(description="加入日期。 Day of joining.")
    phone: str | None = strawberry.field(description="電話。 Telephone.")
    email: str | None = strawberry.field(description="電子郵件。 E-mail.")
    address: str | None = strawberry.field(description="地址。 Address.")


_ROLE = Annotated[
    str,
    strawberry.argument(
        description="角色:登錄系統與類別,如 vr.case_manager。 Role: registry and type, such as vr.case_manager."
    ),
]
_FOR_ROLE = Annotated[
    str | None,
    strawberry.argument(
        description="角色,判定項目因角色而異者須提供。 Role; needed where the rule is about one."
    ),
]
_ACTIVE_ON = Annotated[
    date | None,
    strawberry.argument(description="僅列該日在效期內者。 Only those whose period holds this day."),
]
_FROM = Annotated[
    date | None,
    strawberry.argument(name="from", description="起日。 First day, included."),
]
_TO = Annotated[
    date | None, strawberry.argument(name="to", description="迄日。 Last day, included.")
]


def _told(findings: Iterable[DomainFinding]) -> list[Finding]:
    return [Finding(code=item.code, severity=item.severity, law=None, rule="") for item in findings]


async def _told_later(findings: Awaitable[Iterable[DomainFinding]]) -> list[Finding]:
    return _told(await findings)


@strawberry.type(
    description="人員:以證號於一個以上登錄系統查得之自然人。 A person found by number in one or more registries."
)
class Person(Node):
    """A person; wraps ``resolvers.objects.Person``."""

    masked_name: str = strawberry.field(description="遮罩後之姓名。 The name, masked.")
    name: str | None = strawberry.field(
        description="姓名(依職業重建、長照、勞工健康服務之順序)。 Name: first of VR, LTC, OSH."
    )
    birth_date: date | None = strawberry.field(
        description="出生日期(順序同姓名)。 Birth date, in the same order."
    )

    @computed("證號。 The person's numbers.")
    def identifiers(self) -> list[Identifier] | None:
        """Numbers."""
        return cast("list[Identifier]", people.identifiers(shown(self, objects.Person)))

    @computed("證書。 Certificates in the registries named, or in all that the token may read.")
    def certificates(
        self, registries: RegistriesArg = None, active_on: _ACTIVE_ON = None
    ) -> list[Certificate] | None:
        """Certificates."""
        found = certificates.certificates_of(shown(self, objects.Person), registries, active_on)
        return cast("list[Certificate]", found)

    @computed("學習活動,近者在前。 Learning activities, newest first.")
    def activities(
        self,
        info: Info,
        registries: RegistriesArg = None,
        start: _FROM = None,
        end: _TO = None,
        first: First = None,
        after: After = None,
    ) -> Connection[Activity] | None:
        """A page of activities."""
        found = activities.activities_of(
            shown(self, objects.Person),
            registries,
            start,
            end,
            first,
            after,
            total=selects(info, "totalCount"),
        )
        return cast("Connection[Activity]", found)

    @computed(
        "跨類採認報告:每一活動對每一證書。 Every activity against every certificate, with row and basis."
    )
    def sharing(
        self, as_of: AsOf = None, declared: Declared = None
    ) -> Annotated["SharingReport", strawberry.lazy(".sharing")] | None:
        """The sharing report."""
        found = sharing_reports.sharing_report(shown(self, objects.Person), as_of, declared)
        return cast("SharingReport", found)

    @computed("任用資格判定。 Whether the person may serve in a role on a day.")
    def eligibility(
        self, role: _ROLE, as_of: AsOf = None, declared: Declared = None
    ) -> Decision | None:
        """The eligibility decision."""
        asked = shown(self, objects.Person)
        return shown(renewals.eligibility(asked, role, as_of, declared), Decision)

    @computed(
        "以其他判定項目判定此人(如 vr.qualification、ltc.sharing)。 What another rule says of the person: "
        "vr.qualification, ltc.sharing and so on."
    )
    def decision(
        self,
        rule: RuleCode,
        role: _FOR_ROLE = None,
        as_of: AsOf = None,
        declared: Declared = None,
    ) -> Decision | None:
        """A decision of another rule."""
        asked = shown(self, objects.Person)
        found = further_decisions.person_decision(asked, rule, role, as_of, declared)
        return shown(found, Decision)

    @computed(
        "各登錄系統之紀錄不一致之處(如出生日期)。 What the registries' records of the person do not agree on, such as "
        "the birth date."
    )
    def findings(self) -> list[Finding] | None:
        """Findings about the records."""
        found = people.findings(shown(self, objects.Person))
        if isinstance(found, Awaitable):
            return cast("list[Finding]", _told_later(found))
        return _told(found)

    @computed("各登錄系統之紀錄。 One record per registry that the token may read.")
    def records(self) -> list[RegistryRecord] | None:
        """Records."""
        return cast("list[RegistryRecord]", people.records(shown(self, objects.Person)))
