"""What is said on every screen, Chinese and English side by side. Pure."""

from collections.abc import Mapping
from typing import Final

from contracts.hours import Text
from kiosk.session import acts
from kiosk.session.patron import IdentifyRefusal

LABELS: Final[Mapping[str, Text]] = {
    acts.HOME: Text("首页", "Home"),
    acts.BACK: Text("返回", "Back"),
    acts.FINISH: Text("结束", "Finish"),
    acts.MORE_TIME: Text("我还需要时间", "I need more time"),
    acts.LANGUAGE: Text("English", "中文"),
    acts.ELDER: Text("大字", "Large text"),
    acts.LARGER: Text("字再大", "Larger"),
    acts.SMALLER: Text("字再小", "Smaller"),
    acts.CONTRAST: Text("高对比", "Contrast"),
    acts.SPEAK: Text("朗读", "Speak"),
    acts.BORROW: Text("借书", "Borrow"),
    acts.RETURN: Text("还书", "Return"),
    acts.ACCOUNT: Text("我的借阅", "My account"),
    acts.HOURS: Text("开放时间", "Opening hours"),
    acts.NEARBY: Text("附近场馆", "Places nearby"),
    acts.AR: Text("立起来的老城", "The old town stands up"),
    acts.HELP: Text("呼叫帮助", "Call for help"),
    acts.RATING: Text("评价", "Rate us"),
    acts.NEED: Text("我想要", "I wish for"),
    acts.PRIVACY: Text("隐私", "Privacy"),
    acts.RENEW: Text("续借", "Renew"),
    acts.RENEW_ALL: Text("全部续借", "Renew all"),
    acts.STAFF: Text("工作人员", "Staff"),
    acts.OPEN_ROOM: Text("现在开放", "Open the room now"),
    acts.CLOSE_ROOM: Text("现在闭馆", "Close the room now"),
    acts.UNFINISHED: Text("未完成的书", "Unfinished items"),
    acts.CLOSE_CASE: Text("已处理", "Seen to"),
    acts.DEVICES: Text("设备", "Devices"),
    acts.ROOM: Text("书房与门", "Room and door"),
    acts.SET_OUT: Text("停止服务", "Take out of service"),
    acts.SET_IN: Text("恢复服务", "Back into service"),
}

HINTS: Final[Mapping[str, Text]] = {
    acts.BORROW: Text("把书和读者证放到台面上", "Put books and card on the shelf"),
    acts.RETURN: Text("不用读者证", "No card needed"),
    acts.ACCOUNT: Text("应还日期、续借、预约", "Due dates, renewals, holds"),
    acts.HOURS: Text("今天、本周、节假日", "Today, this week, holidays"),
    acts.HELP: Text("请工作人员来", "Ask for a person"),
    acts.NEARBY: Text("现在开放的场馆", "Places that are open now"),
    acts.AR: Text("把明信片拿到摄像头前", "Hold a postcard up to the camera"),
}

# Titles and sentences of screens.
START: Final = Text("开始", "Begin")
NORMAL_TEXT: Final = Text("普通字", "Normal text")
SILENT: Final = Text("停止朗读", "Stop speaking")
NOTICES: Final = Text("通知", "Notices")
SINCE: Final = Text("{at} 起", "since {at}")
FAREWELL_DONE: Final = Text("拍好了", "I have it")
BOOK_SEEN_ASK: Final = Text(
    "看到 1 本书：要借还是要还？", "1 book is on the shelf: borrow or return?"
)
WELCOME: Final = Text("欢迎来到{zh}", "Welcome to {en}")
THE_ROOM: Final = Text("书房", "the book room")
TOUCH: Final = Text("触摸屏幕，或放上书和读者证", "Touch the screen, or lay down books and card")
HOME_SAYS: Final = Text(
    "把书和读者证放到台面上，就可以开始", "Put your books and card on the shelf to begin"
)
BOOKS_SEEN_ASK: Final = Text(
    "看到 {n} 本书：要借还是要还？", "{n} books are on the shelf: borrow or return?"
)
HELLO: Final = Text("{who}，您好", "Hello, {who}")
IDENTIFY: Final = Text("请出示读者证", "Your library card, please")
IDENTIFY_SAYS: Final = Text(
    "把读者证放到读卡处，或扫描二维码，或输入卡号",
    "Lay the card on the card reader, scan its code, or type its number",
)
BOOKS_STAY: Final = Text(
    "台面上的 {n} 本书已经看到，不用移动", "The {n} books on the shelf are seen; leave them there"
)
BOOK_STAYS: Final = Text(
    "台面上的 1 本书已经看到，不用移动", "The book on the shelf is seen; leave it there"
)
CARD_NUMBER: Final = Text("卡号", "Card number")
PIN_TITLE: Final = Text("请输入密码", "Your PIN, please")
PIN_SAYS: Final = Text("密码不会显示，也不会保存", "It is not shown and not kept")
PIN: Final = Text("密码", "PIN")
NEXT: Final = Text("下一步", "Next")
SEND: Final = Text("发送", "Send")
WAIT: Final = Text("请稍候", "One moment, please")
ACCOUNT_TITLE: Final = Text("我的借阅", "My account")
LOANS: Final = Text("借出的书", "Loans")
HOLDS: Final = Text("预约", "Holds")
FEES: Final = Text("待付费用", "Fees")
NO_LOANS: Final = Text("没有借出的书", "Nothing is on loan")
NO_HOLDS: Final = Text("没有预约", "No holds")
NO_FEES: Final = Text("没有待付费用", "Nothing to pay")
DUE: Final = Text("应还 {due}", "Due {due}")
OVERDUE: Final = Text("已逾期", "Overdue")
HOLD_READY: Final = Text("可以取了", "Ready to pick up")
HOLD_AT: Final = Text("取书处：{where}", "Pick up at {where}")
HOLD_QUEUE: Final = Text("排在第 {n} 位", "Number {n} in the queue")
HOLD_WAITS: Final = Text("等待中", "Waiting")
PAY_STAFF: Final = Text(
    "共 {owed}，请向工作人员缴付", "{owed} in all; please pay at a staffed desk"
)
ACCOUNT_PART: Final = Text(
    "图书馆系统没有给出全部内容", "The library's system did not tell everything"
)
ACCOUNT_AWAY: Final = Text(
    "现在查不到借阅情况：图书馆系统没有回应。请稍后再试",
    "Your account cannot be shown: the library's system does not answer. Please try again later",
)
RECEIPT: Final = Text("要凭条吗？", "Would you like a receipt?")
RECEIPT_SAYS: Final = Text("凭条上没有姓名和卡号", "It has no name and no card number on it")
SLIP_WAYS: Final[Mapping[str, Text]] = {
    "print": Text("打印", "Print"),
    "email": Text("发到邮箱", "E-mail"),
    "qr": Text("扫码带走", "Photograph a code"),
    "none": Text("不要凭条", "No receipt"),
}
SLIP_FAILED: Final[Mapping[str, Text]] = {
    "no_paper": Text("没有纸了，请换一种方式", "There is no paper; please choose another way"),
    "printer_away": Text(
        "打印机没有回应，请换一种方式", "The printer does not answer; please choose another way"
    ),
    "mail_away": Text(
        "邮件没有发出，请换一种方式", "The mail was not sent; please choose another way"
    ),
    "bad_address": Text("邮箱地址不对，请再看一看", "This is no mail address; please look again"),
    "": Text("没有成功，请换一种方式", "That did not work; please choose another way"),
}
QR_SAYS: Final = Text(
    "用手机拍下这个码，里面就是凭条", "Photograph this code: the receipt is in it"
)
EMAIL_TITLE: Final = Text("发到哪个邮箱？", "To which address?")
EMAIL_SAYS: Final = Text("发出后就忘记这个地址", "The address is forgotten once it is sent")
EMAIL: Final = Text("邮箱", "E-mail")
FAREWELL: Final = Text("谢谢，再见", "Thank you, goodbye")
FAREWELL_BOOKS: Final = Text("请带走您的书和读者证", "Please take your books and your card")
RATE_ASK: Final = Text("您觉得怎么样？", "How was it?")
STARS: Final[tuple[Text, ...]] = (
    Text("很不满意", "Very bad"),
    Text("不满意", "Bad"),
    Text("一般", "Fair"),
    Text("满意", "Good"),
    Text("非常满意", "Very good"),
)
RATE_ABOUT: Final = Text("主要是关于什么？", "What is it mostly about?")
ABOUTS: Final[Mapping[str, Text]] = {
    "room": Text("环境", "The room"),
    "books": Text("图书", "The books"),
    "kiosk": Text("这台机器", "This machine"),
    "hours": Text("开放时间", "Opening hours"),
    "staff": Text("服务", "The service"),
    "other": Text("其他", "Something else"),
}
RATE_THANKS: Final = Text("谢谢您的评价", "Thank you for telling us")
ANONYMOUS: Final = Text("不记名，也不与您的借阅相连", "Anonymous, and not joined with your loans")
NEED_TITLE: Final = Text("您希望这里有什么？", "What do you wish for here?")
NEED_SAYS: Final = Text(
    "请选一项，再写一两句话（可以不写）。请不要写姓名和电话",
    "Choose one, then write a line or two if you like. Please leave out names and numbers",
)
NEED_TEXT: Final = Text("您的话", "Your words")
NEEDS: Final[Mapping[str, Text]] = {
    "books": Text("想看的书", "A book or subject"),
    "hours": Text("更长的开放时间", "Longer hours"),
    "activity": Text("活动、讲座", "Events and talks"),
    "seats": Text("座位、环境", "Seats, the room"),
    "access": Text("无障碍、老人、孩子", "Access, elders, children"),
    "other": Text("其他", "Something else"),
}
NEED_THANKS: Final = Text("已经记下，谢谢", "It is noted, thank you")
TOO_MANY_REPORTS: Final = Text(
    "这台机器刚收到很多意见，请过一会儿再写",
    "Many have written here just now; please come back later",
)
NOT_STORED: Final = Text(
    "没有存下：机器的存储出了问题，请告诉工作人员", "It could not be kept: please tell the staff"
)
HELP_TITLE: Final = Text("需要什么帮助？", "What do you need help with?")
CALLS: Final[Mapping[str, Text]] = {
    "book": Text("书", "A book"),
    "card": Text("读者证或密码", "Card or PIN"),
    "alarm": Text("门或报警器", "Door or alarm"),
    "unwell": Text("身体不舒服", "I feel unwell"),
    "other": Text("其他", "Something else"),
}
HELP_SAYS: Final = Text("选一项，工作人员马上会收到", "Choose one; the staff is told at once")
HELP_LATER: Final = Text(
    "选一项；网络断了，呼叫会记下，恢复就发出",
    "Choose one; the network is away, and a call goes out when it is back",
)
HELP_SHORT: Final = Text("帮助", "Help")
HELP_EMERGENCY: Final = Text(
    "紧急情况请拨打 120、110 或 119", "In an emergency call 120, 110 or 119"
)
CALLED: Final = Text("{at} 已通知工作人员，请稍候", "The staff was told at {at}; please wait here")
CALLED_LATER: Final = Text(
    "网络断了：{at} 的呼叫已记下，网络恢复就发出",
    "The network is away: your call of {at} is sent when it is back",
)
TELEPHONE: Final = Text("也可以打电话：{number}", "Or ring {number}")
HOURS_TITLE: Final = Text("{zh}开放时间", "Opening hours, {en}")
HOURS_AWAY: Final = Text(
    "还没有从中心拿到开放时间，请看门口的告示",
    "The hours have not come from the centre yet; please read the notice at the door",
)
BUSY_NOW: Final = Text("现在 {n} 人", "{n} here now")
BUSY_OF: Final = Text("现在 {n} 人，可容纳 {most} 人", "{n} here now, room for {most}")
BUSY_UNKNOWN: Final = Text("现在有多少人不详", "How many are here now is not known")
BUSY_ABOUT: Final = Text("大约 {n} 人（可能有偏差）", "About {n} (may be off)")
TYPICAL: Final = Text("今天通常什么时候人多", "When it is usually busy today")
TYPICAL_BAR: Final = Text("{hour} 点，通常来 {n} 人", "{hour}:00, usually {n} in")
TYPICAL_UNKNOWN: Final = Text("{hour} 点，不详", "{hour}:00, not known")
FACTS_OLD: Final = Text("以上内容是 {at} 的：网络断了", "All this is of {at}: the network is away")
NEARBY_TITLE: Final = Text("附近的场馆", "Places nearby")
NEARBY_NONE: Final = Text("没有附近场馆的资料", "Nothing is known of places nearby")
METRES: Final = Text("{n} 米", "{n} m")
KILOMETRES: Final = Text("{n} 公里", "{n} km")
OPEN: Final = Text("开放", "Open")
CLOSED: Final = Text("闭馆", "Closed")
PRIVACY_TITLE: Final = Text("这台机器记什么，不记什么", "What this machine keeps, and what not")
PRIVACY_SAYS: Final[tuple[Text, ...]] = (
    Text(
        "借、还、续借记入图书馆系统；这台机器自己的流水七天后去掉卡号和书名。",
        "Loans, returns and renewals go to the library's system; this machine's own journal drops"
        " card numbers and titles after seven days.",
    ),
    Text(
        "密码只在您使用时存在，结束就消失；屏幕不显示全名，凭条没有姓名和卡号。",
        "Your PIN exists only while you are here. The screen never shows your whole name; the"
        " receipt has no name and no number.",
    ),
    Text(
        "没有人脸识别，不录音，不存图像。评价和意见不记名。",
        "No faces are recognised, nothing is recorded, no picture is kept. Ratings and wishes are"
        " anonymous.",
    ),
    Text(
        "为改进服务，会计数：多少次使用、用了多久、在哪一步停下，不知道是谁。",
        "To serve better it counts how often and how long it is used and where people stop, but"
        " not who.",
    ),
)
COUNTDOWN: Final = Text("您还在吗？", "Are you still there?")
COUNTDOWN_SAYS: Final = Text(
    "{n} 秒后结束，屏幕上的内容会消失", "This ends in {n} seconds, and the screen is cleared"
)
HIDDEN: Final = Text("正在完成最后一步", "The last step is being finished")
HIDDEN_SAYS: Final = Text("请不要移动书", "Please leave the books where they are")
OUT: Final = Text("暂停服务", "Out of service")
OUT_WHY: Final[Mapping[str, Text]] = {
    "staff": Text(
        "工作人员暂时停用了这台机器", "The staff has taken this machine out of service for now"
    ),
    "disk": Text(
        "机器的存储出了问题，工作人员已得到通知",
        "This machine cannot keep records; the staff has been told",
    ),
    "pad": Text(
        "读书台没有回应，工作人员已得到通知", "The shelf does not answer; the staff has been told"
    ),
    "": Text("机器暂时不能使用", "This machine cannot be used at the moment"),
}
OUT_STILL: Final = Text(
    "开放时间和呼叫帮助还可以用。借还请到附近的场馆，或晚些再来",
    "Opening hours and help still work. To borrow or return, see places nearby or come back later",
)
STAFF_TITLE: Final = Text("工作人员：{who}", "Staff: {who}")
STAFF_CARD: Final = Text("请放上工作证", "Your staff card, please")
STAFF_PIN: Final = Text("工作密码", "Staff PIN")
STAFF_LATER: Final = Text(
    "这是工作证：请先结束这次办理，再放工作证",
    "This is a staff card: finish this visit first, then lay it down again",
)
CARD_LATER: Final = Text(
    "又来了一张卡：请先结束这次办理，再放下一张",
    "Another card was laid down: finish first, then the next card",
)
STAFF_UNKNOWN: Final = Text(
    "不是工作证，或密码不对。请再试，或问系统管理员",
    "No staff card, or a wrong PIN. Try again, or ask the administrator",
)
STAFF_LOCKED: Final = Text(
    "错了太多次，请过几分钟再试", "Too many wrong PINs; try again in some minutes"
)
DECLARED_OPEN: Final = Text("{at} 已记录：开放", "Recorded at {at}: open")
DECLARED_CLOSED: Final = Text("{at} 已记录：闭馆", "Recorded at {at}: closed")
STAFF_SAYS: Final = Text(
    "开放和闭馆会作为证据记录", "Opening and closing are recorded as evidence of hours"
)
ROOM_TITLE: Final = Text("书房与门", "Room and door")
ROOM_SAYS: Final = Text(
    "出门不用软件：推开就行。这里的每个操作都会记录",
    "Leaving needs no software: the door is pushed open. What is ordered here is recorded",
)
ROOM_ORDERS: Final[Mapping[str, Text]] = {
    "unlock": Text("开一次门", "Open the door once"),
    "close": Text("暂停进入", "Let nobody in"),
    "open": Text("恢复进入", "Let people in again"),
    "reset": Text("警报复位", "Reset alarms"),
}
ROOM_ORDERED: Final = Text("已下令，结果见下面", "Ordered; below is what came of it")
NO_UNFINISHED: Final = Text("没有未完成的书", "Nothing is unfinished")
CASES: Final[Mapping[str, Text]] = {
    "bit_pending": Text(
        "防盗位与借阅不符：把书放回台面",
        "Security bit and loan disagree: lay the book on the shelf",
    ),
    "not_known": Text("图书馆系统还没有说结果", "The library's system has not said how it ended"),
    "contradicted": Text("图书馆系统记在别的读者名下", "The library's system names another patron"),
    "upload_refused": Text(
        "单独借出的，图书馆系统不接受", "Lent alone; the library's system refused it"
    ),
    "not_uploaded": Text("单独借出的，等待上传", "Lent alone; waits to be told"),
}
DEVICE_KINDS: Final[Mapping[str, Text]] = {
    "pad": Text("读书台", "Shelf"),
    "card_reader": Text("读卡器", "Card reader"),
    "code_reader": Text("扫码器", "Code scanner"),
    "printer": Text("打印机", "Printer"),
    "library": Text("图书馆系统", "Library system"),
    "hub": Text("中心", "Hub"),
    "packs": Text("内容包", "Content packs"),
    "disk": Text("存储", "Disk"),
    "door_reader": Text("门口读卡器", "Reader at the door"),
    "pin_pad": Text("门口键盘", "Keypad at the door"),
    "room_inputs": Text("门磁与报警触点", "Contacts of the room"),
    "room_outputs": Text("门锁与灯的继电器", "Relays of the room"),
    "room_air": Text("空气传感器", "Air sensor"),
    "room_voice": Text("广播", "Loudspeaker"),
}
WELL: Final = Text("正常", "Works")
NOT_WELL: Final = Text("{at} 起不能用", "Out since {at}")

# Why something is not available, and when to return.
PAD_AWAY: Final = Text(
    "读书台没有回应，现在不能借还；工作人员已得到通知，请晚些再来",
    "The shelf does not answer, so nothing can be borrowed or returned; the staff has been told."
    " Please come back later",
)
ILS_AWAY: Final = Text(
    "图书馆系统 {at} 起没有回应，现在不能办理；请晚些再来，或到附近的场馆",
    "The library's system has been silent since {at}; please come back later or go to a place"
    " nearby",
)
ILS_NO_BORROW: Final = Text(
    "图书馆系统现在不借书，还书可以", "The library lends nothing now; returns work"
)
ILS_NO_RETURN: Final = Text(
    "图书馆系统现在不收还书，请留着书", "The library takes nothing back now; please keep your books"
)
ILS_NO_RENEW: Final = Text(
    "图书馆系统没有回应时不能续借；恢复后再来，或到附近的场馆",
    "Renewals need the library's system, which is away; please come back when it answers",
)
LIBRARY_NO_RENEW: Final = Text(
    "图书馆系统现在不续借，借还可以；请晚些再来",
    "The library renews nothing now; please come back later",
)
ACCOUNT_NEEDS_ILS: Final = Text(
    "图书馆系统没有回应，看不到借阅情况；请晚些再来查",
    "The library's system is away, so your account cannot be shown; please come back later",
)
LENDING_ALONE: Final = Text(
    "图书馆系统没有回应：可以借还，稍后自动补录；不能续借和查询",
    "The library's system is away: borrowing and returning work and are told to it later; renewals"
    " and accounts do not",
)
RETURNING_ALONE: Final = Text(
    "图书馆系统没有回应：可以还书，稍后自动补录；不能借书、续借和查询",
    "The library's system is away: returning works and is told to it later; borrowing, renewals"
    " and accounts do not",
)
LENDING_CLOSED: Final = Text("现在不能借还", "No borrowing and returning now")
HUB_AWAY: Final = Text("与中心的网络断开", "The network to the centre is away")

# Who is not let in, and what to do next.
NOT_IDENTIFIED: Final[Mapping[IdentifyRefusal, Text]] = {
    IdentifyRefusal.UNKNOWN_CARD: Text(
        "没有找到这张读者证。请再放一次，或输入证上的号码；新证请到总台办理",
        "This card is not known. Lay it down again or type its number; a new card is made at a"
        " staffed desk",
    ),
    IdentifyRefusal.WRONG_PIN: Text(
        "密码不对，请再输一次；忘记密码请呼叫帮助",
        "The PIN is wrong. Please try again; if you forgot it, call for help",
    ),
    IdentifyRefusal.LOCKED: Text(
        "密码错了太多次，请稍后再试，或呼叫帮助",
        "Too many wrong PINs. Please try again later, or call for help",
    ),
    IdentifyRefusal.BLOCKED: Text(
        "这张读者证现在不能用，请到有工作人员的柜台，或呼叫帮助",
        "This card cannot be used now. Please go to a staffed desk, or call for help",
    ),
    IdentifyRefusal.AWAY: Text(
        "图书馆系统没有回应，现在不能验证读者证；还书不用证，借书请晚些再来",
        "The library's system does not answer, so cards cannot be checked. Returns need no card; to"
        " borrow, please come back later",
    ),
    IdentifyRefusal.UNREADABLE: Text(
        "没有读出这张卡。请平放在读卡处一秒，或输入证上的号码",
        "The card could not be read. Lay it flat on the card reader for a second, or type its"
        " number",
    ),
    IdentifyRefusal.TWO_CARDS: Text(
        "有两张卡，请只放一张", "There are two cards: please lay down one only"
    ),
}
