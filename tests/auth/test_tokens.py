"""Tokens: what is accepted, and every way in which one is refused."""

import hashlib
import hmac
import json
import warnings
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from joserfc.jwk import ECKey, OKPKey

from certhub.auth.jwks import CachedKeys, StaticKeys, from_discovery, keys_of
from certhub.auth.tokens import InvalidToken, TokenVerifier, TrustedIssuer
from certhub.auth.viewer import AgencyType, Viewer
from certhub.domain.errors import ConfigurationError

from .issuing import AUDIENCE, ISSUER, KEY, NOW, OTHER_KEY, by_hand, claims, sign

NOW_S = int(NOW.timestamp())


def verifier(**changes: object) -> TokenVerifier:
    settings = {"issuer": ISSUER, "audience": AUDIENCE, "keys": StaticKeys([KEY]), **changes}
    return TokenVerifier([TrustedIssuer(**settings)], lambda: NOW)  # type: ignore[arg-type]


async def reason(token: str, **changes: object) -> str:
    with pytest.raises(InvalidToken) as caught:
        await verifier(**changes).verify(token)
    assert caught.value.code == "UNAUTHENTICATED"
    return caught.value.reason


async def test_a_good_token_becomes_a_viewer() -> None:
    viewer = await verifier().verify(sign())

    assert viewer == Viewer(
        subject="clerk-1",
        client_id="taipei",
        issuer=ISSUER,
        scopes=frozenset({"vr.person.read", "pii.basic"}),
        agency_type=AgencyType.LOCAL,
        agency_code="379000000A",
        jurisdiction=frozenset({"63000"}),
        registries=frozenset({"vr", "ltc", "osh"}),
        purposes=frozenset({"registration"}),
        token_id="t-1",
        expires_at=datetime.fromtimestamp(NOW_S + 600, UTC),
    )


async def test_a_missing_claim_is_empty() -> None:
    body = {name: claims()[name] for name in ("iss", "aud", "sub", "client_id", "jti")}

    viewer = await verifier().verify(sign({**body, "iat": NOW_S, "exp": NOW_S + 60}))

    assert viewer.agency_type is None
    assert not (viewer.scopes | viewer.jurisdiction | viewer.registries)
    assert not (viewer.institution_ids | viewer.purposes)


@pytest.mark.parametrize("scope", ["vr.person.read  sorcery", ["vr.person.read", "sorcery"]])
async def test_scopes_come_as_text_or_list_and_unknown_ones_open_nothing(scope: object) -> None:
    viewer = await verifier().verify(sign(claims(scope=scope)))

    assert viewer.scopes == {"vr.person.read"}


async def test_claims_are_found_where_the_issuer_puts_them() -> None:
    body = claims(
        client_id=None,
        azp="kc",
        jurisdiction=None,
        ext={"county": ["64000"]},
        **{"https://x.example/purposes": "renewal", "purposes": None},
    )
    named = {
        "client_id": "azp",
        "jurisdiction": "ext.county",
        "purposes": "https://x.example/purposes",
    }

    viewer = await verifier(claims=named).verify(sign(body))

    assert viewer.client_id == "kc"
    assert viewer.jurisdiction == {"64000"}
    assert viewer.purposes == {"renewal"}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (claims(aud="https://other.example"), "audience"),
        (claims(aud=AUDIENCE + "/"), "audience"),
        (claims(aud=[AUDIENCE, "https://other.example"]), "audience"),
        (claims(aud=[]), "claims"),
        (claims(aud=None), "claims"),
        (claims(iss="https://issuer.example/"), "unknown_issuer"),
        (claims(iss=None), "unknown_issuer"),
        (claims(iss=["https://issuer.example"]), "unknown_issuer"),
        (claims(iat=NOW_S - 700, exp=NOW_S - 61), "expired"),
        (claims(exp=str(NOW_S + 600)), "claims"),
        (claims(exp=None), "claims"),
        (claims(iat=NOW_S + 61, exp=NOW_S + 600), "claims"),
        (claims(nbf=NOW_S + 61), "claims"),
        (claims(iat=None), "claims"),
        (claims(exp=NOW_S + 3601), "lifetime"),
        (claims(exp=NOW_S + 100 * 365 * 86400), "lifetime"),
        (claims(cnf={"jkt": "x"}), "sender_constrained"),
        (claims(jti=None), "claims"),
        (claims(sub=None), "claims"),
        (claims(client_id=None), "claims"),
        (claims(client_id=7), "claim_client_id"),
        (claims(scope=42), "claim_scope"),
        (claims(agency_type="ministry"), "claim_agency_type"),
        (claims(agency_type=["central"]), "claim_agency_type"),
        (claims(jurisdiction=63000), "claim_jurisdiction"),
        (claims(jurisdiction=["台北"]), "claim_jurisdiction"),
        (claims(jurisdiction=["*"]), "claim_jurisdiction"),
        (claims(jurisdiction={"63000": True}), "claim_jurisdiction"),
        (claims(registries=["tax"]), "claim_registries"),
        (claims(institution_id=["1234"]), "claim_institution_id"),
        (claims(purposes=[{"code": "x"}]), "claim_purposes"),
    ],
)
async def test_wrong_claims_are_refused(body: dict[str, object], expected: str) -> None:
    assert await reason(sign(body)) == expected


@pytest.mark.parametrize(
    "body",
    [
        claims(iat=NOW_S + 60, exp=NOW_S + 600),
        claims(nbf=NOW_S + 60),
        claims(iat=NOW_S - 600, exp=NOW_S - 59),
        claims(aud=[AUDIENCE]),
    ],
)
async def test_clocks_may_differ_by_a_minute(body: dict[str, object]) -> None:
    assert (await verifier().verify(sign(body))).subject == "clerk-1"


async def test_unsigned_and_foreign_tokens_are_refused() -> None:
    header = {"alg": "none", "typ": "at+jwt", "kid": "k1"}

    assert await reason(by_hand(header, claims(), b"")) == "algorithm"
    assert await reason(sign(key=OTHER_KEY)) == "signature"
    assert await reason(sign()[:-6] + "AAAAAA") == "signature"


async def test_the_public_key_is_no_secret_to_sign_with() -> None:
    public = KEY.as_pem(private=False)
    signed = by_hand({"alg": "HS256", "typ": "at+jwt", "kid": "k1"}, claims()).rpartition(".")[0]
    mac = hmac.new(public, signed.encode(), hashlib.sha256).digest()

    assert await reason(by_hand({"alg": "HS256", "typ": "at+jwt", "kid": "k1"}, claims(), mac)) == (
        "algorithm"
    )


@pytest.mark.parametrize("typ", [None, "JWT", "id+jwt", "application/jwt"])
async def test_only_access_tokens_are_accepted(typ: str | None) -> None:
    assert await reason(sign(typ=typ)) == "type"


@pytest.mark.parametrize(
    "header",
    [
        {"jku": "https://evil.example/jwks"},
        {"x5u": "https://evil.example/x"},
        {"jwk": KEY.as_dict(private=False)},
    ],
)
async def test_a_token_does_not_choose_its_own_key(header: dict[str, object]) -> None:
    assert await reason(sign(None, key=KEY, alg="ES256", **header)) == "header"


async def test_critical_headers_are_refused() -> None:
    header = {"alg": "ES256", "typ": "at+jwt", "kid": "k1", "crit": ["exp"], "exp": 1}

    assert await reason(by_hand(header, claims())) == "header"


@pytest.mark.parametrize(
    "token",
    [
        "",
        "a.b",
        "....",
        "a.b.c",
        by_hand({"alg": "ES256"}, claims())[:40],
        by_hand(b"\xff\xfe", claims()),
        by_hand({"alg": "ES256", "typ": "at+jwt"}, [1, 2]),
        by_hand({"alg": "ES256", "typ": "at+jwt"}, b"[" * 4000),
        "臺" * 10,
        "a" * (8 * 1024 + 1),
    ],
    ids=["empty", "two", "dots", "short", "cut", "bytes", "list", "deep", "text", "long"],
)
async def test_broken_tokens_are_malformed(token: str) -> None:
    assert await reason(token) == "malformed"


async def test_a_huge_but_well_formed_token_is_refused() -> None:
    assert await reason(sign(claims(padding="x" * 9000))) == "malformed"


async def test_no_agency_type_above_the_issuers_ceiling() -> None:
    ceiling = frozenset({AgencyType.LOCAL})
    body = claims(agency_type="central", jurisdiction=["*"])

    assert await reason(sign(body), agency_types=ceiling) == "agency_type_above_ceiling"


async def test_scopes_above_the_issuers_ceiling_are_dropped() -> None:
    viewer = await verifier(scopes=frozenset({"pii.basic"})).verify(sign())

    assert viewer.scopes == {"pii.basic"}


@pytest.mark.parametrize("algorithm", ["HS256", "none", "RS1"])
def test_no_issuer_may_be_given_a_weak_algorithm(algorithm: str) -> None:
    with pytest.raises(ConfigurationError):
        TrustedIssuer(ISSUER, AUDIENCE, StaticKeys([]), frozenset({algorithm}))


async def test_ed25519_tokens_are_accepted_under_both_names() -> None:
    key = OKPKey.generate_key("Ed25519", {"kid": "e1"})
    for name in ("EdDSA", "Ed25519"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            token = sign(claims(jti=name), key=key, alg=name, kid="e1")  # type: ignore[arg-type]

        viewer = await verifier(keys=StaticKeys([key])).verify(token)

        assert viewer.token_id == name


async def test_a_remembered_token_still_ends() -> None:
    times = [NOW]
    asked = TokenVerifier([TrustedIssuer(ISSUER, AUDIENCE, StaticKeys([KEY]))], lambda: times[0])
    token = sign()
    await asked.verify(token)
    times[0] = NOW + timedelta(seconds=661)

    with pytest.raises(InvalidToken) as caught:
        await asked.verify(token)

    assert caught.value.reason == "expired"


def jwks(*keys: ECKey) -> bytes:
    return json.dumps({"keys": [key.as_dict(private=False) for key in keys]}).encode()


def counted(
    documents: list[bytes | Exception], times: list[datetime]
) -> tuple[CachedKeys, Callable[[], int]]:
    loads = 0

    async def load() -> bytes:
        nonlocal loads
        found = documents[min(loads, len(documents) - 1)]
        loads += 1
        if isinstance(found, Exception):
            raise found
        return found

    return CachedKeys(load, lambda: times[0]), lambda: loads


async def test_made_up_key_ids_do_not_flood_the_issuer() -> None:
    times = [NOW]
    keys, loads = counted([jwks(KEY)], times)

    for number in range(50):
        assert await keys.find(f"made-up-{number}") == []

    assert loads() == 1


async def test_a_new_key_is_found_after_the_interval() -> None:
    times = [NOW]
    new = ECKey.generate_key("P-256", {"kid": "k2"})
    keys, loads = counted([jwks(KEY), jwks(KEY, new)], times)
    assert [key.get("kid") for key in await keys.find("k1")] == ["k1"]
    assert await keys.find("k2") == []
    times[0] = NOW + timedelta(seconds=30)

    assert [key.get("kid") for key in await keys.find("k2")] == ["k2"]
    assert loads() == 2


async def test_a_withdrawn_key_goes_within_ten_minutes() -> None:
    times = [NOW]
    new = ECKey.generate_key("P-256", {"kid": "k2"})
    keys, _loads = counted([jwks(KEY), jwks(new)], times)
    await keys.find("k1")
    times[0] = NOW + timedelta(minutes=11)

    assert await keys.find("k1") == []


async def test_known_keys_serve_through_a_short_outage_of_the_issuer() -> None:
    times = [NOW]
    keys, _loads = counted([jwks(KEY), OSError("down")], times)
    await keys.find("k1")
    times[0] = NOW + timedelta(minutes=30)
    assert len(await keys.find("k1")) == 1

    times[0] = NOW + timedelta(minutes=61)

    asked = TokenVerifier([TrustedIssuer(ISSUER, AUDIENCE, keys)], lambda: NOW)
    with pytest.raises(InvalidToken) as caught:
        await asked.verify(sign())
    assert caught.value.reason == "keys_unavailable"


def test_symmetric_and_broken_keys_of_a_set_are_left_out() -> None:
    document = json.dumps(
        {
            "keys": [
                {"kty": "oct", "k": "c2VjcmV0", "kid": "o"},
                {"kty": "EC", "crv": "P-256", "kid": "broken"},
                {**KEY.as_dict(private=False), "use": "enc"},
                OTHER_KEY.as_dict(private=False),
                "x",
            ]
        }
    ).encode()

    assert [key.thumbprint() for key in keys_of(document)] == [OTHER_KEY.thumbprint()]


@pytest.mark.parametrize("document", [b"42", b"{}", b"<html>", b"[" * 200000, b"x" * 300000])
def test_what_is_no_key_set_is_refused(document: bytes) -> None:
    with pytest.raises(ValueError, match=r"JWK set|Expecting"):
        keys_of(document)


@pytest.mark.parametrize(
    ("metadata", "found"),
    [
        ({"issuer": ISSUER, "jwks_uri": "https://issuer.example/jwks"}, 1),
        ({"issuer": ISSUER + "/", "jwks_uri": "https://issuer.example/jwks"}, 0),
        ({"issuer": ISSUER, "jwks_uri": "http://issuer.example/jwks"}, 0),
        ({"issuer": ISSUER}, 0),
    ],
    ids=["good", "other issuer", "plain http", "no uri"],
)
async def test_discovery_is_believed_only_about_the_issuer_itself(
    metadata: dict[str, str], found: int
) -> None:
    async def fetch(url: str) -> bytes:
        return jwks(KEY) if url.endswith("/jwks") else json.dumps(metadata).encode()

    keys = from_discovery("https://issuer.example/.well-known/x", ISSUER, fetch, lambda: NOW)
    asked = TokenVerifier([TrustedIssuer(ISSUER, AUDIENCE, keys)], lambda: NOW)

    if found:
        assert (await asked.verify(sign())).subject == "clerk-1"
    else:
        with pytest.raises(InvalidToken) as caught:
            await asked.verify(sign())
        assert caught.value.reason == "keys_unavailable"
