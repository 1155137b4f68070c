"""The words of what people are told, in both languages. Pure."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from hub.alerts import words
from hub.delivery.told import Certainty, Severity, Step


class Both(NamedTuple):
    """One thing in Chinese and in English."""

    zh: str
    en: str

    def in_(self, lang: str) -> str:
        """Return it in a language."""
        return self.en if lang == "en" else self.zh


TEST: Final = "test"
"""The kind of a message with which somebody tries a channel."""

KINDS: Final[Mapping[str, Both]] = MappingProxyType(
    {
        **{kind.value: Both(*pair) for kind, pair in words.KINDS.items()},
        TEST: Both("测试", "Test"),
    }
)
SEVERITY: Final[Mapping[Severity, Both]] = MappingProxyType(
    {severity: Both(*pair) for severity, pair in words.SEVERITIES.items()}
)
CERTAINTY: Final[Mapping[Certainty, Both]] = MappingProxyType(
    {certainty: Both(*pair) for certainty, pair in words.CERTAINTIES.items()}
)

STEPS: Final[Mapping[Step, Both]] = MappingProxyType(
    {
        "raised": Both("", ""),
        "again": Both("再次", "Again"),
        "escalated": Both("升级", "Escalated"),
        "cleared": Both("已解除", "Cleared"),
        "test": Both("测试", "Test"),
    }
)


def kind_words(kind: str) -> Both:
    """Return what a kind is called; one that is not known any more is called as it is written."""
    return KINDS.get(kind) or Both(kind, kind)
