import json
import stat
from pathlib import Path

import httpx

from certhub.sandbox.run import NO_RATES, start_agencies


def test_the_agencies_serve_on_loopback_until_they_are_stopped(tmp_path: Path) -> None:
    with start_agencies(persons=40, seed=2, rates=NO_RATES) as agencies:
        access = agencies.credentials()
        token = httpx.post(
            f"{access['vr']['url']}/oauth/token",
            data={"grant_type": "client_credentials"},
            auth=(access["vr"]["client_id"], access["vr"]["client_secret"]),
        )
        keys = httpx.get(f"{access['osh']['url']}/.well-known/jwks.json")
        index = httpx.get(
            f"{access['osh']['url']}/drops/index.json",
            headers={"X-API-Key": access["osh"]["api_key"]},
        )
        settings = agencies.environment(tmp_path / "home")

    assert token.status_code == keys.status_code == index.status_code == 200
    assert all(url.startswith("http://127.0.0.1:") for url in agencies.urls.values())
    key_file = Path(settings["CERTHUB_LTC__PRIVATE_KEY_FILE"])
    assert json.loads(key_file.read_text("utf-8")) == agencies.ltc.private_jwk
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    assert settings["CERTHUB_VR__URL"] == access["vr"]["url"]
    for url in agencies.urls.values():
        try:
            httpx.get(url)
        except httpx.ConnectError:
            continue
        raise AssertionError(f"{url} still answers")


def test_settling_decides_and_publishes() -> None:
    with start_agencies(persons=0, rates=NO_RATES) as agencies:
        before = agencies.osh.signer.jwks()

        agencies.settle()

        assert agencies.osh._drops.kept[-1].entry["sequence"] == 103
        assert agencies.osh.signer.jwks() == before
