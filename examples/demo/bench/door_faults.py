"""What can go wrong at the door, and what a visitor should see then. Pure."""

from examples.demo.bench.faults import Fault, FaultKind

SHARED = ("library_cut", "district_cut", "power_cut")
"""Faults of the desk that the door shows too, with what is to be seen there."""
DOOR_FAULTS: tuple[Fault, ...] = (
    Fault(
        "library_cut",
        FaultKind.SWITCH,
        "断开到图书馆系统的网络",
        "Cut the line to the library's system",
        "最近的名单和在这扇门用对过的密码还能开门；别的证说明为什么不能。",
        "The last list and a PIN that was right at this door let in; others are told why not.",
    ),
    Fault(
        "fire",
        FaultKind.SWITCH,
        "触发消防报警",
        "Trip the fire panel",
        "门马上放开，灯亮，广播；谁也不能刷证进入。恢复后仍保持，直到工作人员在自助机上复位。",
        "The door is free at once, lights on, said aloud; it stays so until the staff resets it"
        " at the kiosk.",
    ),
    Fault(
        "modules_out",
        FaultKind.SWITCH,
        "切断继电器和触点模块的电源",
        "Unplug the relays and contacts",
        "从外面锁着，从里面推得开；自助机不再说门是开是关。插回后自己恢复。",
        "Locked from outside, free from inside; the kiosk claims to know nothing. It recovers"
        " alone.",
    ),
    Fault(
        "strike_stuck",
        FaultKind.SWITCH,
        "卡住门锁",
        "Let the strike stick",
        "试三次，然后告诉读者证没有问题、门没有开，并告诉工作人员。",
        "Tried three times; the visitor is told that the card is fine, and the staff is told.",
    ),
    Fault(
        "room_full",
        FaultKind.SWITCH,
        "让工作人员报告：里面 40 人，满了",
        "Let the staff count 40 people inside: it is full",
        "半分钟内门口知道，请等人出来再进。平时人数不确定，不因此拒绝任何人。",
        "Within half a minute the door knows and asks to wait. Otherwise the number is not certain"
        " and refuses nobody.",
    ),
    Fault(
        "held_open",
        FaultKind.SWITCH,
        "让门一直开着",
        "Hold the door open",
        "二十秒后请关门，然后告诉工作人员。",
        "After twenty seconds it asks to close it; then the staff is told.",
    ),
    Fault(
        "emergency",
        FaultKind.SWITCH,
        "按紧急按钮",
        "Press the emergency button",
        "通知工作人员，并在室内说出来。",
        "The staff is called, and the room says so.",
    ),
    Fault(
        "tamper",
        FaultKind.SWITCH,
        "打开设备外壳",
        "Open a housing",
        "警笛响三分钟，记录保留到工作人员复位。",
        "The siren sounds for three minutes; it stays on record until the staff resets it.",
    ),
    Fault(
        "gate_alarm",
        FaultKind.SWITCH,
        "带没借的书走过门禁",
        "Carry a book that is not lent through the gate",
        "警笛响五秒，请读者回到自助机。",
        "The siren sounds for five seconds, and the visitor is asked back to the kiosk.",
    ),
    Fault(
        "bad_air",
        FaultKind.SWITCH,
        "让空气变差（1600 ppm）",
        "Let the air go stale (1600 ppm)",
        "通风继电器接通，屏幕说明正在通风；空气好了就停。",
        "Ventilation goes on and the screens say so; it ends when the air is good.",
    ),
    Fault(
        "door_reader_out",
        FaultKind.SWITCH,
        "拔掉门口的读卡器",
        "Unplug the reader at the door",
        "刷证没有反应，从里面推得开；工作人员看到哪个设备坏了。",
        "Cards do nothing, the door opens from inside; the staff sees which device is away.",
    ),
    Fault(
        "pin_pad_out",
        FaultKind.SWITCH,
        "拔掉门口的键盘",
        "Unplug the keypad at the door",
        "密码可以在门口的屏幕上输入。",
        "The PIN is typed on the screen at the door.",
    ),
    Fault(
        "district_cut",
        FaultKind.SWITCH,
        "断开到区平台的网络",
        "Cut the line to the district's hub",
        "照常开门；人数三分钟后算不确定，不因此拒绝任何人。",
        "Cards work; after three minutes the number of people is not certain and refuses nobody.",
    ),
    Fault(
        "power_cut",
        FaultKind.ONCE,
        "切断自助机的电源一秒",
        "Cut the kiosk's power for a second",
        "从里面推得开；重启后锁上门，消防报警仍然有效。",
        "The door opens from inside; started again it locks the door, and a fire alarm stands.",
    ),
)
OWN = tuple(fault.name for fault in DOOR_FAULTS if fault.name not in SHARED)
