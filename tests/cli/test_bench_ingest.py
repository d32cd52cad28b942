"""``certhub bench ingest``: that what is measured is stored, and what is reported."""

import orjson

from certhub.cli.bench_agency import credit_lines, people_lines
from certhub.cli.bench_ingest import bench_ingest, lines
from certhub.connectors.base import DriftLog
from certhub.connectors.reading import Reader
from certhub.domain.records import BY_NAME


def test_the_rows_are_the_same_on_every_run_and_one_in_a_hundred_changes() -> None:
    first, later = list(credit_lines(400)), list(credit_lines(400, later=True))

    assert first == list(credit_lines(400))
    assert [number for number in range(400) if first[number] != later[number]] == [0, 100, 200, 300]


def test_the_rows_are_read_without_fault_or_drift_and_belong_to_the_people() -> None:
    drift = DriftLog()
    block = Reader(BY_NAME["ltc.credit"], drift).read_lines(list(credit_lines(400)), 1)
    people, faulty = Reader(BY_NAME["ltc.person"], drift).read_block(
        [orjson.loads(line) for line in people_lines(10)], (1,) * 10, (None,) * 10
    )

    assert block is not None
    assert (len(set(block.ids)), faulty, drift.take()) == (400, [], ())
    assert set(block.columns["person_id"]) == set(people.ids)


def test_every_way_is_measured_and_the_ratios_follow() -> None:
    found = bench_ingest({400: 1})

    row = found["sizes"][0]
    assert (row["rows"], row["rounds"]) == (400, 1)
    ways = {"straight_copy", "first_load", "resync"}
    assert ways <= row["per_second"].keys() <= ways | {"dlt_first_load", "dlt_resync"}
    assert row["peak_mib"].keys() == {"first_load", "resync"}
    rates = row["per_second"]
    assert found["ratios"]["resync_to_first_load"] == round(
        rates["resync"] / rates["first_load"], 2
    )
    assert found["ratios"]["peak_memory_last_to_first"] == 1.0
    told = list(lines(found))
    assert told[1].startswith("      400 rows, 1 rounds, peak ")
    assert any("dlt" in line for line in told)
