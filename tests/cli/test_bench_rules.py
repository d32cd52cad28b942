"""``certhub bench rules``: that the peers decide alike, and what is reported."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from certhub.cli import bench_rules as module
from certhub.cli.bench import bench
from certhub.cli.bench_decimal import plain_certificate, plain_renewal
from certhub.cli.bench_explained import explained_renewal
from certhub.cli.bench_renewals import AS_OF, compact, given, renewals
from certhub.domain.errors import CertHubError
from certhub.rules.engine import evaluate
from certhub.rules.ltc_renewal import compact_renewal
from certhub.rules.params import current_ruleset


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
