"""Where a returned item is to be laid, in plain words: on the screen and on the slip. Pure."""

from collections.abc import Mapping
from typing import Final

from contracts.hours import Text
from contracts.sip2.codes import Alert
from kiosk.lending.slip import Aside
from kiosk.session.offers import put
from kiosk.session.state import Around

_WHY: Final[Mapping[Alert, Text]] = {
    Alert.HOLD_HERE: Text("有读者预约了这本书", "Somebody has reserved it"),
    Alert.HOLD_ELSEWHERE: Text("{where}有读者预约了这本书", "It is reserved at {where}"),
    Alert.INTERLIBRARY: Text("这是从外馆借来的书", "It is on loan from another library"),
    Alert.TRANSFER: Text("这本书要送到{where}", "It goes to {where}"),
    Alert.OTHER: Text("这本书先不要放回书架", "It is not to be shelved yet"),
}
_PLACES: Final[Mapping[Alert, Text]] = {
    Alert.HOLD_HERE: Text("请放到预约架", "please lay it on the holds shelf"),
    Alert.HOLD_ELSEWHERE: Text("请放到转送箱", "please lay it in the transfer box"),
    Alert.INTERLIBRARY: Text("请交给工作人员", "please hand it to the staff"),
    Alert.TRANSFER: Text("请放到转送箱", "please lay it in the transfer box"),
    Alert.OTHER: Text("请交给工作人员", "please hand it to the staff"),
}
_BIN: Final = Text("请放到 {bin} 号箱", "please lay it in bin {bin}")
_ANOTHER: Final = Text("别的馆", "another library")


def aside_text(aside: Aside, around: Around) -> Text:
    """Return why an item is put aside, and where it is to be laid: a bin goes before a shelf."""
    place = put(_BIN, bin=aside.bin) if aside.bin else _PLACES[aside.alert]
    if aside.alert is Alert.NONE:
        return Text(place.zh, place.en[:1].upper() + place.en[1:])
    why = put(_WHY[aside.alert], where=_name(aside.destination, around))
    return Text(f"{why.zh}，{place.zh}", f"{why.en}: {place.en}")


def _name(destination: str, around: Around) -> Text:
    """Return what a branch is called: by its names where they are known, else as it was said."""
    facts = around.facts.facts
    for one in facts.nearby if facts else ():
        if one.venue == destination:
            return Text(one.name_zh, one.name_en)
    return Text(destination, destination) if destination else _ANOTHER
