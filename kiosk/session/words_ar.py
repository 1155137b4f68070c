"""What is said on the screen of the camera. Pure."""

from typing import Final

from contracts.hours import Text

SEARCH: Final = Text(
    "把明信片、封面或图片平着拿到摄像头前",
    "Hold a postcard, a cover or a picture flat in front of the camera",
)
CAMERA_ON: Final = Text(
    "摄像头只在这一页打开：图像只在这台机器里看，不保存，不识别人脸",
    "The camera is on for this page only: its picture is looked at inside this machine, is not"
    " kept, and no face is looked for",
)
CAMERA_AWAY: Final = Text(
    "摄像头现在不能用，请稍后再来", "The camera does not work now; please come back later"
)
STORY: Final = Text("它的故事", "Its story")
CLOSE: Final = Text("收起", "Close")
WHERE: Final = Text("它在哪里", "Where it is")
HERE: Final = Text("就在这里", "Right here")
