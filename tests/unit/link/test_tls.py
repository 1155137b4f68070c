"""A broken TLS connection is told in a sentence that says what to do."""

import ssl

import pytest

from link.tls import line_sentence


def refused(code: int) -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_code, error.verify_message = code, "as OpenSSL calls it"
    return error


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (9, "this machine's clock is behind"),
        (10, "renew it on the hub"),
        (18, "nobody vouches for"),
        (19, "joined another hub"),
        (20, "joined another hub"),
        (62, "for another name"),
        (64, "for another address"),
        (7, "cannot be trusted"),
    ],
)
def test_what_we_do_not_take(code: int, words: str) -> None:
    sentence = line_sentence(refused(code))
    assert words in sentence
    assert sentence.endswith("(as OpenSSL calls it)")


@pytest.mark.parametrize(
    ("alert", "words"),
    [
        ("[SSL: SSLV3_ALERT_CERTIFICATE_REVOKED] sslv3 alert", "it was revoked"),
        ("[SSL: SSLV3_ALERT_CERTIFICATE_EXPIRED] sslv3 alert", "it has ended"),
        ("[SSL: TLSV1_ALERT_UNKNOWN_CA] tlsv1 alert unknown ca", "of another authority"),
        ("[SSL: TLSV13_ALERT_CERTIFICATE_REQUIRED] tlsv13 alert", "this node has none"),
        ("[SSL: WRONG_VERSION_NUMBER] wrong version number", "does not speak TLS"),
        ("[SSL: SOMETHING_NEW] never seen", "[SSL: SOMETHING_NEW] never seen"),
    ],
)
def test_what_the_broker_does_not_take(alert: str, words: str) -> None:
    assert words in line_sentence(alert)
