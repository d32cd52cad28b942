"""Credit by approval in an LTC renewal is what sharing says: every combination of what is on record."""

from collections.abc import Callable
from datetime import date
from itertools import product
from typing import Any

from certhub.domain.bundles import HubRows, PersonRows
from certhub.resolvers.decisions import Question, certificate_renewal, sharing
from certhub.resolvers.recognition_credit import recognised_credit
from certhub.rules.params import current_ruleset

MakeRow = Callable[..., dict[str, Any]]
DAY = date(2024, 9, 2)
OWN = {"R1": 6.0, "R2": 3.0}


def decision(number: int, record: str, outcome: str, **changes: Any) -> dict[str, Any]:
    """A decision of the row's authority on the first of August."""
    return {
        "id": f"d{number}", "activity": f"vr:{record}", "certificate": "ltc:C1",
        "outcome": outcome, "amount": None, "attribute": None, "categories": [],
        "authority": "ltc_recognising_body", "decided_on": date(2024, 8, 1), **changes,
    }  # fmt: skip


HISTORIES: dict[str, Callable[[str], list[dict[str, Any]]]] = {
    "none": lambda _: [],
    "approved": lambda record: [decision(1, record, "approved")],
    "approved for less": lambda record: [decision(1, record, "approved", amount=150)],
    "approved for more": lambda record: [decision(1, record, "approved", amount=9900)],
    "rejected": lambda record: [decision(1, record, "rejected")],
    "revoked the same day": lambda record: [
        decision(1, record, "approved"), decision(2, record, "rejected"),
    ],
    "approved again": lambda record: [
        decision(1, record, "rejected"), decision(2, record, "approved", amount=200),
    ],
    "by another authority": lambda record: [decision(1, record, "approved", authority="wda")],
    "only later": lambda record: [decision(1, record, "approved", decided_on=date(2024, 9, 3))],
}  # fmt: skip
COPIES = (None, "符合", "審核中", "不符合")


def somebody(
    row: MakeRow, person: Callable[..., PersonRows], first: str, second: str, copy: str | None
) -> PersonRows:
    """A certificate, a credit of its own, two VR records with histories, LTC's copy of the first."""
    credits_ = [row("ltc.credit", "D1", points=500, on=date(2023, 1, 5))]
    if copy is not None:
        credits_.append(
            row(
                "ltc.credit", "D2", points=400, on=date(2023, 5, 1), status=copy, source="vr",
                source_record="R1",
            )
        )  # fmt: skip
    records = [
        row("vr.training_record", key, hours=int(own * 100), credited_hours=int(own * 100))
        for key, own in OWN.items()
    ]
    decisions = [*HISTORIES[first]("R1"), *HISTORIES[second]("R2")]
    made = person(
        ltc={"certificates": [row("ltc.certificate", "C1")], "credits": credits_},
        vr={"records": records},
    )
    made.hub = HubRows(decisions=decisions)
    made.shared = made
    return made


def test_sharing_and_renewal_never_differ_and_nothing_is_gained(
    row: MakeRow, person: Callable[..., PersonRows], ask: Callable[..., Question]
) -> None:
    question, ruleset = ask(DAY), current_ruleset()
    for first, second, copy in product(HISTORIES, HISTORIES, COPIES):
        made = somebody(row, person, first, second, copy)
        held = made.ltc.certificates[0]

        given: Any = sharing(question, made).details
        result = given["results"]["C1"]
        credit = recognised_credit(made, "C1", DAY, ruleset)
        renewal = certificate_renewal(question, "ltc", held, made)

        counted = {} if credit is None else {a["id"]: a["points"] for a in credit.activities}
        foreign = {key: value for key, value in result["recognised"].items() if key in OWN}
        assert counted == foreign
        assert all(value <= OWN[key] for key, value in foreign.items())
        assert all(key in result["decisions"] for key in foreign)
        [total] = [item for item in renewal.requirements if item.code == "ltc.total"]
        assert (total.counted or 0) / 100 == result["total"]
        events = [key for key in ("R1", "D2") if key in result["recognised"]]
        assert len(events) <= 1
        states = [result[name] for name in ("recognised", "pending", "refused")]
        assert sum(len(names) for names in states) == len({key for one in states for key in one})


def test_a_day_before_the_decision_knows_nothing_of_it(
    row: MakeRow, person: Callable[..., PersonRows]
) -> None:
    made = somebody(row, person, "approved", "none", None)

    before = recognised_credit(made, "C1", date(2024, 7, 31), current_ruleset())
    after = recognised_credit(made, "C1", date(2024, 8, 1), current_ruleset())

    assert before is not None
    assert (list(before.activities), list(before.decided_on)) == ([], [date(2024, 8, 1)])
    assert after is not None
    assert [item["points"] for item in after.activities] == [6]


def test_nobody_without_an_approval_is_asked_about_other_registries(
    row: MakeRow, person: Callable[..., PersonRows]
) -> None:
    made = somebody(row, person, "approved", "none", None)
    made.shared = None

    assert recognised_credit(made, "C1", DAY, current_ruleset()) is None
