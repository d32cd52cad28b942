"""What the LTC registry contributes: its kind of certificate, with registrations."""

from datetime import date
from typing import cast

import strawberry

from ..resolvers import certificates, objects
from .certificates import Certificate
from .fields import computed, shown
from .nodes import Provenance

__all__ = ["LtcCertificate", "LtcRegistration"]


@strawberry.type(
    description="長照人員登錄或支援報備。 A registration or support notice of LTC staff."
)
class LtcRegistration:
    """A registration; wraps ``resolvers.objects.LtcRegistration``."""

    id: strawberry.ID = strawberry.field(description="機關之鍵值。 The agency's own key.")
    kind: str = strawberry.field(description="種類:registration、support。 Kind.")
    state: str = strawberry.field(description="狀態:active、ended。 State.")
    county: str | None = strawberry.field(description="縣市。 County.")
    county_code: str | None = strawberry.field(description="縣市代碼。 Code of the county.")
    unit_name: str | None = strawberry.field(description="服務單位。 Unit.")
    main: bool | None = strawberry.field(description="是否為主要登錄類別。 Main registration.")
    starts_on: date = strawberry.field(description="登錄日期。 First day.")
    ends_on: date | None = strawberry.field(description="註銷日期。 Last day; null while it runs.")
    provenance: Provenance = strawberry.field(description="資料來源。 Where it comes from.")


@strawberry.type(description="長期照顧服務人員認證證明文件。 A certificate of LTC personnel.")
class LtcCertificate(Certificate):
    """An LTC certificate; wraps ``resolvers.objects.LtcCertificate``."""

    track: str = strawberry.field(
        description="就業途徑:general、foreign_institution。 Track of employment."
    )
    kind: str = strawberry.field(description="證別:formal、temporary。 Formal or temporary.")
    credit_from: date | None = strawberry.field(
        description="積分起算日。 First day on which credits count."
    )
    original_valid_to: date | None = strawberry.field(
        description="原效期迄日(未展延)。 Last day before any extension."
    )
    registry_valid_to: date | None = strawberry.field(
        description="機關所載效期迄日。 Last day as the registry prints it."
    )
    pandemic_extended: bool | None = strawberry.field(
        description="是否因疫情展延(機關所載)。 Pandemic extension, as recorded."
    )
    renewal_count: int | None = strawberry.field(description="更新次數。 Renewals so far.")
    issued_by: str | None = strawberry.field(description="發證機關。 Who issued it.")

    @computed("登錄與支援報備,近者在前。 Registrations and support notices, newest first.")
    def registrations(self) -> list[LtcRegistration]:
        """Registrations."""
        found = certificates.registrations(shown(self, objects.LtcCertificate))
        return cast("list[LtcRegistration]", found)
