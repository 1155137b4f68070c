"""What is wrong with a camera's pictures and what to do about it, Chinese and English."""

from collections.abc import Mapping
from typing import Final

from hub.pages.words import Words

_STAYS_A_GAP: Final = Words("这段时间显示为缺口，不算作零。", "That time is a gap, and never zero.")

ADVICE: Final[Mapping[str, tuple[Words, Words]]] = {
    "dark": (
        Words("{name} 的画面全黑", "{name} sees nothing but dark"),
        Words(
            f"开灯即恢复；灯亮着时，看看镜头是否被盖住。{_STAYS_A_GAP.zh}",
            f"It goes on when the lights do; if they are on, see what shuts the lens."
            f" {_STAYS_A_GAP.en}",
        ),
    ),
    "covered": (
        Words("{name} 的镜头被遮挡", "{name} is covered"),
        Words(
            f"移开镜头前的物品；移开后自动恢复。{_STAYS_A_GAP.zh}",
            f"Take away what is before the lens; it goes on by itself. {_STAYS_A_GAP.en}",
        ),
    ),
    "frozen": (
        Words("{name} 的画面定格", "{name} sends one picture again and again"),
        Words(
            f"给摄像头断电重启；画面动起来后自动恢复。{_STAYS_A_GAP.zh}",
            f"Cut its power and give it back; it goes on by itself. {_STAYS_A_GAP.en}",
        ),
    ),
    "defocused": (
        Words("{name} 的画面模糊", "{name} is out of focus"),
        Words(
            "擦净镜头，必要时重新对焦；十分钟后按现有画面继续计数。",
            "Wipe its lens, focus it if need be; after ten minutes it counts with what it has.",
        ),
    ),
    "moved": (
        Words("{name} 被移动，正在重新学习画面", "{name} was moved, and learns its new view"),
        Words(
            "稳定后自动恢复；随后检查计数线是否仍在门口。",
            "It goes on when it holds still; then see whether its lines still lie across the door.",
        ),
    ),
    "flood": (
        Words("{name} 的画面骤变，正在重新学习", "{name} saw most of its picture change at once"),
        Words(
            "通常是灯光变化，几秒后自动恢复；反复出现时检查灯光和固定。",
            "Another light, as a rule: it goes on in seconds. If it comes again and again, look at"
            " lamps and mount.",
        ),
    ),
}
"""What and what to do, by the word of the node; `{name}` is the camera."""

OTHER: Final = (
    Words("{name} 的画面无法计数：{health}", "{name} cannot be counted with: {health}"),
    Words("查看摄像头画面；中枢升级后会有说明。", "Look at its picture; a newer hub knows more."),
)
"""For a word that this release does not know."""

VIEW: Final = (
    Words("{name} 的画面与最初不同", "{name} shows another view than at first"),
    Words(
        "检查计数线是否仍在门口；改好后重新启动边缘程序，提示即消失。",
        "See whether its lines still lie across the door; start the agent again once they do.",
    ),
)
