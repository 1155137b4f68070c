"""What a broken TLS connection means, in a sentence for whoever stands at the machine."""

import ssl
from collections.abc import Mapping
from typing import Final

_REFUSED_BY_US: Final[Mapping[int, str]] = {
    9: "shows a certificate that is not valid yet: this machine's clock is behind, or that one's"
    " was ahead when it was made",
    10: "shows a certificate that has ended: renew it on the hub",
    18: "shows a certificate that nobody vouches for: it is not our broker, or tls_ca is missing",
    19: "shows a certificate of another authority: it is not our broker, or this node joined"
    " another hub",
    20: "shows a certificate of another authority: it is not our broker, or this node joined"
    " another hub",
    62: "shows a certificate for another name: it is not our broker, or it was set up without this"
    " name",
    64: "shows a certificate for another address: it is not our broker, or it was set up without"
    " this address",
}
"""By OpenSSL's number of what is wrong with the other side's certificate (x509_vfy.h)."""

_REFUSED_BY_THEM: Final[Mapping[str, str]] = {
    "CERTIFICATE_REVOKED": "does not take this node's certificate: it was revoked; ask for a code"
    " and join again",
    "CERTIFICATE_EXPIRED": "does not take this node's certificate: it has ended, or one of the two"
    " clocks is wrong",
    "UNKNOWN_CA": "does not take this node's certificate: it is of another authority; join this"
    " hub with a code",
    "DECRYPT_ERROR": "does not take this node's certificate: it is of another authority; join this"
    " hub with a code",
    "UNSUPPORTED_CERTIFICATE": "does not take this node's certificate: it is not for a node",
    "BAD_CERTIFICATE": "does not take this node's certificate: it is not valid there",
    "CERTIFICATE_REQUIRED": "asks for a certificate, and this node has none: join with a code",
    "HANDSHAKE_FAILURE": "asks for a certificate, and this node has none: join with a code",
    "PROTOCOL_VERSION": "speaks another version of TLS",
    "WRONG_VERSION_NUMBER": "does not speak TLS on this port",
}
"""By the name of the alert, or of OpenSSL's reason."""


def line_sentence(error: ssl.SSLError | str) -> str:
    """Return the predicate of a sentence that begins with the broker's name."""
    if isinstance(error, ssl.SSLCertVerificationError):
        known = _REFUSED_BY_US.get(error.verify_code)
        return f"{known or 'shows a certificate that cannot be trusted'} ({error.verify_message})"
    text = str(error)
    for name, words in _REFUSED_BY_THEM.items():
        if name in text:
            return words
    return f"breaks the TLS connection: {text}"
