"""Visits of those who hold a postcard up to the camera."""

from contracts.events import EventName
from contracts.hours import Text as Said
from kiosk.session import acts
from kiosk.session.events import ArNow
from kiosk.session.exhibit import Exhibit, Spot
from kiosk.session.screen import ScreenName as S
from tests.flows.steps import Expect, Flow, Idle, Press, See, Told, world

GATE = Exhibit(
    "jiading/gate",
    Said("孔庙仰高门", "Gate of the Confucius temple"),
    Said("南宋嘉定十二年始建", "Begun in 1219"),
    story=Said("门前的石狮各不相同", "No two of its stone lions are alike"),
    place=Said("南大街 183 号", "183 Nandajie"),
    venue="museum",
    spots=(
        Spot("lions", Said("石狮", "Stone lions"), Said("七十二只", "Seventy-two"), "lions.jpg"),
    ),
)
BRIDGE = Exhibit(
    "jiading/bridge",
    Said("州桥", "Zhouqiao bridge"),
    Said("老城的中心", "The middle of the old town"),
    place=Said("州桥老街", "Zhouqiao old street"),
    venue="wojia",
)
TREE = Exhibit("jiading/tree", Said("银杏", "Ginkgo"), Said("一棵树", "A tree"))
_OFFERED = world(ar=ArNow(is_offered=True))
_TITLE = Said("立起来的老城", "The old town stands up")

LOOKING = (
    Flow(
        "cards-held-up",
        (
            Press(acts.HOME),
            Expect(S.HOME, without=(acts.AR,)),
            _OFFERED,
            Press(acts.AR),
            Expect(S.AR, says=(_TITLE, Said("不识别人脸", "no face is looked for"))),
            See(GATE),
            Expect(
                S.AR,
                says=(
                    GATE.title,
                    GATE.caption,
                    Said("南大街 183 号", "183 Nandajie"),
                    Said("嘉定博物馆", "Jiading Museum"),
                    Said("它的故事", "Its story"),
                ),
                buttons=(acts.SPOT, acts.HOME, acts.FINISH),
            ),
            Press(acts.SPOT, "lions"),
            Expect(S.AR, says=(Said("七十二只", "Seventy-two"), Said("收起", "Close"))),
            See(GATE),
            Expect(S.AR, says=(Said("七十二只", "Seventy-two"),)),
            Press(acts.SPOT, "lions"),
            Expect(S.AR, says=(GATE.caption,), silent=("七十二只", "Seventy-two")),
            Press(acts.SPOT, ""),
            Expect(S.AR, says=(Said("各不相同", "are alike"),)),
            See(BRIDGE),
            Expect(
                S.AR,
                says=(BRIDGE.title, Said("就在这里", "Right here"), Said("开放", "Open")),
                without=(acts.SPOT,),
            ),
            See(TREE),
            Expect(S.AR, says=(TREE.title,), without=(acts.SPOT,)),
            Press(acts.HOME),
            Expect(S.HOME, buttons=(acts.AR,)),
            Told(EventName.AR_HOTSPOT, {"target": "jiading/gate", "hotspot": "lions"}),
            Told(EventName.AR_HOTSPOT, {"target": "jiading/gate", "hotspot": "story"}),
        ),
    ),
    Flow(
        "camera-fails",
        (
            Press(acts.HOME),
            _OFFERED,
            Press(acts.AR),
            See(GATE),
            world(ar=ArNow(is_offered=True, trouble="camera 0: no picture")),
            Expect(S.AR, says=(Said("摄像头现在不能用", "The camera does not work now"),)),
            Press(acts.HOME),
            Expect(S.HOME, off=(acts.AR,)),
            Press(acts.AR),
            Expect(S.HOME, says=(Said("摄像头现在不能用", "The camera does not work now"),)),
            Told(EventName.AR_TROUBLE, {"reason": "camera 0: no picture"}),
        ),
    ),
    Flow(
        "hands-full",
        (
            Press(acts.HOME),
            _OFFERED,
            Press(acts.AR),
            Idle(80),
            Expect(S.AR),
            See(GATE),
            Idle(80),
            Expect(S.AR),
            See(TREE),
            # A card that was held up before keeps nobody there.
            Idle(80),
            See(GATE),
            Idle(11),
            Expect(S.AR, countdown=True),
            Idle(20),
            Expect(S.ATTRACT),
            Told(EventName.KIOSK_USE, {"ended": "silent", "left_at": "ar"}),
        ),
    ),
)
