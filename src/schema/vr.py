"""What the VR registry contributes: its kind of certificate."""

from datetime import date
from typing import cast

import strawberry

from ..resolvers import certificates, objects
from .certificates import Certificate
from .fields import computed, shown
from .nodes import DateRange

__all__ = ["VrQualification"]


@strawberry.type(description="身心障礙者職業重建專業人員資格。 A qualification of the VR register.")
class VrQualification(Certificate):
    """A VR qualification; wraps ``resolvers.objects.VrQualification``."""

    clause: str | None = strawberry.field(
        description="遴用條款代碼(如 a7-1-3)。 Clause of appointment; null where it cannot be read."
    )
    clause_text: str | None = strawberry.field(description="遴用條款。 The clause as it came.")
    clause_note: str | None = strawberry.field(description="進用資格說明。 Note on the clause.")
    service_items: list[str] = strawberry.field(description="資格服務項目。 Groups served.")
    issued_on: date | None = strawberry.field(description="資格發函日期。 Day of the letter.")
    renewed_on: date | None = strawberry.field(description="資格更新日期。 Day of renewal.")
    received_on: date | None = strawberry.field(description="收件日期。 Day received.")
    reviewed_on: date | None = strawberry.field(description="審查日期。 Day reviewed.")
    document_no: str | None = strawberry.field(description="公文號。 Number of the letter.")
    waiver_document_no: str | None = strawberry.field(
        description="時數抵免公文號。 Letter that waived hours."
    )
    renewal_document_no: str | None = strawberry.field(
        description="資格更新發文字號。 Letter of renewal."
    )
    renewal_document_on: date | None = strawberry.field(
        description="資格更新發文日期。 Day of the letter of renewal."
    )
    social_work_20_credits: str | None = strawberry.field(
        description="已修習社工20學分。 Twenty credits of social work, as recorded."
    )
    extension_from: date | None = strawberry.field(
        description="資格展延起日。 First day of the extension on record."
    )
    extension_to: date | None = strawberry.field(
        description="資格展延迄日。 Last day of the extension on record."
    )
    ce_completed_on: date | None = strawberry.field(
        description="本次完成繼續教育日期。 Day continuing education was completed, as printed."
    )
    ce_due_on: date | None = strawberry.field(
        description="下次應完成繼續教育期限。 Day continuing education is due, as printed."
    )
    shortfall_text: str | None = strawberry.field(
        description="繼續訓練時數缺。 Hours missing, as printed."
    )

    @computed("已核准之展延(扣除)期間。 Leaves that were granted as deductions from the period.")
    def deductions(self) -> list[DateRange]:
        """Granted leaves."""
        found = certificates.deductions(shown(self, objects.VrQualification))
        return cast("list[DateRange]", found)
