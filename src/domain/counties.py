"""Counties and cities of Taiwan: official names, five-digit codes, words of the staffing plan.

Codes are text, because two of them begin with a zero. Source: domain/mapping.md section 4.
"""

from dataclasses import dataclass
from types import MappingProxyType

from .text import compare_form

__all__ = [
    "BY_CODE",
    "COUNTIES",
    "County",
    "authority_county",
    "county_code",
    "county_name",
    "staffing_word",
]


@dataclass(frozen=True, slots=True)
class County:
    """A municipality, county or city (直轄市、縣、市).

    Attributes:
        code: Five digits, as in the LTC contract; 63000 is 臺北市.
        name: The official name, with 臺.
        word: What the entry point ``vr.staffing`` calls it.
        former: Older names that still occur.
    """

    code: str
    name: str
    word: str
    former: tuple[str, ...] = ()


COUNTIES: tuple[County, ...] = (
    County("63000", "臺北市", "taipei"),
    County("64000", "高雄市", "kaohsiung", ("高雄縣",)),
    County("65000", "新北市", "new_taipei", ("臺北縣",)),
    County("66000", "臺中市", "taichung", ("臺中縣",)),
    County("67000", "臺南市", "tainan", ("臺南縣",)),
    County("68000", "桃園市", "taoyuan", ("桃園縣",)),
    County("10002", "宜蘭縣", "yilan"),
    County("10004", "新竹縣", "hsinchu_county"),
    County("10005", "苗栗縣", "miaoli"),
    County("10007", "彰化縣", "changhua"),
    County("10008", "南投縣", "nantou"),
    County("10009", "雲林縣", "yunlin"),
    County("10010", "嘉義縣", "chiayi_county"),
    County("10013", "屏東縣", "pingtung"),
    County("10014", "臺東縣", "taitung"),
    County("10015", "花蓮縣", "hualien"),
    County("10016", "澎湖縣", "penghu"),
    County("10017", "基隆市", "keelung"),
    County("10018", "新竹市", "hsinchu_city"),
    County("10020", "嘉義市", "chiayi_city"),
    County("09007", "連江縣", "lienchiang"),
    County("09020", "金門縣", "kinmen"),
)

BY_CODE = MappingProxyType({county.code: county for county in COUNTIES})
"""``63000`` -> 臺北市."""

_BY_NAME = MappingProxyType(
    {name: county for county in COUNTIES for name in (county.name, *county.former)}
)
_LONGEST_FIRST = tuple(sorted(_BY_NAME, key=len, reverse=True))


def county_code(name: str) -> str | None:
    """The code of the county of exactly that name; ``None`` where there is none.

    Read after NFKC, without spaces, with a leading 台 as 臺; older names give today's county.
    """
    county = _BY_NAME.get(compare_form(name))
    return county.code if county else None


def authority_county(authority: str) -> str | None:
    """The code of the county whose name an authority's name begins with (臺北市政府勞動局)."""
    text = compare_form(authority)
    for name in _LONGEST_FIRST:
        if text.startswith(name):
            return _BY_NAME[name].code
    return None


def county_name(code: str) -> str | None:
    """The official name of a code."""
    county = BY_CODE.get(code)
    return county.name if county else None


def staffing_word(code: str) -> str | None:
    """The word of ``vr.staffing`` for a code: ``taipei``."""
    county = BY_CODE.get(code)
    return county.word if county else None
