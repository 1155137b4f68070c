"""How a node joins: the one-time code, and what is said with it.

The code carries an id and a secret, and in its long form the SHA-256 of the authority's
certificate. The secret never travels: a request and its answer each carry an HMAC under it, so that
joining is safe over a line that anybody may read or change (docs/protocol.md, "Joining").

    5 groups    K7QM3-…        id (20 bits), secret (80 bits): short enough to type
    18 groups   the same, and 13 groups of the authority's SHA-256: to be pasted

Each group is four digits of Crockford's base 32 and a fifth that proves them and their place.
"""

import hashlib
import hmac
from dataclasses import dataclass
from typing import Annotated, Final, TypeVar

import msgspec
from msgspec import Meta, Struct

from contracts.errors import DecodeError, RefusalCode

NODE_DAYS: Final = 90
"""How long a node's certificate lasts."""
RENEW_DAYS: Final = 30
"""A node renews its certificate when only so much of its life is left: after two thirds."""
MOST_NAME: Final = 64
"""Characters of a certificate's common name (RFC 5280, ub-common-name)."""
MOST_REQUEST_BYTES: Final = 16 * 1024
MOST_ANSWER_BYTES: Final = 64 * 1024

JOIN_PATH: Final = "/api/v1/join"
RENEW_PATH: Final = "/api/v1/join/renew"

SECRET_BYTES: Final = 10
_DIGITS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_VALUES: Final = {digit: value for value, digit in enumerate(_DIGITS)} | {"O": 0, "I": 1, "L": 1}
_SHORT: Final = 5
_LONG: Final = 18

T = TypeVar("T", bound=Struct)
Pem = Annotated[str, Meta(max_length=8192)]
Mac = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
CodeId = Annotated[str, Meta(pattern="^[0-9A-HJKMNP-TV-Z]{4}$")]
Sentence = Annotated[str, Meta(max_length=500)]


class CodeMistyped(ValueError):
    """A code that cannot be one; the sentence says where it is wrong."""


@dataclass(frozen=True, slots=True)
class Code:
    """A one-time code. Written, it is a secret."""

    id: str
    """Four digits; no secret."""
    secret: bytes
    fingerprint: bytes | None = None
    """SHA-256 of the authority's certificate, in the long form."""

    def __repr__(self) -> str:
        return f"Code(id={self.id!r})"

    @property
    def short(self) -> str:
        """Return what can be typed."""
        return _written(self._digits())

    @property
    def long(self) -> str:
        """Return what can be pasted. Only of a code that knows its authority."""
        assert self.fingerprint is not None  # noqa: S101
        return _written(self._digits() + _digits_of(self.fingerprint, 52))

    def _digits(self) -> str:
        return self.id + _digits_of(self.secret, 16)


class JoinRequest(Struct, frozen=True):
    """Asks for a certificate for the key of a signing request."""

    code: CodeId
    csr: Pem
    mac: Mac


class RenewRequest(Struct, frozen=True):
    """Asks for a new certificate; signed (ECDSA, SHA-256, DER, hex) with the key of the old one."""

    certificate: Pem
    csr: Pem
    signature: Annotated[str, Meta(pattern="^[0-9a-f]{16,200}$")]


class Sealed(Struct, frozen=True):
    """A `JoinAnswer` as the text that the HMAC is of."""

    answer: Annotated[str, Meta(max_length=MOST_ANSWER_BYTES)]
    mac: Mac


class JoinAnswer(Struct, frozen=True, omit_defaults=True):
    """Who the node is, what proves it, and where its broker is.

    `pack_key` is for kiosks: the public key, PEM, that signs the district's content packs;
    `update_key` is the one that signs releases for nodes.
    """

    venue: str
    node: str
    certificate: Pem
    authority: Pem
    broker_host: Annotated[str, Meta(max_length=255)]
    broker_port: Annotated[int, Meta(ge=1, le=65_535)]
    pack_key: Pem = ""
    update_key: Pem = ""


class RenewAnswer(Struct, frozen=True):
    """The new certificate: the authority's signature in it is proof enough."""

    certificate: Pem


def make_code(number: int, secret: bytes, fingerprint: bytes) -> Code:
    """Return a code from random parts: `number` below 2**20, `secret` of `SECRET_BYTES`."""
    if len(secret) != SECRET_BYTES or len(fingerprint) != 32:
        raise ValueError("a secret has 10 bytes, a SHA-256 has 32")
    return Code(_digits_of(number.to_bytes(3, "big"), 4), secret, fingerprint)


def read_code(text: str) -> Code:
    """Read a code as a person wrote it: any case, with or without dashes and spaces, o for 0.

    Raises CodeMistyped: what is wrong, and in which group.
    """
    digits = text.upper().replace("-", "").replace(" ", "").replace("\t", "")
    for position, digit in enumerate(digits):
        if digit not in _VALUES:
            raise CodeMistyped(
                f"there is no {digit!r} in a code, and one stands in its group"
                f" {position // 5 + 1}: letters and digits only, and never U"
            )
    plain = "".join(_DIGITS[_VALUES[digit]] for digit in digits)
    groups = [plain[start : start + 5] for start in range(0, len(plain), 5)]
    for index, group in enumerate(groups):
        if len(group) == 5 and _proof(group[:4], index) != group[4]:
            raise CodeMistyped(
                f"the code has a typing mistake in its group {index + 1}, {group!r}: compare it"
                " with what `hub enrol` printed"
            )
    if len(plain) not in {5 * _SHORT, 5 * _LONG}:
        raise CodeMistyped(
            f"a code has {_SHORT} groups of five, or {_LONG} with the authority's fingerprint;"
            f" this one has {len(plain)} letters and digits: a part is missing or too much"
        )
    data = "".join(group[:4] for group in groups)
    fingerprint = _bytes_of(data[20:], 32) if len(groups) == _LONG else None
    return Code(data[:4], _bytes_of(data[4:20], SECRET_BYTES), fingerprint)


def key_of(secret: bytes) -> bytes:
    """Return the key under which both sides authenticate; what the hub keeps of a code."""
    return hashlib.sha256(b"kaiguan join key 1\n" + secret).digest()


def request_mac(key: bytes, code: str, csr: str) -> str:
    """Return the HMAC of a request."""
    return _mac(key, b"kaiguan join request 1", code.encode(), csr.encode())


def answer_mac(key: bytes, csr: str, answer: str) -> str:
    """Return the HMAC of an answer; it names the request, so that no old answer fits a new one."""
    return _mac(key, b"kaiguan join answer 1", csr.encode(), answer.encode())


def renewal_text(csr: str) -> bytes:
    """Return what a node signs with the key that it has, to get a certificate for a new one."""
    return b"kaiguan renew request 1\n" + csr.encode()


def same(first: str, second: str) -> bool:
    """Compare two HMACs in a time that tells nothing of them."""
    return hmac.compare_digest(first.encode(), second.encode())


def decode_joining(payload: bytes, shape: type[T]) -> T:
    """Read one of the messages above. Raises DecodeError."""
    try:
        return msgspec.json.decode(payload, type=shape)
    except msgspec.ValidationError as error:
        raise DecodeError(RefusalCode.INVALID, str(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise DecodeError(RefusalCode.NOT_JSON, f"is not JSON: {error}") from error


def encode_joining(message: msgspec.Struct) -> bytes:
    """Return one of the messages above as JSON."""
    return msgspec.json.encode(message)


def _mac(key: bytes, *parts: bytes) -> str:
    # Each part has its length before it, so that no two lists of parts give the same text.
    text = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    return hmac.new(key, text, hashlib.sha256).hexdigest()


def _written(digits: str) -> str:
    groups = [digits[start : start + 4] for start in range(0, len(digits), 4)]
    return "-".join(group + _proof(group, index) for index, group in enumerate(groups))


def _proof(group: str, index: int) -> str:
    """Return the fifth digit: a sum over GF(32), which one wrong digit or two swapped ones change.

    The group's place is added: groups in another order are noticed too.
    """
    total = 0
    for digit in reversed(group):
        total = _times_two(total ^ _VALUES[digit])
    return _DIGITS[total ^ index]


def _times_two(value: int) -> int:
    """Multiply by x in GF(32) modulo x^5 + x^2 + 1."""
    return (value << 1) ^ (0b100101 if value & 0b10000 else 0)


def _digits_of(data: bytes, count: int) -> str:
    """Write a number in base 32, most significant digit first, in `count` digits."""
    number = int.from_bytes(data, "big")
    return "".join(_DIGITS[number >> (5 * place) & 31] for place in reversed(range(count)))


def _bytes_of(digits: str, size: int) -> bytes:
    number = 0
    for digit in digits:
        number = number << 5 | _VALUES[digit]
    return (number & ((1 << (8 * size)) - 1)).to_bytes(size, "big")
