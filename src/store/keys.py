"""The hub's secret keys: a JSON file of versioned keys, made in ``HOME`` in development.

``index`` keys make blind indexes, ``cipher`` keys encrypt, ``subject`` keys make the references to
people in audit rows (another key, so that the audit cannot be joined to the index) and ``signing``
keys (Ed25519 JWK) sign receipts and audit heads. New values use the newest version of each; older
versions stay for reading until nothing uses them.
"""

import base64
import binascii
import json
import os
import secrets
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from ..domain.errors import ConfigurationError

__all__ = ["FILE_NAME", "KINDS", "KeyRing", "Secret", "SigningKey", "load_keys", "rotate_keys"]

FILE_NAME = "id-keys.json"
KINDS = ("index", "cipher", "subject", "signing")

_FORMAT = "certhub-keys/1"
_BYTES = 32
_MAX_VERSION = 255  # one byte in front of every index and ciphertext


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """One version of a symmetric key of 32 bytes."""

    version: int
    created_on: date
    key: bytes


@dataclass(frozen=True, slots=True, repr=False)
class SigningKey:
    """One version of the key pair that signs; its ``kid`` is the RFC 7638 thumbprint."""

    version: int
    created_on: date
    key: OKPKey

    @property
    def kid(self) -> str:
        """Key id in the header of what was signed."""
        return self.key.thumbprint()


class KeyRing:
    """The keys of one hub, each kind oldest version first. Never shows a key.

    Attributes:
        index: For blind indexes of people's numbers.
        cipher: For AES-256-GCM.
        subject: For references to people in audit rows.
        signing: For receipts and audit heads.
    """

    __slots__ = ("_ciphers", "cipher", "index", "signing", "subject")

    def __init__(
        self,
        index: Sequence[Secret],
        cipher: Sequence[Secret],
        subject: Sequence[Secret],
        signing: Sequence[SigningKey],
    ) -> None:
        self.index = tuple(index)
        self.cipher = tuple(cipher)
        self.subject = tuple(subject)
        self.signing = tuple(signing)
        self._ciphers: Mapping[int, AESGCM] = MappingProxyType(
            {secret.version: AESGCM(secret.key) for secret in self.cipher}
        )

    def __repr__(self) -> str:
        versions = ", ".join(f"{kind} v{getattr(self, kind)[-1].version}" for kind in KINDS)
        return f"KeyRing({versions})"

    def cipher_of(self, version: int) -> AESGCM:
        """The cipher of one key version.

        Raises:
            ConfigurationError: no such version in the keys file.
        """
        found = self._ciphers.get(version)
        if found is None:
            raise ConfigurationError(
                f"no cipher key of version {version} in the keys file: it was made with other keys",
                f"金鑰檔沒有第 {version} 版加密金鑰:資料以其他金鑰加密",
            )
        return found

    @classmethod
    def generate(cls, today: date) -> "KeyRing":
        """Fresh keys, version 1 of each kind."""
        return cls(
            index=[_fresh_secret(1, today)],
            cipher=[_fresh_secret(1, today)],
            subject=[_fresh_secret(1, today)],
            signing=[SigningKey(1, today, _fresh_pair())],
        )

    def with_next(self, kind: str, today: date) -> "KeyRing":
        """The same keys and a next version of ``kind``, which new values use.

        Raises:
            ConfigurationError: no such kind, or its versions are used up.
        """
        if kind not in KINDS:
            raise ConfigurationError(f"keys: expected one of {KINDS}", f"金鑰種類應為 {KINDS} 之一")
        parts: dict[str, list[Any]] = {name: list(getattr(self, name)) for name in KINDS}
        version = parts[kind][-1].version + 1
        if version > _MAX_VERSION:
            raise ConfigurationError(f"keys: {kind} has no version left", f"{kind} 版次已用罄")
        parts[kind].append(
            SigningKey(version, today, _fresh_pair())
            if kind == "signing"
            else _fresh_secret(version, today)
        )
        return KeyRing(**parts)


def load_keys(home: Path, file: Path | None, today: date) -> KeyRing:
    """The keys of ``file``; without one those of ``home``, made there on first use (mode 0600).

    Args:
        home: ``CERTHUB_HOME``.
        file: ``CERTHUB_ID_KEYS_FILE``; production always gives it.
        today: Day of creation written beside new keys.

    Raises:
        ConfigurationError: the file is missing or is not a keys file.
    """
    if file is not None:
        return _read(file, "CERTHUB_ID_KEYS_FILE")
    path = home.expanduser().resolve() / FILE_NAME
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = _write_aside(path, KeyRing.generate(today))
        # Of two processes that start at once the first one's keys stay.
        with suppress(FileExistsError):
            os.link(fresh, path)
        fresh.unlink()
    return _read(path, "CERTHUB_HOME")


def rotate_keys(path: Path, kinds: Sequence[str], today: date) -> KeyRing:
    """Add a next version of ``kinds`` to the keys file; the new keys.

    Raises:
        ConfigurationError: as ``load_keys`` and ``KeyRing.with_next``.
    """
    keys = _read(path, "CERTHUB_ID_KEYS_FILE")
    for kind in kinds:
        keys = keys.with_next(kind, today)
    _write_aside(path, keys).replace(path)
    return keys


def _fresh_secret(version: int, today: date) -> Secret:
    return Secret(version, today, secrets.token_bytes(_BYTES))


def _fresh_pair() -> OKPKey:
    return OKPKey.generate_key("Ed25519")


def _write_aside(path: Path, keys: KeyRing) -> Path:
    aside = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    with open(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:  # noqa: PTH123 - mode at creation
        json.dump(_document(keys), stream, indent=1)
        stream.flush()
        os.fsync(stream.fileno())
    return aside


def _document(keys: KeyRing) -> dict[str, object]:
    return {
        "format": _FORMAT,
        **{
            kind: [
                {
                    "version": secret.version,
                    "created_on": secret.created_on.isoformat(),
                    "key": base64.b64encode(secret.key).decode(),
                }
                for secret in getattr(keys, kind)
            ]
            for kind in KINDS[:3]
        },
        "signing": [
            {
                "version": pair.version,
                "created_on": pair.created_on.isoformat(),
                "jwk": pair.key.as_dict(private=True),
            }
            for pair in keys.signing
        ],
    }


def _read(path: Path, setting: str) -> KeyRing:
    try:
        return _parse(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise ConfigurationError(
            f"{setting}: cannot read the keys file {path}: {error.strerror}",
            f"{setting}:無法讀取金鑰檔 {path}:{error.strerror}",
        ) from error
    except (ValueError, KeyError, TypeError, JoseError) as error:
        raise ConfigurationError(
            f"{setting}: {path} is not a keys file of format {_FORMAT}",
            f"{setting}:{path} 不是 {_FORMAT} 格式之金鑰檔",
        ) from error


def _parse(document: Mapping[str, Any]) -> KeyRing:
    if document["format"] != _FORMAT:
        raise ValueError("format")
    parts = {
        kind: [
            Secret(_version(item), date.fromisoformat(item["created_on"]), _key_bytes(item["key"]))
            for item in document[kind]
        ]
        for kind in KINDS[:3]
    }
    signing = [
        SigningKey(
            _version(item), date.fromisoformat(item["created_on"]), OKPKey.import_key(item["jwk"])
        )
        for item in document["signing"]
    ]
    if not (all(parts.values()) and signing):
        raise ValueError("a kind of key is missing")
    return KeyRing(**parts, signing=signing)


def _version(item: Mapping[str, object]) -> int:
    version = item["version"]
    if not isinstance(version, int) or not 1 <= version <= _MAX_VERSION:
        raise ValueError("version")
    return version


def _key_bytes(text: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError("key") from error
    if len(key) != _BYTES:
        raise ValueError("key")
    return key
