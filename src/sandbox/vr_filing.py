"""Forms that come in at the VR register: courses and extensions, checked and entered."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from .checks import Form
from .forms import Record, slashed
from .vr_ledger import VrLedger
from .wire import Refusal, problem

__all__ = ["filed_course", "filed_extension"]

_ROC = r"\d{2,3}/\d{2}/\d{2}"
_CATEGORIES = ("專業課程", "專業相關法規", "專業倫理", "專業品質")
_OPTIONAL = ("public", "delivery_reason", "fee")


def _refuse(errors: list[dict[str, Any]]) -> None:
    if errors:
        raise Refusal(problem(422, "validation_failed", "Nothing was stored.", errors=errors))


def _categories(form: Form) -> list[Record]:
    rows = form.rows("categories")
    if len(rows) > 2:
        form.fault("categories", "too_many_categories", "課程類別至多二項")
    made: list[Record] = []
    for position, row in enumerate(rows):
        one = Form(row, form.errors, f"categories[{position}].")
        made.append(
            {
                "category": one.term("category", _CATEGORIES),
                "core_competency": one.text("core_competency", required=False) or None,
                "field": one.text("field", required=False) or None,
                "hours": one.decimal("hours", "hours_invalid"),
            }
        )
    return made


def _lecturers(form: Form) -> list[Record]:
    made: list[Record] = []
    for position, row in enumerate(form.rows("lecturers")):
        one = Form(row, form.errors, f"lecturers[{position}].")
        number = one.text("national_id", required=False)
        made.append({"name": one.text("name"), "national_id": number or None})
    return made


def _contact(form: Form) -> Record:
    one = Form(form.object("contact"), form.errors, "contact.")
    return {
        "name": one.text("name"),
        "phone": one.text("phone"),
        "fax": one.text("fax", required=False) or None,
        "email": one.text("email"),
    }


def filed_course(
    content: Mapping[str, Any], institution: Record, today: date, serial: int
) -> Record:
    """The course as it is entered: 送審中, with its number.

    Raises:
        Refusal: 422 with every fault of the form.
    """
    errors: list[dict[str, Any]] = []
    form = Form(content, errors)
    starts_on, ends_on = form.day("starts_on", _ROC), form.day("ends_on", _ROC)
    if starts_on and ends_on and ends_on < starts_on:
        form.fault("ends_on", "date_invalid", "迄日早於起日")
    requirements = form.text("requirements")
    if len(requirements) > 255:
        form.fault("requirements", "too_long", "參訓資格至多255字")
    categories = _categories(form)
    texts = {
        name: form.text(name)
        for name in ("name", "nature", "delivery", "session", "place", "county", "method")
    }
    record: Record = {
        **texts,
        **{name: content.get(name) for name in _OPTIONAL},
        "starts_on": content.get("starts_on"),
        "ends_on": content.get("ends_on"),
        "categories": categories,
        "target_titles": form.texts("target_titles"),
        "lecturers": _lecturers(form),
        "contact": _contact(form),
        "requirements": requirements,
    }
    _refuse(errors)
    number = f"{today:%Y%m%d}{serial:06d}"
    hours = sum((Decimal(item["hours"]) for item in categories), Decimal(0))
    return {
        "id": number,
        "no": number,
        **record,
        "institution_tax_id": institution["tax_id"],
        "institution_name": institution["name"],
        "hours": str(hours),
        "status": "送審中",
        "approval_no": None,
        "roster_state": "未匯入",
    }


def filed_extension(
    content: Mapping[str, Any], ledger: VrLedger, today: date, serial: int
) -> Record:
    """The extension as it is entered: 送審中.

    Raises:
        Refusal: 422 with every fault of the form.
    """
    errors: list[dict[str, Any]] = []
    form = Form(content, errors)
    professional_id = form.text("professional_id")
    qualification_id = form.text("qualification_id")
    leave_from, leave_to = form.day("leave_from", _ROC), form.day("leave_to", _ROC)
    if leave_from and leave_to and leave_to < leave_from:
        form.fault("leave_to", "date_invalid", "迄日早於起日")
    applied_on = form.day("applied_on", _ROC, required=False)
    form.day("local_document_on", _ROC)
    if professional_id and ledger.get("professionals", professional_id) is None:
        form.fault("professional_id", "professional_unknown", "查無專業人員")
    elif qualification_id:
        held = ledger.get("qualifications", qualification_id)
        if held is None or held["professional_id"] != professional_id:
            form.fault("qualification_id", "qualification_unknown", "查無資格")
    record = {
        "professional_id": professional_id,
        "qualification_id": qualification_id,
        "applied_on": slashed(applied_on or today),
        "leave_from": content.get("leave_from"),
        "leave_to": content.get("leave_to"),
        "reason": form.text("reason"),
        "local_authority": form.text("local_authority"),
        "local_document_no": form.text("local_document_no"),
        "local_document_on": content.get("local_document_on"),
    }
    _refuse(errors)
    return {
        "id": f"E{serial:07d}",
        **record,
        "status": "送審中",
        "decided_on": None,
        "document_no": None,
    }
