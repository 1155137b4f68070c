"""What is wrong with a pack, in one sentence."""

from link.toml_text import shown


class PackRefused(Exception):
    """A pack that is not taken; its text says where and what, for whoever made it.

    What it quotes of the pack is cut, and stands on one line.
    """

    def __init__(self, sentence: str) -> None:
        super().__init__(shown(sentence))
