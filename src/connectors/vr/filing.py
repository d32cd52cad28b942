"""Filing with the VR register: courses, rosters, extensions."""

from collections.abc import Mapping, Sequence
from urllib.parse import quote

from ..http import AgencyClient, Auth
from ..outcome import Outcome, deliver

__all__ = ["SIGN_IN_TYPES", "VrFiling"]

SIGN_IN_TYPES = {"application/pdf": "sign_in_sheet.pdf", "image/jpeg": "sign_in_sheet.jpg"}
"""Media types of a sign-in sheet and the file name that goes with it.

Fixed names: part and file names belong to the content that an idempotency key stands for.
"""


class VrFiling:
    """Writes; every method may raise an ``AgencyFault`` when the outcome is unknown."""

    def __init__(self, client: AgencyClient, auth: Auth) -> None:
        self._client = client
        self._auth = auth

    async def post_course(
        self, body: Mapping[str, object], *, idempotency_key: str, on_behalf_of: str
    ) -> Outcome:
        """File a course (課程資料申請); ``body`` is the contract's CourseFiling."""
        return await deliver(
            self._client,
            "POST",
            "/v1/courses",
            auth=self._auth,
            idempotency_key=idempotency_key,
            on_behalf_of=on_behalf_of,
            success=201,
            body=body,
        )

    async def post_roster(
        self,
        course_no: str,
        records: Sequence[bytes],
        sign_in_sheet: bytes,
        *,
        idempotency_key: str,
        on_behalf_of: str,
        sign_in_type: str = "application/pdf",
    ) -> Outcome:
        """Import a roster (上課紀錄匯入).

        Args:
            course_no: 課程編號.
            records: One CSV per category of the course (領域一、領域二), as ``roster_csv`` writes it.
            sign_in_sheet: 簽到表, a PDF or JPG of at most 5 MB.
            idempotency_key: See ``deliver``.
            on_behalf_of: 統一編號.
            sign_in_type: A key of ``SIGN_IN_TYPES``.
        """
        files = {
            f"records_{number}": (f"records_{number}.csv", content, "text/csv")
            for number, content in enumerate(records, start=1)
        }
        files["sign_in_sheet"] = (SIGN_IN_TYPES[sign_in_type], sign_in_sheet, sign_in_type)
        return await deliver(
            self._client,
            "POST",
            self._roster(course_no),
            auth=self._auth,
            idempotency_key=idempotency_key,
            on_behalf_of=on_behalf_of,
            success=201,
            files=files,
        )

    async def clear_roster(
        self, course_no: str, *, idempotency_key: str, on_behalf_of: str
    ) -> Outcome:
        """Clear a roster (清除上課紀錄), until the hours are verified."""
        return await deliver(
            self._client,
            "DELETE",
            self._roster(course_no),
            auth=self._auth,
            idempotency_key=idempotency_key,
            on_behalf_of=on_behalf_of,
            success=204,
        )

    async def post_extension(self, body: Mapping[str, object], *, idempotency_key: str) -> Outcome:
        """File an extension (資格展延); ``body`` is the contract's ExtensionFiling."""
        return await deliver(
            self._client,
            "POST",
            "/v1/extensions",
            auth=self._auth,
            idempotency_key=idempotency_key,
            success=201,
            body=body,
        )

    def _roster(self, course_no: str) -> str:
        return f"/v1/courses/{quote(course_no, safe='')}/roster"
