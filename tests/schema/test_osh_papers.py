"""An institution's papers of a class that it has filed: before the drop, after a refusal, in order."""

from typing import Any

from certhub.roster.reading import read_roster

from ..osh_hub import OshHub, plan

PURPOSE = {"X-Purpose-Of-Use": "training", "X-Case-Reference": "TEST-1130902"}


async def _get(osh: OshHub, path: str, role: str = "institution-osh", **params: Any) -> Any:
    client = osh.client
    return await client.http.get(path, params=params, headers={**client.headers(role), **PURPOSE})


def _cells(content: bytes) -> list[list[str]]:
    rows = read_roster(content, "a.ods").rows
    assert rows is not None
    return [[cell for cell in row if cell] for row in rows]


async def test_a_plan_is_printed_for_its_letter_before_the_agency_has_it(osh: OshHub) -> None:
    filed = await osh.file("fileOshClass", plan(periodNo="第77期"))
    number = filed["submission"]["id"]

    notice = await _get(osh, "/forms", submission=number, annex=2, format="ods")
    roster = await _get(osh, "/forms", submission=number, annex=5)
    other = await _get(osh, "/forms", role="institution-vr", submission=number, annex=2)
    issued = await _get(osh, "/forms", submission=number, annex=6)
    both = await _get(osh, "/forms", submission=number, annex=2, **{"class": "x"})

    assert "第77期" in _cells(notice.content)[1][0]
    assert ["1", "測試學員1"] in [row[:2] for row in _cells(roster.content)]
    assert [a.status_code for a in (notice, roster, other, issued, both)] == [
        200,
        200,
        404,
        404,
        400,
    ]


async def test_a_class_that_no_drop_has_shown_is_printed_under_its_number(osh: OshHub) -> None:
    number = await osh.filed()

    answer = await _get(osh, "/forms", annex=5, **{"class": number})
    foreign = await _get(osh, "/forms", role="institution-vr", annex=5, **{"class": number})
    authority = await _get(osh, "/forms", role="local-taipei", annex=3, **{"class": number})

    assert answer.status_code == 200
    assert [row[0] for row in _cells(answer.content)].count("1") == 1
    assert (foreign.status_code, authority.status_code) == (404, 404)


async def test_a_rejected_roster_of_a_class_comes_back_marked_and_mended_is_taken(
    osh: OshHub,
) -> None:
    number = await osh.on_file()
    form = await _get(osh, "/forms", annex=5, **{"class": number})
    rows = [list(row) for row in read_roster(form.content, "a.ods").rows or ()]
    at = next(line for line, row in enumerate(rows) if row[0] == "3")
    right, rows[at][3] = rows[at][3], "A100000000"
    header = next(line for line, row in enumerate(rows) if row[0] == "序號")
    for line, row in enumerate(rows):
        row.append("人員類別" if line == header else "護理師" if line > header else "")

    def file(lines: list[list[str]]) -> bytes:
        quoted = [",".join(f'"{cell}"' for cell in row) for row in lines]
        return b"\xef\xbb\xbf" + "\r\n".join(quoted).encode()

    bad = await osh.file(
        "submitOshRoster",
        {
            "classNo": number,
            "upload": await osh.upload("名冊.csv", file(rows)),
            "licenceVerified": True,
        },
    )
    assert [(e["code"], e["row"]) for e in bad["errors"]] == [("osh.roster.id_checksum", at + 1)]
    marked = await _get(osh, "/corrections", submission=bad["submission"]["id"])
    back = [list(row) for row in read_roster(marked.content, "a.csv").rows or ()]
    assert back[at][-1].startswith("osh.roster.id_checksum")
    assert back[header][-1] == "錯誤說明"

    back[at][3] = right
    again = await osh.file(
        "submitOshRoster",
        {
            "classNo": number,
            "upload": await osh.upload("名冊.csv", file(back)),
            "licenceVerified": True,
        },
    )
    assert again["errors"] == []
    assert again["submission"]["state"] == "QUEUED"
