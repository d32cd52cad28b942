"""Keys and what they seal."""

import json
import stat
from datetime import date
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag

from certhub.domain.errors import ConfigurationError
from certhub.domain.tw_id import NationalId
from certhub.store.crypto import (
    blind_index,
    blind_indexes,
    number_place,
    open_number,
    seal_number,
    subject_reference,
)
from certhub.store.keys import FILE_NAME, KeyRing, load_keys, rotate_keys

TODAY = date(2024, 9, 1)
NUMBER = "A123456789"
PLACE = number_place("vr.professional", "P0000001", "national_id")


def test_development_makes_its_keys_once_and_private(tmp_path: Path) -> None:
    first = load_keys(tmp_path, None, TODAY)
    second = load_keys(tmp_path, None, TODAY)

    assert blind_index(first, NUMBER) == blind_index(second, NUMBER)
    assert stat.S_IMODE((tmp_path / FILE_NAME).stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [FILE_NAME]


def test_a_missing_keys_file_names_the_setting(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="CERTHUB_ID_KEYS_FILE: cannot read"):
        load_keys(tmp_path, tmp_path / "absent.json", TODAY)


def test_a_keys_file_without_a_kind_is_refused(tmp_path: Path) -> None:
    load_keys(tmp_path, None, TODAY)
    path = tmp_path / FILE_NAME
    document = json.loads(path.read_text())
    document["subject"] = []
    path.write_text(json.dumps(document))

    with pytest.raises(ConfigurationError, match="not a keys file"):
        load_keys(tmp_path, path, TODAY)


def test_keys_do_not_show_themselves() -> None:
    keys = KeyRing.generate(TODAY)

    assert repr(keys) == "KeyRing(index v1, cipher v1, subject v1, signing v1)"
    assert keys.index[0].key.hex() not in repr(keys.index[0])


def test_a_number_opens_where_it_was_sealed_and_nowhere_else() -> None:
    keys = KeyRing.generate(TODAY)

    sealed = seal_number(keys, NationalId(" a123456789"), PLACE)

    assert (sealed.kind, sealed.check, sealed.masked) == ("national_id", "valid", "A*****6789")
    assert open_number(keys, sealed.cipher, PLACE).reveal() == NUMBER
    with pytest.raises(InvalidTag):
        open_number(keys, sealed.cipher, number_place("vr.professional", "P0000002", "national_id"))


@pytest.mark.parametrize(
    ("number", "kind", "found"),
    [
        ("A123456788", None, ("national_id", "id_checksum")),
        ("HELLO", None, (None, "id_format")),
        ("B9342933", "passport", ("passport", "valid")),
        ("B-9", "passport", ("passport", "id_format")),
    ],
)
def test_the_verdict_follows_the_kind(
    number: str, kind: str | None, found: tuple[str | None, str]
) -> None:
    sealed = seal_number(KeyRing.generate(TODAY), NationalId(number), PLACE, kind)

    assert (sealed.kind, sealed.check) == found


def test_lookups_try_every_key_version_and_new_values_use_the_newest(tmp_path: Path) -> None:
    old = load_keys(tmp_path, None, TODAY)
    before = seal_number(old, NationalId(NUMBER), PLACE)

    new = rotate_keys(tmp_path / FILE_NAME, ["index", "cipher"], TODAY)

    after = seal_number(new, NationalId(NUMBER), PLACE)
    assert blind_indexes(new, NUMBER) == [after.index, before.index]
    assert (before.index[0], after.index[0]) == (1, 2)
    assert (before.cipher[0], after.cipher[0]) == (1, 2)
    assert open_number(new, before.cipher, PLACE).reveal() == NUMBER


def test_audit_references_are_no_blind_indexes() -> None:
    keys = KeyRing.generate(TODAY)

    reference = subject_reference(keys, NUMBER)

    assert reference[2:] != blind_index(keys, NUMBER)[1:].hex()
    assert reference == subject_reference(keys, NUMBER)
