"""The three users' stories: what is asked over HTTP, how the answer is shown, and whether it is right.

The expected answers are a file written by hand from the rulebooks (``demo_expected.yaml``), about
people that the sandbox always makes.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from importlib import resources
from typing import Any

from rich.console import Console
from rich.table import Table

from ..domain.errors import CertHubError
from ..rules.params import read_yaml
from ..sandbox.cast import CAST, STORY_COURSE_NO
from ..sandbox.numbers import national_id
from .hub_client import HubClient

__all__ = ["expected_answers", "tell"]

Differences = list[str]
_DELIVERY_SECONDS = 30

BOTH_AND_SHORT = """
query BothAndShort($after: String) {
  people(
    filter: {
      holds: [{registry: LTC}, {registry: VR}]
      certificate: {
        registries: [LTC], expiresFrom: "2024-09-02", expiresTo: "2025-03-02", renewalStatuses: ["short"]
      }
    }
    first: 50, after: $after
  ) {
    totalCount
    pageInfo { hasNextPage endCursor }
    edges { node { name certificates(registries: [LTC]) { ... on LtcCertificate {
      type validTo status
      renewal { verdict status window { opens closes } requirements { code met short by label(lang: EN) } }
    } } } }
  }
}
"""

VERIFY = """
query Verify($input: VerifyEligibilityInput!) {
  verifyEligibility(input: $input) {
    role asOf receipt
    items {
      ref
      decision { verdict status minimal validTo citations { label(lang: EN) }
        findings { code message(lang: EN) } requirements { code met short by } }
      renewal { status requirements { code met short by label(lang: EN) } }
      error { code message(lang: EN) }
    }
  }
}
"""

SUBMIT = """
mutation Submit($input: SubmitVrRosterInput!) {
  submitVrRoster(input: $input) {
    submission { id state receipt }
    errors { code row field expected(lang: EN) message(lang: EN) }
  }
}
"""

STATE = """
query State($id: ID!) { node(id: $id) { ... on Submission { state events { at state code } } } }
"""


def expected_answers() -> Any:
    """The hand-written file, read."""
    return read_yaml((resources.files(__package__) / "demo_expected.yaml").read_text("utf-8"))


def _data(answer: Mapping[str, Any], field: str) -> Any:
    data = (answer.get("data") or {}).get(field)
    if data is None:
        codes = [error.get("extensions", {}).get("code") for error in answer.get("errors", [])]
        raise CertHubError(f"{field} answered nothing: {codes}", code="STORY_FAILED")
    return data


def _compare(where: str, expected: Any, got: Any) -> Iterator[str]:
    """Every key that the expectation names must be answered exactly so."""
    if isinstance(expected, Mapping) and isinstance(got, Mapping):
        for key, item in expected.items():
            yield from _compare(f"{where}.{key}", item, got.get(key))
    elif expected != got:
        yield f"{where}: expected {expected}, got {got}"


def _renewal(raw: Mapping[str, Any] | None) -> dict[str, Any]:
    """What a clerk reads of a renewal: its status, what is missing, by when."""
    if raw is None:
        return {}
    unmet = [item for item in raw["requirements"] if not item["met"]]
    return {
        "status": raw["status"],
        "verdict": raw.get("verdict"),
        "window": raw.get("window"),
        "short": {item["code"]: item["short"] for item in unmet},
        "by": max((item["by"] for item in unmet if item["by"]), default=None),
    }


def _both_and_short(
    client: HubClient, expected: Mapping[str, Any], console: Console
) -> Differences:
    found: dict[str, dict[str, Any]] = {}
    after, total = None, 0
    while True:
        page = _data(client.ask(BOTH_AND_SHORT, {"after": after}), "people")
        total = page["totalCount"]
        for edge in page["edges"]:
            for certificate in edge["node"]["certificates"]:
                renewal = _renewal(certificate["renewal"])
                if renewal.get("status") == "short" and certificate["validTo"] <= "2025-03-02":
                    found[edge["node"]["name"]] = {**certificate, "renewal": renewal}
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    table = Table("person", "certificate", "valid to", "missing", "by")
    for name in (
        list(expected["includes"]) + [n for n in found if n not in expected["includes"]][:4]
    ):
        row = found.get(name)
        if row is not None:
            missing = ", ".join(
                f"{code} {short}" for code, short in row["renewal"]["short"].items()
            )
            table.add_row(name, row["type"], row["validTo"], missing, row["renewal"]["by"])
    console.print(table)
    console.print(
        f"{total} people hold both and fall short within six months; the first are shown."
    )
    differences = [
        line
        for name, row in expected["includes"].items()
        for line in _compare(name, row, found.get(name))
    ]
    differences += [
        f"{name} is listed, but {why}"
        for name, why in expected["excludes"].items()
        if name in found
    ]
    if len(found) != total:
        differences.append(f"totalCount {total}, but {len(found)} people were listed")
    return differences


_STAFF = {
    "ltc.care_worker": {"eligible": "C2", "short": "C1", "expired": "C4", "elsewhere": "C7"},
    "vr.employment_specialist": {
        "eligible": "C2",
        "short": "C6",
        "expired": "C5",
        "elsewhere": "C7",
    },
}
_NOT_ON_RECORD = national_id("Z", 1, 9999999)


def _mistyped(number: str) -> str:
    return number[:-1] + str((int(number[-1]) + 1) % 10)


def _item(raw: Mapping[str, Any]) -> dict[str, Any]:
    if raw["error"] is not None:
        return {"error": raw["error"]["code"]}
    decision, renewal = raw["decision"], _renewal(raw["renewal"])
    return {
        "verdict": decision["verdict"],
        "status": decision["status"],
        "minimal": decision["minimal"],
        "validTo": decision["validTo"],
        "renewal": renewal.get("status"),
        "missing": renewal.get("short"),
        "by": renewal.get("by"),
        "law": "; ".join(item["label"] for item in decision["citations"][:1]),
    }


def _verify(client: HubClient, expected: Mapping[str, Any], console: Console) -> Differences:
    differences: Differences = []
    for role, staff in _STAFF.items():
        numbers = {ref: CAST[code].number for ref, code in staff.items()}
        numbers |= {
            "unknown": _NOT_ON_RECORD,
            "mistyped": _mistyped(CAST[staff["eligible"]].number),
        }
        report = _data(
            client.ask(
                VERIFY,
                {
                    "input": {
                        "role": role,
                        "purpose": client.purpose,
                        "caseReference": client.case_reference,
                        "staff": [
                            {"ref": ref, "identifier": {"value": number}}
                            for ref, number in numbers.items()
                        ],
                    }
                },
            ),
            "verifyEligibility",
        )
        table = Table("ref", "answer", "valid to", "renewal", "missing", "by", "law", title=role)
        got = {item["ref"]: _item(item) for item in report["items"]}
        for ref, item in got.items():
            missing = ", ".join(f"{c} {s or ''}" for c, s in (item.get("missing") or {}).items())
            answer = item.get("error") or f"{item['verdict']} ({item['status']})"
            note = " minimal" if item.get("minimal") else ""
            table.add_row(
                ref, answer + note, item.get("validTo"), item.get("renewal"), missing,
                item.get("by") if missing else None, item.get("law"),
            )  # fmt: skip
        console.print(table)
        console.print(f"as of {report['asOf']}; signed receipt {report['receipt']['jws'][:24]}...")
        differences += [f"{role}: order changed"] if list(got) != list(numbers) else []
        if not report["receipt"]:
            differences.append(f"{role}: no receipt")
        for ref, item in expected[role].items():
            differences += _compare(f"{role} {ref}", item, got.get(ref))
    return differences


def _sample(name: str) -> bytes:
    return (resources.files("certhub.sandbox") / "samples" / name).read_bytes()


def _submit(client: HubClient, filename: str, key: str) -> Any:
    sheet = client.upload("sign-in-sheet.pdf", _sample("sign-in-sheet.pdf"))
    upload = client.upload(filename, _sample(filename))
    variables = {
        "input": {
            "idempotencyKey": key,
            "courseNo": STORY_COURSE_NO,
            "files": [{"domain": 1, "upload": upload}],
            "signInSheet": sheet,
        }
    }
    return _data(client.ask(SUBMIT, variables), "submitVrRoster")


def _until_settled(client: HubClient, submission: str) -> str:
    deadline = time.monotonic() + _DELIVERY_SECONDS
    while True:
        state = str(_data(client.ask(STATE, {"id": submission}), "node")["state"])
        if state not in {"QUEUED", "SENT"} or time.monotonic() > deadline:
            return state
        time.sleep(0.3)


def _roster(client: HubClient, expected: Mapping[str, Any], console: Console) -> Differences:
    differences: Differences = []
    clean = _submit(client, "roster-clean-utf8bom.csv", "demo-roster-clean-0001")
    if clean["submission"] is None:
        return [f"roster.clean: {clean['errors']}"]
    console.print(f"clean roster: {clean['submission']['state']}, receipt "
                  f"{clean['submission']['receipt']['jws'][:24]}...")  # fmt: skip
    state = _until_settled(client, clean["submission"]["id"])
    console.print(f"after delivery: {state}")
    differences += _compare("roster.clean.state", expected["clean"]["state"], state)
    differences += _compare("roster.clean.errors", expected["clean"]["errors"], clean["errors"])
    if not clean["submission"]["receipt"]:
        differences.append("roster.clean: no receipt")
    bad = _submit(client, "roster-bad-rows.csv", "demo-roster-bad-0001")
    table = Table("row", "column", "what is wrong", "expected")
    for error in bad["errors"]:
        column = " ".join(error["field"] or [])
        table.add_row(str(error["row"] or ""), column, error["message"], error["expected"])
    console.print(table)
    rejected = bad["submission"]["state"] if bad["submission"] else None
    differences += _compare("roster.bad.state", expected["bad"]["state"], rejected)
    got = [(error["row"], error["code"]) for error in bad["errors"]]
    wanted = [(error.get("row"), error["code"]) for error in expected["bad"]["errors"]]
    if got != wanted:
        differences.append(f"roster.bad.errors: expected {wanted}, got {got}")
    return differences


_Story = tuple[str, str, str, Callable[[HubClient, Mapping[str, Any], Console], Differences]]

_STORIES: tuple[_Story, ...] = (
    (
        "central-mol",
        "both_and_short",
        "Who holds both an LTC certificate and a VR qualification, and whose LTC renewal falls short?",
        _both_and_short,
    ),
    ("local-taipei", "verify", "A county: may these people work?", _verify),
    ("institution-vr", "roster", "An institution submits a roster, and then a bad one.", _roster),
)

_PURPOSES = {
    "central-mol": "supervision",
    "local-taipei": "registration",
    "institution-vr": "training",
}


def tell(url: str, tokens: Mapping[str, str], console: Console) -> Differences:
    """Tell the stories against the hub at ``url``; what came out otherwise than expected."""
    expected = expected_answers()
    differences: Differences = []
    for letter, (role, key, title, story) in zip("abc", _STORIES, strict=True):
        console.rule(f"({letter}) {role}")
        console.print(title)
        client = HubClient(url, tokens[role], _PURPOSES[role], "demo-2024-0001")
        try:
            found = story(client, expected[key], console)
        except CertHubError as error:
            found = [f"{key}: {error.code}: {error.en}"]
        console.print("as expected" if not found else f"NOT as expected: {len(found)} differences")
        differences += found
    return differences
