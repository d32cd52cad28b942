"""``certhub bench rules``: that the peers decide alike, and what is reported."""

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from operator import attrgetter
from pathlib import Path
from typing import Any

import pytest
import typer
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from certhub.cli import bench_rules as module
from certhub.cli.bench import bench
from certhub.cli.bench_decimal import plain_certificate, plain_renewal
from certhub.cli.bench_explained import explained_renewal
from certhub.cli.bench_renewals import AS_OF, Credit, Renewal, compact, given, renewals
from certhub.domain.errors import CertHubError, InvalidFacts
from certhub.domain.periods import period_end
from certhub.rules.cases import Case, read_cases
from certhub.rules.engine import evaluate
from certhub.rules.facts import parse_facts
from certhub.rules.ltc_facts import Activity
from certhub.rules.ltc_renewal import RenewalFacts, compact_renewal
from certhub.rules.ltc_tally import CATEGORY_BITS
from certhub.rules.params import current_ruleset

CASES = Path(__file__).parent.parent / "cases"
_BY_DATE = attrgetter("date")


def test_the_rows_are_the_same_on_every_run_and_in_order_of_their_day() -> None:
    first, again = list(renewals(20)), list(renewals(20))

    assert first == again
    for renewal in first:
        days = [row.day for row in renewal.credits]
        assert (len(days), days) == (40, sorted(days))
        assert len({row.id for row in renewal.credits}) == 40


def test_the_made_up_renewals_take_every_route_and_show_every_finding() -> None:
    decisions = [compact_renewal(compact(one), AS_OF, current_ruleset()) for one in renewals(1000)]

    assert {decision.status for decision in decisions} == {"short", "eligible"}
    assert {decision.report["route"] for decision in decisions} == {"on_time", "extended", "late"}
    assert {finding.code for decision in decisions for finding in decision.findings} == {
        "category_attribute_mismatch",
        "culture_table_divergence",
        "culture_year_missed",
        "excluded_course",
        "online_capped",
        "out_of_window",
        "qel_capped",
        "year7_points_consumed",
    }


def test_the_loop_with_explanation_gives_the_very_decision_of_the_rule() -> None:
    ruleset = current_ruleset()

    for renewal in renewals(150):
        ours = compact_renewal(compact(renewal), AS_OF, ruleset)

        assert explained_renewal(plain_certificate(renewal), AS_OF, ruleset) == ours


_ROWS = st.lists(
    st.tuples(
        st.integers(-40, 2600),
        st.sampled_from(["professional", "quality", "ethics", "law"]),
        st.sampled_from(["in_person", "live_online", "online"]),
        st.lists(st.sampled_from(sorted(CATEGORY_BITS)), max_size=3, unique=True).map(tuple),
        st.sampled_from(["general"] * 6 + ["special_training", "level_1"]),
        st.sampled_from([0, 1, 99, 100, 101, 120, 600, 3600, 4001]),
    ),
    max_size=25,
)


@settings(max_examples=200, deadline=None)
@drawn(
    st.dates(date(2017, 6, 3), date(2024, 12, 31)),
    _ROWS,
    st.dates(date(2023, 10, 13), date(2026, 6, 30)),
)
def test_rule_and_loop_give_the_same_decision_on_random_courses(
    starts: date, rows: list[tuple[int, str, str, tuple[str, ...], str, int]], as_of: date
) -> None:
    courses = [
        Credit(f"a{index}", starts + timedelta(days=row[0]), *row[1:])
        for index, row in enumerate(sorted(rows))
    ]
    renewal = Renewal("c", starts, period_end(starts, 6), courses)
    ruleset = current_ruleset()

    ours = compact_renewal(compact(renewal), as_of, ruleset)

    assert ours == explained_renewal(plain_certificate(renewal), as_of, ruleset)


def _as_row(activity: Activity) -> Credit:
    return Credit(
        activity.id,
        activity.date,
        activity.attribute or "",
        activity.mode,
        activity.categories,
        activity.course_kind,
        activity.amount,
    )


def _worked_cases() -> Iterator[tuple[Case, Renewal]]:
    """Cases of certificates as the loops know them: six years, registered, asked on the day."""
    for path in sorted(CASES.rglob("*.yaml")):
        for case in read_cases(path.read_text(encoding="utf-8"), str(path.parent)):
            if case.rule != "ltc.renewal" or set(case.given) - {"certificate", "activities"}:
                continue
            with suppress(InvalidFacts):
                facts = parse_facts(case.given, RenewalFacts)
                certificate = facts.certificate
                if (
                    certificate.credit_from is None
                    and certificate.track != "foreign_institution"
                    and certificate.valid_to == period_end(certificate.valid_from, 6)
                    and date(2023, 10, 13) <= case.as_of <= date(2026, 6, 30)
                ):
                    rows = [_as_row(one) for one in sorted(facts.activities, key=_BY_DATE)]
                    days = certificate.valid_from, certificate.valid_to
                    yield case, Renewal(certificate.id, *days, rows)


@pytest.mark.parametrize(
    ("case", "renewal"), [pytest.param(*one, id=one[0].id) for one in _worked_cases()]
)
def test_rule_and_loop_give_the_same_decision_on_worked_cases(case: Case, renewal: Renewal) -> None:
    ruleset = current_ruleset()

    ours = compact_renewal(compact(renewal), case.as_of, ruleset)

    assert ours == explained_renewal(plain_certificate(renewal), case.as_of, ruleset)


@pytest.mark.parametrize("as_of", [date(2023, 10, 13), date(2024, 6, 3), date(2026, 6, 30)])
def test_all_three_agree_on_other_days(as_of: date, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "AS_OF", as_of)

    module.check(list(renewals(80)))


def test_facts_in_json_get_the_same_answer() -> None:
    for renewal in renewals(40):
        ours = compact_renewal(compact(renewal), AS_OF, current_ruleset())
        asked = evaluate("ltc.renewal", given(renewal), AS_OF, ready=True).decision

        assert (asked.status, asked.requirements, asked.explanation) == (
            ours.status,
            ours.requirements,
            ours.explanation,
        )


@pytest.mark.parametrize("name", ["plain_renewal", "explained_renewal"])
def test_a_loop_that_decides_otherwise_stops_the_benchmark(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    decide: Callable[..., Any] = getattr(module, name)
    if name == "plain_renewal":
        monkeypatch.setattr(module, name, lambda *asked: replace(decide(*asked), status="never"))
    else:
        monkeypatch.setattr(module, name, lambda *_: None)

    with pytest.raises(CertHubError, match="c0: the rule and the loop disagree"):
        module.bench_rules((250,), least=250)


def test_rates_ratios_and_aims_are_reported() -> None:
    told: list[int] = []

    found = module.bench_rules((250, 500), told.append, least=250)

    assert sum(told) == 750
    assert [row["certificates"] for row in found["sizes"]] == [250, 500]
    for row in found["sizes"]:
        assert {"explained", "decimal_answers_only", "decimal_explained"} <= set(
            row["per_cpu_second"]
        )
        assert min(row["per_cpu_second"].values()) > 0
    rates = found["sizes"][-1]["per_cpu_second"]
    assert found["ratios"]["explained_to_decimal_explained"] == pytest.approx(
        rates["explained"] / rates["decimal_explained"], abs=0.01
    )
    assert "rate_500_to_250" in found["ratios"]
    assert found["aims"]["explained_to_decimal_explained"]["aim"] == 7.0


def test_the_command_prints_lines_or_json(monkeypatch: pytest.MonkeyPatch) -> None:
    small = module.bench_rules((250,), least=250)
    monkeypatch.setattr(module, "bench_rules", lambda progress: small)
    app = typer.Typer()
    app.command()(bench)

    told = CliRunner().invoke(app, ["rules"])
    data = CliRunner().invoke(app, ["rules", "--json"])

    assert told.stdout.splitlines()[0].startswith("LTC renewals of 40 credits on 2024-08-23, ")
    assert "(aim 7.0: " in told.stdout
    assert json.loads(data.stdout) == small


def test_without_courses_the_plain_loop_counts_nothing() -> None:
    [renewal] = renewals(1)
    bare = replace(plain_certificate(renewal), activities=[])

    decision = plain_renewal(bare, AS_OF)

    assert decision.status == "short"
    assert decision.requirements["ltc.total"] == (False, Decimal(0), Decimal(120))
    assert decision.used == []
