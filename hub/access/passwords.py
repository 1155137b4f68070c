"""Which passwords are taken: long ones that nobody guesses first; no theatre of symbols. Pure."""

import re
import unicodedata
from typing import Final

from hub.access.account import name_key
from hub.access.complaints import Complaint

LEAST_WEIGHT: Final = 12
MOST_BYTES: Final = 1024
LEAST_DISTINCT: Final = 5

_WORDS: Final = """
    password passwort passwd passcode letmein welcome login logon admin administrator root user
    guest test testing tester default changeme secret master system manager supervisor operator
    qwerty qwertyuiop qwertyui asdfgh asdfghjkl asdfgh zxcvbn zxcvbnm qazwsx qazwsxedc qweasd
    qweasdzxc iloveyou monkey dragon football baseball superman batman princess sunshine shadow
    michael jordan computer internet samsung google microsoft windows linux raspberry raspberrypi
    freedom whatever trustno starwars charlie donald killer hello helloworld abcdef abcdefgh
    abcdefghijkl company service server database public private library museum centre culture
    woaini woaiwojia wodemima mima guanliyuan zhanghao yonghu kefu zhongguo beijing shanghai
    jiading kaiguan tushuguan bowuguan wenhuaguan meishuguan nihao aini aiwo baobei haohaoxuexi
    tiantianxiangshang woaibeijing woaishanghai
    密码 管理员 我爱你 我爱中国 我爱北京天安门 好好学习天天向上 你好世界 中华人民共和国 上海市嘉定区
    嘉定区图书馆 图书馆 博物馆 文化馆 开馆
"""
COMMON: Final = frozenset(_WORDS.split())
"""Words that guessers try first, with anything short around them."""

_ROWS: Final = (
    "01234567890123456789",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiopasdfghjklzxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p;/",
    "1q2w3e4r5t6y7u8i9o0p",
    "qazwsxedcrfvtgbyhnujmikolp",
    "!@#$%^&*()_+",
)
_RUN: Final = 4
_DATE: Final = re.compile(r"(19|20)\d{2}[-./]?(0?\d|1[0-2])[-./]?([0-2]?\d|3[01])")
_WORD: Final = re.compile(r"[^\W\d_]+")
_LEAST_LEFT: Final = 6


def tidy_password(password: str) -> str:
    """Return a password in the one form in which it is hashed, whatever keyboard wrote it."""
    return unicodedata.normalize("NFKC", password)


def is_too_long(password: str) -> bool:
    """Tell whether a password would be work to hash; asked before anything else is done."""
    return len(password) > MOST_BYTES or len(password.encode("utf-8", "surrogatepass")) > MOST_BYTES


def complaint_about(password: str, name: str) -> Complaint | None:
    """Return why a new password cannot be taken, None when it can."""
    if is_too_long(password):
        return Complaint.PASSWORD_LONG
    tidy = tidy_password(password)
    if _weight(tidy) < LEAST_WEIGHT:
        return Complaint.PASSWORD_SHORT
    plain, own = tidy.casefold(), name_key(name)
    if own and own in plain and _weight(plain.replace(own, "")) < _LEAST_LEFT:
        return Complaint.PASSWORD_NAME
    if len(set(plain)) < min(LEAST_DISTINCT, len(plain)) or _weight(_guessed(plain)) < _LEAST_LEFT:
        return Complaint.PASSWORD_COMMON
    return None


def _weight(text: str) -> int:
    """Count characters; an ideograph is a word of its own, and counts twice."""
    return sum(2 if unicodedata.east_asian_width(letter) == "W" else 1 for letter in text)


def _guessed(plain: str) -> str:
    """Return what is left of a password without what guessers try first."""
    repeated = re.fullmatch(r"(.+?)\1+", plain)
    rest = repeated[1] if repeated else plain
    rest = _DATE.sub("", rest)
    for word in _WORD.findall(rest):
        if word in COMMON:
            rest = rest.replace(word, "", 1)
    for row in _ROWS:
        rest = _without_runs(_without_runs(rest, row), row[::-1])
    return re.sub(r"(.)\1{2,}", r"\1", rest)


def _without_runs(text: str, row: str) -> str:
    """Return a text without stretches of four or more neighbours of a row of keys."""
    kept, start = [], 0
    while start < len(text):
        end = start + 1
        while end < len(text) and text[start : end + 1] in row:
            end += 1
        if end - start < _RUN:
            kept.append(text[start])
            start += 1
        else:
            start = end
    return "".join(kept)
