"""Filing with the OSH system: class plans, attendance, results, issue rolls."""

from collections.abc import Mapping
from urllib.parse import quote

from ..http import AgencyClient, Auth
from ..outcome import Outcome, deliver, fetch

__all__ = ["OshFiling"]

_PLANS = "/api/class-plans"


class OshFiling:
    """Writes; every method may raise an ``AgencyFault`` when the outcome is unknown.

    The acting institution stands in each body as ``institution_code``.
    """

    def __init__(self, client: AgencyClient, auth: Auth) -> None:
        self._client = client
        self._auth = auth

    async def post_class_plan(self, body: Mapping[str, object], *, idempotency_key: str) -> Outcome:
        """File a class plan (訓練計畫報備); ``body`` is the contract's ClassPlan."""
        return await self._write("POST", _PLANS, body, idempotency_key, 201)

    async def put_class_plan(
        self, class_no: str, body: Mapping[str, object], *, idempotency_key: str
    ) -> Outcome:
        """Change a class plan: the whole document again, until the day before the class."""
        return await self._write("PUT", _plan(class_no), body, idempotency_key, 200)

    async def get_class_plan(self, class_no: str) -> Outcome:
        """State of a plan, with the 備查文號 once there is one."""
        return await fetch(self._client, _plan(class_no), auth=self._auth)

    async def post_attendance(
        self, class_no: str, body: Mapping[str, object], *, idempotency_key: str
    ) -> Outcome:
        """Signing and roll call (附表八, 附表九); ``body`` is the contract's AttendanceReport."""
        return await self._write("POST", _class(class_no, "attendance"), body, idempotency_key, 201)

    async def post_results(
        self, class_no: str, body: Mapping[str, object], *, idempotency_key: str
    ) -> Outcome:
        """Score book (附表十); ``body`` is the contract's ResultsReport."""
        return await self._write("POST", _class(class_no, "results"), body, idempotency_key, 201)

    async def post_certificates(
        self, class_no: str, body: Mapping[str, object], *, idempotency_key: str
    ) -> Outcome:
        """Issue roll (附表十一, 附表十二); ``body`` is the contract's CertificatesReport."""
        path = _class(class_no, "certificates")
        return await self._write("POST", path, body, idempotency_key, 201)

    async def _write(
        self,
        method: str,
        path: str,
        body: Mapping[str, object],
        idempotency_key: str,
        success: int,
    ) -> Outcome:
        return await deliver(
            self._client,
            method,
            path,
            auth=self._auth,
            idempotency_key=idempotency_key,
            success=success,
            body=body,
        )


def _plan(class_no: str) -> str:
    return f"{_PLANS}/{quote(class_no, safe='')}"


def _class(class_no: str, what: str) -> str:
    return f"/api/classes/{quote(class_no, safe='')}/{what}"
