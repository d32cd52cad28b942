"""Who the token is."""

from ..country import Country


async def test_the_viewer_is_the_token(country: Country) -> None:
    found = await country.data(
        "{ viewer { subject clientId agencyType jurisdiction registries purpose caseReference } }",
        role="local-taipei",
    )

    assert found["viewer"] == {
        "subject": "local-taipei-clerk",
        "clientId": "local-taipei",
        "agencyType": "local",
        "jurisdiction": ["63000"],
        "registries": ["LTC", "OSH", "VR"],
        "purpose": "supervision",
        "caseReference": "TEST-1130902",
    }
