"""A snapshot on its way: proved complete before one row of it is used.

Snapshots are far larger than memory and hold personal data: what does not fit is kept in a temporary
file without a name, encrypted under a key that only this object knows, compressed where it is large.
"""

import os
import tempfile
import zlib
from codecs import getincrementaldecoder
from collections.abc import Iterator
from typing import Any

import msgspec
import orjson
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from ..errors import AgencyGarbled, AgencyTooLarge
from ..messages import Answer, Sink

__all__ = ["Spool", "read_object"]

_IN_MEMORY = 8 << 20
_PLAIN = 256 << 20
"""Bytes of a snapshot that are not worth the time of compressing them."""
_STEP = 1 << 18
_LINE = 1 << 20
_ROWS_PER_SECOND = 1000
"""The slowest delivery that is waited for."""


class _Any(msgspec.Struct):
    """Any object: its fields are checked and skipped, four times as fast as taken."""


_check = msgspec.json.Decoder(_Any).decode


class Spool(Sink):
    """The lines of one snapshot.

    Attributes:
        epoch: Of the feed.
        seq: The feed's newest number when the answer began; the snapshot shows that moment or later.
        rows: Lines announced.
    """

    def __init__(self, answer: Answer) -> None:
        self.epoch = answer.text("X-Feed-Epoch")
        self.seq = answer.whole_number("X-Feed-Seq")
        self.rows = answer.whole_number("X-Row-Count")
        self.extra_seconds = self.rows / _ROWS_PER_SECOND
        self._seen = 0
        self._rest = b""
        self._text = getincrementaldecoder("utf-8")()
        self._plain = 0
        self._deflate = zlib.compressobj(1)
        self._cipher = Cipher(algorithms.AES(os.urandom(32)), modes.CTR(os.urandom(16)))
        self._encrypt = self._cipher.encryptor()
        # Closed by close(): it outlives this function by design.
        self._file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115

    def write(self, data: bytes) -> None:
        """Check and keep the next piece.

        Raises:
            AgencyGarbled: a line that is no JSON object, or more lines than announced.
            AgencyTooLarge: a line without end.
        """
        *lines, self._rest = (self._rest + data).split(b"\n")
        try:
            self._text.decode(data)
            for line in lines:
                _check(line)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise AgencyGarbled("a line of the snapshot is not a JSON object") from error
        self._seen += len(lines)
        if self._seen > self.rows:
            raise AgencyGarbled("more lines than X-Row-Count")
        if len(self._rest) > _LINE:
            raise AgencyTooLarge(f"a line of more than {_LINE} bytes")
        if self._plain < _PLAIN:
            self._plain += len(data)
            self._keep(data)
        else:
            self._keep(self._deflate.compress(data))

    def finish(self) -> None:
        """The body has ended.

        Raises:
            AgencyGarbled: it holds fewer lines than announced, or the last lacks its line feed.
        """
        if self._rest or self._seen != self.rows:
            raise AgencyGarbled("not X-Row-Count whole lines")
        self._keep(self._deflate.flush())

    def close(self) -> None:
        """Forget it."""
        self._file.close()

    def lines(self, size: int) -> Iterator[list[bytes]]:
        """The rows in the order they came, at most ``size`` at a time."""
        held: list[bytes] = []
        for lines in self._lines():
            held += lines
            full = len(held) - len(held) % size
            for start in range(0, full, size):
                yield held[start : start + size]
            del held[:full]
        if held:
            yield held

    def _lines(self) -> Iterator[list[bytes]]:
        rest = b""
        for text in self._texts():
            *lines, rest = (rest + text).split(b"\n")
            yield lines

    def _texts(self) -> Iterator[bytes]:
        self._file.seek(0)
        decrypt = self._cipher.decryptor()
        left = self._plain
        while left:
            text = decrypt.update(self._file.read(min(left, _STEP)))
            if not text:
                raise EOFError("the spooled snapshot is cut")
            left -= len(text)
            yield text
        inflate = zlib.decompressobj()
        pending = b""
        while not inflate.eof:
            data = pending or decrypt.update(self._file.read(_STEP))
            text = inflate.decompress(data, _STEP)
            if not data and not text:
                raise EOFError("the spooled snapshot is cut")
            pending = inflate.unconsumed_tail
            yield text

    def _keep(self, data: bytes) -> None:
        self._file.write(self._encrypt.update(data))


def read_object(line: bytes) -> dict[str, Any]:
    """A row.

    Raises:
        AgencyGarbled: it is no JSON object (a number beyond all bounds, for one).
    """
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise AgencyGarbled("a line of the snapshot is not JSON") from error
    if not isinstance(value, dict):
        raise AgencyGarbled("a line of the snapshot is not an object")
    return value
