"""Who the token is."""

from datetime import date, datetime

import strawberry

from ..auth.viewer import Viewer as ViewerValue
from .context import Info
from .enums import Registry
from .fields import computed, shown

__all__ = ["Viewer", "ViewerQuery"]


@strawberry.type(
    description="權杖之持有者:身分、範圍、可見資料列與利用目的。 Who the token is: scopes, rows, purposes."
)
class Viewer:
    """The caller; wraps ``auth.viewer.Viewer``."""

    subject: str = strawberry.field(description="主體。 Subject of the token.")
    client_id: str = strawberry.field(description="用戶端。 Client.")
    issuer: str = strawberry.field(description="發行者。 Issuer.")
    agency_type: str | None = strawberry.field(
        description="機關類型:central、local、institution、operator。 Type of agency."
    )
    agency_code: str | None = strawberry.field(description="機關代碼。 Code of the agency.")
    purpose: str | None = strawberry.field(description="本次利用目的。 Purpose of this request.")
    case_reference: str | None = strawberry.field(description="本次案號。 Case of this request.")
    expires_at: datetime | None = strawberry.field(description="權杖到期。 When the token ends.")

    @computed("授權範圍。 Scopes.")
    def scopes(self) -> list[str]:
        """Scopes, sorted."""
        return sorted(shown(self, ViewerValue).scopes)

    @computed("登錄系統。 Registries the token is competent for.")
    def registries(self) -> list[Registry]:
        """Registries, sorted."""
        return [Registry(code) for code in sorted(shown(self, ViewerValue).registries)]

    @computed("轄區縣市代碼,* 為全國。 County codes; * is nationwide.")
    def jurisdiction(self) -> list[str]:
        """County codes, sorted."""
        return sorted(shown(self, ViewerValue).jurisdiction)

    @computed("所屬機構統一編號。 Unified business numbers of the institution.")
    def institution_ids(self) -> list[str]:
        """Business numbers, sorted."""
        return sorted(shown(self, ViewerValue).institution_ids)

    @computed("得聲明之利用目的。 Purposes that a request may state.")
    def purposes(self) -> list[str]:
        """Purpose codes, sorted."""
        return sorted(shown(self, ViewerValue).purposes)

    @computed("業務日:未指定日期時之今日。 The business day: today, where no day is given.")
    def business_day(self, info: Info) -> date:
        """The business day."""
        return info.context.request.business_day


@strawberry.type
class ViewerQuery:
    """Root field ``viewer``."""

    @computed("權杖之持有者。 Who the token is, its scopes, rows and purposes.")
    def viewer(self, info: Info) -> Viewer:
        """The caller."""
        return shown(info.context.request.viewer, Viewer)
