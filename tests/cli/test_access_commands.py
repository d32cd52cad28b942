"""Commands about tokens, policy, audit and receipts: what they print, and when they fail."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from certhub.auth.jwks import from_file
from certhub.auth.tokens import TokenVerifier, TrustedIssuer
from certhub.cli import audit as audit_cli
from certhub.cli import policy as policy_cli
from certhub.cli import receipt as receipt_cli
from certhub.cli.token import token
from certhub.domain.errors import CertHubError, ConfigurationError, InvalidInput
from certhub.sandbox.issuer import DEV_AUDIENCE, DEV_ISSUER, JWKS_FILE
from certhub.store import clock
from certhub.store.audit import AuditEntry, AuditLog, Position, append
from certhub.store.engine import make_engine
from certhub.store.keys import load_keys
from certhub.store.receipts import issue_receipt
from certhub.store.signing import public_keys

app = typer.Typer()
app.command()(token)
app.add_typer(policy_cli.app, name="policy")
app.add_typer(audit_cli.app, name="audit")
app.add_typer(receipt_cli.app, name="receipt")

NOW = datetime(2024, 9, 2, 1, 0, tzinfo=UTC)

Run = Callable[..., Result]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CERTHUB_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def run(home: Path) -> Run:
    def invoke(*arguments: object, text: str | None = None) -> Result:
        return CliRunner().invoke(app, [str(argument) for argument in arguments], input=text)

    return invoke


def failure(result: Result) -> CertHubError:
    assert isinstance(result.exception, CertHubError)
    return result.exception


def test_a_token_is_printed_alone_and_a_hub_of_this_home_accepts_it(run: Run, home: Path) -> None:
    printed = run("token", "local-taipei", "--claims", '{"jurisdiction": ["64000"]}').stdout

    keys = from_file(home / JWKS_FILE, clock.now)
    verifier = TokenVerifier([TrustedIssuer(DEV_ISSUER, DEV_AUDIENCE, keys)], clock.now)
    viewer = asyncio.run(verifier.verify(printed.removesuffix("\n")))
    assert viewer.jurisdiction == {"64000"}


@pytest.mark.parametrize("claims", ["{", "[1]", "42"])
def test_claims_must_be_an_object(run: Run, claims: str) -> None:
    result = run("token", "local-taipei", "--claims", claims)

    assert isinstance(failure(result), InvalidInput)
    assert result.stdout == ""


def test_production_has_no_dev_tokens(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CERTHUB_ENVIRONMENT", "production")
    monkeypatch.setenv("CERTHUB_ID_KEYS_FILE", str(home / "keys.json"))

    assert isinstance(failure(run("token", "operator")), ConfigurationError)
    assert not (home / JWKS_FILE).exists()


def test_the_policy_says_what_a_token_lacks(run: Run) -> None:
    given = run("token", "local-taipei").stdout.strip()
    asked = ["--field", "Person.maskedName", "--field", "Identifier.value", "--json"]

    bare = run("policy", "explain", "--token", given, *asked)
    stated = run(
        "policy", "explain", "--token", given, *asked, "--purpose", "renewal", "--case", "1"
    )

    assert (bare.exit_code, stated.exit_code) == (1, 1)
    assert [line["code"] for line in json.loads(bare.stdout)] == ["PURPOSE_REQUIRED", "FORBIDDEN"]
    assert json.loads(stated.stdout)[1] == {
        "field": "Identifier.value",
        "allowed": False,
        "code": "FORBIDDEN",
        "needed": ["pii.full"],
        "rule": ["pii.full"],
    }
    assert json.loads(stated.stdout)[0]["allowed"] is True


def test_the_policy_command_succeeds_when_everything_is_allowed(run: Run) -> None:
    given = run("token", "operator").stdout.strip()

    result = run("policy", "explain", "--token", given, "--field", "Mutation.startSync")

    assert result.exit_code == 0
    assert "Mutation.startSync: allowed" in result.stdout


@pytest.fixture
def trail(run: Run, home: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("CERTHUB_DATABASE_URL", database_url)

    async def write() -> None:
        engine = make_engine(database_url, pooled=False)
        log = AuditLog(engine)
        for number in range(3):
            await log.record(AuditEntry(NOW, f"r{number}", "Query.person", "allowed"))
        async with engine.begin() as connection:
            await append(connection, AuditEntry(NOW, "w1", "Mutation.x", "allowed"))
        await engine.dispose()

    asyncio.run(write())
    return run


def test_an_export_is_verified_without_the_database(
    trail: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = home / "audit.ndjson"
    assert trail("audit", "export", "--out", out).exit_code == 0
    monkeypatch.delenv("CERTHUB_DATABASE_URL")

    result = trail("audit", "verify", out, "--keys", _public(home))

    assert result.exit_code == 0
    assert result.stdout == "4 rows, 1 signed heads, 0 problems\n"


def _public(home: Path) -> Path:
    file = home / "public.json"
    file.write_text(json.dumps(public_keys(load_keys(home, None, date(2024, 9, 2)))))
    return file


def test_the_database_itself_is_verified(trail: Run, home: Path) -> None:
    result = trail("audit", "verify", "--json", "--keys", _public(home))

    assert json.loads(result.stdout) == {"rows": 4, "heads": 0, "problems": []}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda lines: lines[:-1], "head_unmet"),
        (lambda lines: [*lines[:2], *lines[3:]], "row_missing"),
        (
            lambda lines: [line.replace(b"allowed", b"refused") for line in lines],
            "row_changed",
        ),
        (lambda lines: [*lines, b"\n"], "unreadable"),
        (lambda lines: [*lines, b"\xff\n"], "unreadable"),
    ],
)
def test_a_changed_export_is_found_out(
    trail: Run, home: Path, change: Callable[[list[bytes]], list[bytes]], code: str
) -> None:
    out = home / "audit.ndjson"
    trail("audit", "export", "--out", out)
    out.write_bytes(b"".join(change(out.read_bytes().splitlines(keepends=True))))

    result = trail("audit", "verify", out, "--json")

    assert result.exit_code == 1
    codes = {problem["code"] for problem in json.loads(result.stdout)["problems"]}
    assert {code, "export_changed"} <= codes


def test_an_export_without_its_signature_is_not_good(trail: Run, home: Path) -> None:
    out = home / "audit.ndjson"
    trail("audit", "export", "--out", out)
    (home / "audit.ndjson.jws").unlink()

    result = trail("audit", "verify", out)

    assert result.exit_code == 1
    assert "export_unsigned" in result.stdout


def test_a_receipt_is_verified_from_a_whole_answer(run: Run, home: Path, database_url: str) -> None:
    keys = load_keys(home, None, date(2024, 9, 2))

    async def issue() -> dict[str, object]:
        engine = make_engine(database_url, pooled=False)
        async with engine.begin() as connection:
            made = await issue_receipt(
                connection,
                keys,
                "verification",
                {"role": "vr.case_manager"},
                client_id="taipei",
                audit=Position("c", 1),
                now=NOW,
            )
        await engine.dispose()
        return {"content": dict(made.content), "jws": made.jws}

    receipt = asyncio.run(issue())
    answer = json.dumps({"data": {"verifyEligibility": {"receipt": receipt}}})
    good = run("receipt", "verify", "-", text=answer)
    changed = run("receipt", "verify", "-", text=answer.replace("case_manager", "director"))

    assert good.exit_code == 0
    assert good.stdout.startswith("genuine: verification ")
    assert (changed.exit_code, changed.stdout.split(":")[0]) == (1, "NOT GENUINE")


@pytest.mark.parametrize("text", ["nonsense", "{}", '{"receipt": null}'])
def test_what_is_no_receipt_is_an_error(run: Run, text: str) -> None:
    assert isinstance(failure(run("receipt", "verify", "-", text=text)), InvalidInput)


def test_without_keys_nothing_is_verified(run: Run) -> None:
    result = run("receipt", "verify", "-", text='{"content": {}, "jws": "x"}')

    assert isinstance(failure(result), ConfigurationError)
