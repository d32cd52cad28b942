"""Rows: whose records a caller may see."""

from datetime import date

import pytest

from certhub.auth.rows import RowFilter, RowKind, row_filter
from certhub.auth.viewer import AgencyType, Viewer

DAY = date(2024, 10, 1)


def viewer(**changes: object) -> Viewer:
    given = {"registries": frozenset({"vr", "ltc", "osh"}), **changes}
    return Viewer(subject="s", client_id="c", issuer="i", **given)  # type: ignore[arg-type]


def test_a_central_agency_sees_its_registries_nationwide() -> None:
    mohw = viewer(
        agency_type=AgencyType.CENTRAL,
        jurisdiction=frozenset({"*"}),
        registries=frozenset({"ltc"}),
    )

    assert row_filter(mohw, "ltc", RowKind.PERSON, DAY) == RowFilter(
        "ltc", RowKind.PERSON, DAY, everything=True
    )
    assert row_filter(mohw, "vr", RowKind.PERSON, DAY).nothing


def test_a_county_sees_what_is_registered_there_on_the_day() -> None:
    taipei = viewer(agency_type=AgencyType.LOCAL, jurisdiction=frozenset({"63000"}))

    for registry in ("vr", "ltc", "osh"):
        assert row_filter(taipei, registry, RowKind.PERSON, DAY) == RowFilter(
            registry, RowKind.PERSON, DAY, counties=frozenset({"63000"})
        )


def test_an_institution_sees_itself_and_what_it_submitted() -> None:
    school = viewer(
        agency_type=AgencyType.INSTITUTION,
        institution_ids=frozenset({"12345675"}),
        jurisdiction=frozenset({"63000"}),
    )
    own = frozenset({"12345675"})

    assert row_filter(school, "vr", RowKind.COURSE, DAY) == RowFilter(
        "vr", RowKind.COURSE, DAY, institutions=own
    )
    assert row_filter(school, "vr", RowKind.PERSON, DAY).nothing
    assert row_filter(school, "ltc", RowKind.PERSON, DAY).nothing
    assert row_filter(school, "osh", RowKind.PERSON, DAY).institutions == own


@pytest.mark.parametrize("registry", ["vr", "ltc", "osh"])
@pytest.mark.parametrize("kind", list(RowKind))
@pytest.mark.parametrize(
    "nobody",
    [
        viewer(),
        viewer(agency_type=AgencyType.OPERATOR, jurisdiction=frozenset({"63000"})),
        viewer(agency_type=AgencyType.LOCAL),
        viewer(agency_type=AgencyType.LOCAL, jurisdiction=frozenset({"*"})),
        viewer(agency_type=AgencyType.CENTRAL),
        viewer(agency_type=AgencyType.INSTITUTION, jurisdiction=frozenset({"63000"})),
        viewer(
            agency_type=AgencyType.CENTRAL,
            jurisdiction=frozenset({"*"}),
            registries=frozenset(),
        ),
    ],
    ids=[
        "no agency type",
        "operator",
        "county without counties",
        "county with a star",
        "central without jurisdiction",
        "institution without number",
        "central without registries",
    ],
)
def test_a_missing_claim_opens_no_row(nobody: Viewer, registry: str, kind: RowKind) -> None:
    assert row_filter(nobody, registry, kind, DAY).nothing
