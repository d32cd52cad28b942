"""Checking JSON that a caller sends, and saying what is wrong in the agencies' words."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import orjson
from starlette.requests import Request

from ..domain import roc_date
from .wire import Refusal, problem, row_error

__all__ = ["DECIMAL", "Form", "body_object", "decimal_fits"]

DECIMAL = re.compile(r"\d+(\.\d{1,2})?")
_TEXTS = {
    "required": "必填欄位未填",
    "date_invalid": "日期錯誤",
    "enum_invalid": "內容不在選項內",
}
_LIMIT = 4 * 1024 * 1024


def decimal_fits(value: object) -> bool:
    """A decimal as text, up to two places."""
    return isinstance(value, str) and DECIMAL.fullmatch(value) is not None


async def body_object(request: Request) -> tuple[bytes, dict[str, Any]]:
    """The request's bytes and its JSON object.

    Raises:
        Refusal: 400, not an object.
    """
    body = await request.body()
    if len(body) > _LIMIT:
        raise Refusal(problem(400, "malformed", "The body is too large."))
    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Refusal(problem(400, "malformed", "The body is not JSON.")) from error
    if not isinstance(content, dict):
        raise Refusal(problem(400, "malformed", "The body is not a JSON object."))
    return body, content


class Form:
    """Collects the faults of one form, or of one row in it.

    Args:
        content: The object to read.
        errors: Where faults go.
        prefix: Path before the field's name, such as ``credits[0].``.
        where: Further places for every fault: table and row.
    """

    def __init__(
        self,
        content: Mapping[str, Any],
        errors: list[dict[str, Any]],
        prefix: str = "",
        where: Mapping[str, Any] | None = None,
    ) -> None:
        self.content = content
        self.errors = errors
        self._prefix = prefix
        self._where = dict(where or {})

    def fault(self, field: str | None, code: str, text: str | None = None) -> None:
        """Note a fault of a field."""
        path = None if field is None else f"{self._prefix}{field}"
        message = text or _TEXTS.get(code, "內容錯誤")
        self.errors.append(row_error(code, message, field=path, **self._where))

    def text(self, field: str, *, required: bool = True) -> str:
        """A text; empty where it is missing."""
        value = self.content.get(field)
        if value is None or (isinstance(value, str) and not value.strip()):
            if required:
                self.fault(field, "required")
            return ""
        if not isinstance(value, str):
            raise Refusal(problem(400, "malformed", f"{self._prefix}{field} is not text."))
        return value

    def term(self, field: str, terms: Sequence[str], *, required: bool = True) -> str:
        """One of a closed list of terms; empty where it is none of them."""
        value = self.text(field, required=required)
        if value and value not in terms:
            self.fault(field, "enum_invalid")
            return ""
        return value

    def day(self, field: str, form: str, *, required: bool = True) -> date | None:
        """A ROC date of the given form: a regular expression from the contract."""
        value = self.text(field, required=required)
        if not value:
            return None
        if re.fullmatch(form, value):
            try:
                return roc_date.parse(value)
            except ValueError:
                pass
        self.fault(field, "date_invalid")
        return None

    def decimal(self, field: str, code: str, *, required: bool = True) -> str:
        """A decimal as text; anything else is a fault with the given code."""
        value = self.text(field, required=required)
        if value and not decimal_fits(value):
            self.fault(field, code)
            return ""
        return value

    def whole(self, field: str) -> int:
        """A whole number of 0 or more; 0 where it is missing."""
        value = self.content.get(field)
        if value is None:
            return 0
        if not isinstance(value, int) or isinstance(value, bool):
            raise Refusal(problem(400, "malformed", f"{self._prefix}{field} is no whole number."))
        return max(value, 0)

    def flag(self, field: str, *, missing: bool) -> bool:
        """A boolean, or what a missing one means."""
        value = self.content.get(field)
        if value is None:
            return missing
        if not isinstance(value, bool):
            raise Refusal(problem(400, "malformed", f"{self._prefix}{field} is no boolean."))
        return value

    def rows(self, field: str, *, required: bool = True) -> list[Mapping[str, Any]]:
        """A list of objects."""
        value = self.content.get(field)
        if value is None or value == []:
            if required:
                self.fault(field, "required")
            return []
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise Refusal(problem(400, "malformed", f"{field} is not a list of objects."))
        return value

    def texts(self, field: str, *, required: bool = True) -> list[str]:
        """A list of texts."""
        value = self.content.get(field)
        if value is None or value == []:
            if required:
                self.fault(field, "required")
            return []
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise Refusal(problem(400, "malformed", f"{field} is not a list of texts."))
        return value

    def object(self, field: str) -> Mapping[str, Any]:
        """An object that must be there."""
        value = self.content.get(field)
        if value is None:
            self.fault(field, "required")
            return {}
        if not isinstance(value, dict):
            raise Refusal(problem(400, "malformed", f"{field} is not an object."))
        return value
