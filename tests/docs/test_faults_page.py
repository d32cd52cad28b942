"""docs/faults.md names every fault that can be laid, by its outcome, and every fail point."""

from certhub.cli.faults import _HUB_FAULTS
from certhub.sandbox.faults import wire_faults
from certhub.sandbox.faults_of_data import data_faults, style_faults
from certhub.store.failpoints import FAIL_POINTS

from .sources import page


def test_every_outcome_of_a_fault_is_on_the_page() -> None:
    text = page("faults.md")
    ends = {fault.ends for fault in (*wire_faults(), *style_faults(), *data_faults())}
    ends |= {fault.ends for fault in _HUB_FAULTS}

    assert sorted(end for end in ends if f"`{end}`" not in text) == []


def test_every_fail_point_is_on_the_page_with_its_meaning() -> None:
    text = page("faults.md")

    rows = [f"| `{name}` | {what} |" for name, what in FAIL_POINTS.items()]
    assert [row for row in rows if row not in text] == []
