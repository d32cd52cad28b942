"""Counties of Taiwan as the agencies print them, with code, number letter and weight."""

from typing import NamedTuple

__all__ = ["COUNTIES", "COUNTY_WEIGHTS", "KAOHSIUNG", "TAIPEI_CITY", "County", "labour_bureau"]


class County(NamedTuple):
    """A special municipality, county or city (直轄市、縣市).

    Attributes:
        name: As printed, with 臺.
        code: Administrative code, text.
        letter: First letter of national IDs issued there.
        weight: How many of the fictional people live there, roughly per thousand.
        offshore: Whether courses there carry the weight of outlying islands (離島).
    """

    name: str
    code: str
    letter: str
    weight: int
    offshore: bool = False


COUNTIES = (
    County("臺北市", "63000", "A", 180),
    County("新北市", "65000", "F", 150),
    County("桃園市", "68000", "H", 90),
    County("臺中市", "66000", "B", 110),
    County("臺南市", "67000", "D", 80),
    County("高雄市", "64000", "E", 130),
    County("基隆市", "10017", "C", 16),
    County("宜蘭縣", "10002", "G", 22),
    County("新竹縣", "10004", "J", 22),
    County("新竹市", "10018", "O", 18),
    County("苗栗縣", "10005", "K", 22),
    County("彰化縣", "10007", "N", 40),
    County("南投縣", "10008", "M", 20),
    County("雲林縣", "10009", "P", 24),
    County("嘉義縣", "10010", "Q", 18),
    County("嘉義市", "10020", "I", 10),
    County("屏東縣", "10013", "T", 30),
    County("臺東縣", "10014", "V", 14),
    County("花蓮縣", "10015", "U", 16),
    County("澎湖縣", "10016", "X", 6, offshore=True),
    County("金門縣", "09020", "W", 5, offshore=True),
    County("連江縣", "09007", "Z", 3, offshore=True),
)

COUNTY_WEIGHTS = tuple((county, county.weight) for county in COUNTIES)

TAIPEI_CITY = COUNTIES[0]
KAOHSIUNG = COUNTIES[5]


def labour_bureau(county: str) -> str:
    """The labour authority of a county, as it signs its letters."""
    return f"{county}政府勞動局" if county.endswith("市") else f"{county}政府勞動處"
