"""``certhub bench rules``: LTC renewals a CPU-second, the whole explanation built for each.

Beside the rule run, chunk by chunk in the same process, the same rule by ``Decimal`` sums with and
without an explanation, and OpenFisca-core's vectorised formula where it is installed. Rows are made
as they are needed and let go: memory does not grow with their number.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from itertools import islice
from platform import python_version
from typing import Any

from ..domain.collector import collector_paused
from ..domain.errors import CertHubError
from ..rules.engine import evaluate
from ..rules.ltc_renewal import CompactRenewal, compact_renewal
from ..rules.params import current_ruleset
from . import bench_openfisca
from .bench_decimal import PlainDecision, plain_certificate, plain_renewal
from .bench_explained import explained_renewal
from .bench_machine import peak_mib
from .bench_renewals import AS_OF, CREDITS, Renewal, compact, given, renewals

__all__ = ["AIMS", "SIZES", "bench_rules", "check", "lines"]

SIZES = (1_000, 10_000, 100_000)
_CHUNK = 250
_SAMPLE = 500
_PEERS_AT_MOST = 10_000
"""Certificates that the slow peers decide of a size, spread evenly over the run."""

_LEAST = 10_000

AIMS = {
    "explained_to_decimal_explained": 7.0,
    "explained_to_decimal_answers_only": 7.0,
    "rate_100000_to_1000": 0.85,
}
"""What the ratios should reach (notes on performance, part B)."""

Progress = Callable[[int], None]


def _same(ours: Any, plain: PlainDecision) -> bool:
    """Whether the independent loop decides alike: status, figures, findings, courses."""
    return bool(
        ours.status == plain.status
        and ours.report["route"] == plain.route
        and {
            item.code: (item.met, Decimal(item.counted) / 100, Decimal(item.required) / 100)
            for item in ours.requirements
        }
        == plain.requirements
        and {finding.code for finding in ours.findings} == plain.findings
        and [(use.activity, Decimal(use.amount) / 100, use.requirements) for use in ours.used]
        == list(plain.used)
        and {(use.activity, use.reason) for use in ours.refused} == set(plain.refused)
    )


def check(sample: Sequence[Renewal]) -> None:
    """Hold the rule against both loops, before anything is timed.

    Raises:
        CertHubError: they disagree.
    """
    ruleset = current_ruleset()
    for renewal in sample:
        ours = compact_renewal(compact(renewal), AS_OF, ruleset)
        certificate = plain_certificate(renewal)
        if ours != explained_renewal(certificate, AS_OF, ruleset) or not _same(
            ours, plain_renewal(certificate, AS_OF)
        ):
            raise CertHubError(f"{renewal.id}: the rule and the loop disagree")


class _Clock:
    """CPU seconds and certificates by what was measured."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self.count: dict[str, int] = defaultdict(int)

    def each(self, name: str, work: Callable[[Any], object], items: Sequence[Any]) -> None:
        """Time ``work`` on every item; results are let go one by one."""
        with collector_paused():
            start = time.process_time()
            for item in items:
                work(item)
            self.seconds[name] += time.process_time() - start
        self.count[name] += len(items)

    def block(self, name: str, work: Callable[[Any], object], item: Any, count: int) -> None:
        """Time ``work`` on one block of ``count`` certificates."""
        with collector_paused():
            start = time.process_time()
            work(item)
            self.seconds[name] += time.process_time() - start
        self.count[name] += count

    def rates(self) -> dict[str, int]:
        """Certificates a CPU-second."""
        return {name: round(self.count[name] / self.seconds[name]) for name in self.count}


def _chunks(size: int) -> Iterator[list[Renewal]]:
    stream = renewals(size)
    while chunk := list(islice(stream, _CHUNK)):
        yield chunk


def _again_and_again(size: int) -> Iterator[list[Renewal]]:
    while True:
        yield from _chunks(size)


def _run(
    size: int,
    smallest: int,
    least: int,
    fiscal: Callable[[Any], object] | None,
    told: Progress | None,
) -> _Clock:
    """One size: the rule on every chunk, on some of them the slow peers and the smallest size.

    Machines slow down and speed up by the minute, so what is compared is run side by side.
    """
    ruleset, clock = current_ruleset(), _Clock()
    every = max(1, size // _PEERS_AT_MOST)
    few = _again_and_again(smallest)

    def rule(question: CompactRenewal) -> object:
        return compact_renewal(question, AS_OF, ruleset)

    for _ in range(max(1, least // size)):
        parts: list[bench_openfisca.Arrays] = []
        for number, chunk in enumerate(_chunks(size)):
            clock.each("explained", rule, [compact(renewal) for renewal in chunk])
            if number % every == 0:
                again = [compact(renewal) for renewal in next(few)]
                clock.each("explained_smallest_size_beside_it", rule, again)
                _peers(clock, chunk)
            if fiscal is not None:
                parts.append(bench_openfisca.arrays_of(chunk))
                if len(parts) * _CHUNK == min(size, _LEAST):
                    block = bench_openfisca.joined(parts)
                    clock.block("openfisca_answers_only", fiscal, block, len(parts) * _CHUNK)
                    parts = []
            if told is not None:
                told(len(chunk))
    return clock


def _peers(clock: _Clock, chunk: Sequence[Renewal]) -> None:
    ruleset = current_ruleset()
    certificates = [plain_certificate(renewal) for renewal in chunk]
    facts = [given(renewal) for renewal in chunk]
    clock.each("decimal_answers_only", lambda item: plain_renewal(item, AS_OF), certificates)
    clock.each(
        "decimal_explained", lambda item: explained_renewal(item, AS_OF, ruleset), certificates
    )
    clock.each(
        "decimal_explained_shared_frames",
        lambda item: explained_renewal(item, AS_OF, ruleset, share_frames=True),
        certificates,
    )
    clock.each(
        "explained_from_json_facts",
        lambda item: evaluate("ltc.renewal", item, AS_OF, ruleset, ready=True),
        facts,
    )
    clock.each("compact_facts_made", compact, chunk)
    clock.each("decimal_objects_made", plain_certificate, chunk)


def bench_rules(
    sizes: Sequence[int] = SIZES, progress: Progress | None = None, least: int = _LEAST
) -> dict[str, Any]:
    """Measure all sizes in one run.

    Args:
        sizes: Numbers of certificates, multiples of 250.
        progress: Told how many certificates more are done.
        least: A smaller size is run again and again until as many were decided.

    Raises:
        CertHubError: the rule and the loops disagree on a sample.
    """
    check(list(renewals(_SAMPLE)))
    fiscal = bench_openfisca.openfisca_rule() if bench_openfisca.available() else None
    # Frames, tables of kinds and the interpreter's caches are there before the first clock runs.
    _run(min(sizes), min(sizes), least, fiscal, None)
    rows: list[dict[str, Any]] = []
    for size in sizes:
        peak_mib(restart=True)
        rates = _run(size, min(sizes), least, fiscal, progress).rates()
        rows.append(
            {"certificates": size, "per_cpu_second": rates, "peak_mib": round(peak_mib(), 1)}
        )
    first, last = rows[0], rows[-1]
    rates = last["per_cpu_second"]
    ours = rates["explained"]
    built = 1 / ours + 1 / rates["compact_facts_made"]
    plain_built = 1 / rates["decimal_explained"] + 1 / rates["decimal_objects_made"]
    ratios = {
        "explained_to_decimal_explained": ours / rates["decimal_explained"],
        "explained_to_decimal_explained_shared_frames": (
            ours / rates["decimal_explained_shared_frames"]
        ),
        "explained_to_decimal_answers_only": ours / rates["decimal_answers_only"],
        "explained_to_decimal_explained_with_making_of_facts": plain_built / built,
        f"rate_{last['certificates']}_to_{first['certificates']}": (
            ours / rates["explained_smallest_size_beside_it"]
        ),
        "peak_memory_last_to_first": last["peak_mib"] / first["peak_mib"],
    }
    if fiscal is not None:
        ratios["explained_to_openfisca_answers_only"] = ours / rates["openfisca_answers_only"]
    return {
        "python": python_version(),
        "as_of": AS_OF.isoformat(),
        "credits": CREDITS,
        "chunk": _CHUNK,
        "sizes": rows,
        "ratios": {name: round(value, 2) for name, value in ratios.items()},
        "aims": {
            name: {"aim": aim, "reached": round(ratios[name], 2) >= aim}
            for name, aim in AIMS.items()
            if name in ratios
        },
    }


def lines(found: dict[str, Any]) -> Iterator[str]:
    """The figures for people."""
    yield (
        f"LTC renewals of {found['credits']} credits on {found['as_of']}, "
        f"Python {found['python']}, certificates a CPU-second"
    )
    for row in found["sizes"]:
        yield f"{row['certificates']:>8} certificates, peak {row['peak_mib']} MiB"
        for name, rate in row["per_cpu_second"].items():
            yield f"         {name:<34} {rate:>9,}"
    for name, value in found["ratios"].items():
        aim = found["aims"].get(name)
        told = ""
        if aim is not None:
            told = f"  (aim {aim['aim']}: {'reached' if aim['reached'] else 'not reached'})"
        yield f"{name}: {value}{told}"
