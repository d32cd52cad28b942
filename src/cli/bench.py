"""``certhub bench``: benchmarks that print ratios, measured in one run on one machine."""

import gc
import json
import time
from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from itertools import islice
from typing import Annotated, Any

import typer

from ..domain.errors import CertHubError

__all__ = ["bench"]

_SIZES = (1_000, 10_000, 100_000)
_DECIMAL_UP_TO = 10_000
_CHUNK = 500


class Name(StrEnum):
    """What can be measured."""

    RULES = "rules"


def _cpu(work: Callable[[Any], object], items: Iterable[Any]) -> float:
    """CPU seconds of ``work`` over ``items``, which are there already; results are let go."""
    start = time.process_time()
    for item in items:
        work(item)
    return time.process_time() - start


def _rules() -> list[dict[str, object]]:
    """Certificates of 40 credits per CPU-second: the rule with its whole tree, and a Decimal loop."""
    from ..rules.ltc_renewal import compact_renewal
    from ..rules.params import current_ruleset
    from .bench_decimal import plain_certificate, plain_renewal
    from .bench_renewals import AS_OF, Renewal, compact, renewals

    ruleset = current_ruleset()

    def ours(question: Any) -> object:
        return compact_renewal(question, AS_OF, ruleset)

    def plain(certificate: Any) -> object:
        return plain_renewal(certificate, AS_OF)

    def check(sample: Sequence[Renewal]) -> None:
        for renewal in sample:
            decision = compact_renewal(compact(renewal), AS_OF, ruleset)
            other = plain_renewal(plain_certificate(renewal), AS_OF)
            same = all(
                other.requirements[item.code][0] == item.met
                and int(other.requirements[item.code][1] * 100) == item.counted
                for item in decision.requirements
                if item.code in other.requirements
            )
            if decision.status != other.status or not same:
                raise CertHubError(f"{renewal.id}: the two rules disagree")

    check(list(islice(renewals(_CHUNK), _CHUNK)))
    rows: list[dict[str, object]] = []
    for size in _SIZES:
        stream, spent = renewals(size), {"rule": 0.0, "decimal": 0.0}
        counted = {"rule": 0, "decimal": 0}
        while chunk := list(islice(stream, _CHUNK)):
            questions = [compact(renewal) for renewal in chunk]
            gc.collect()
            gc.disable()
            spent["rule"] += _cpu(ours, questions)
            counted["rule"] += len(chunk)
            if size <= _DECIMAL_UP_TO:
                certificates = [plain_certificate(renewal) for renewal in chunk]
                spent["decimal"] += _cpu(plain, certificates)
                counted["decimal"] += len(chunk)
            gc.enable()
        rate = counted["rule"] / spent["rule"]
        other = counted["decimal"] / spent["decimal"] if counted["decimal"] else None
        rows.append(
            {
                "certificates": size,
                "rule_with_tree_per_cpu_second": round(rate),
                "decimal_loop_without_tree_per_cpu_second": other and round(other),
                "ratio": other and round(rate / other, 2),
            }
        )
    first = rows[0]["rule_with_tree_per_cpu_second"]
    last = rows[-1]["rule_with_tree_per_cpu_second"]
    assert isinstance(first, int)
    assert isinstance(last, int)
    rows.append({"rate_of_100k_to_1k": round(last / first, 2)})
    return rows


def bench(
    name: Annotated[Name, typer.Argument(help="項目。 What to measure.")] = Name.RULES,
    as_json: Annotated[bool, typer.Option("--json", help="JSON。")] = False,
) -> None:
    """效能比較,印出比率。 Benchmarks that print ratios; process CPU time."""
    rows = {Name.RULES: _rules}[name]()
    if as_json:
        print(json.dumps(rows))
        return
    for row in rows:
        print("  ".join(f"{key} {value}" for key, value in row.items() if value is not None))
