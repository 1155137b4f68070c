// The words of the page, Chinese and English, and which of them is spoken.

export const WORDS = {
  title: ["安装校准", "Set up a camera"],
  page: ["安装校准 · 开馆", "Set-up · Kaiguan"],
  seen: ["实时画面", "Live view"],
  tools: ["绘图工具", "Drawing tools"],
  stage: ["剪影画面，可在上面画计数线和区域", "Silhouettes; draw counting lines and zones here"],
  drawLine: ["画计数线", "Draw a line"],
  drawZone: ["画区域", "Draw a zone"],
  drawPerson: ["标人体大小", "Mark a person"],
  parts: ["计数线与区域", "Lines and zones"],
  empty: ["还没有计数线。点「画计数线」，在画面上从通道一侧拖到另一侧；名称与平台登记的一致。", "No counting line yet. Press “Draw a line”, then drag across the passage from one side to the other. Lines are named as in the hub's records."],
  privacy: ["画面只有剪影和地面轮廓，不保存、不发送任何影像。", "Only silhouettes and a drawing of the floor: no picture is kept or sent."],
  hintIdle: ["拖动圆点移动端点；键盘用 Tab 选中，方向键移动，按住 Shift 走得更远，Delete 删除。", "Drag the dots to move them; with keys: Tab to choose, arrows to move, Shift for larger steps, Delete to remove."],
  hintLine: ["从通道一侧拖到另一侧。按回车放一条横线。", "Drag from one side of the passage to the other. Enter puts a level line."],
  hintZone: ["拖出一个矩形，再移动它的角。按回车放一个默认区域。", "Drag a rectangle, then move its corners. Enter puts one in the middle."],
  hintPerson: ["有人站在线上时：点头顶，再点脚下；或点人的框的两个对角。", "While somebody is at the line: click the head, then the feet; or two opposite corners of the person."],
  hintPerson2: ["再点第二下。", "Now the second click."],
  hintRow: ["斜视镜头：在更远或更近处再标一个人，大小会随位置变化。", "Oblique camera: mark one more person farther away or nearer, so that the size follows the place."],
  line: ["计数线", "Line"], zone: ["区域", "Zone"],
  lineName: ["计数线名称", "Line name"], zoneName: ["区域名称", "Zone name"],
  anchor: ["以何处过线为准", "Point that passes"], anchorZone: ["以何处在内为准", "Point that is inside"],
  centre: ["中心（俯视）", "centre (from above)"], foot: ["脚（斜视）", "foot (oblique)"],
  in: ["进", "in"], out: ["出", "out"], present: ["在内", "inside"], entries: ["进入", "entered"],
  flip: ["对调进出", "Swap in and out"], remove: ["删除", "Remove"], addCorner: ["加一个角", "Add a corner"],
  end1: ["的起点", "start"], end2: ["的终点", "end"], corner: ["的角", "corner"], whole: ["整体移动", "move it all"],
  beyond_start: ["有 {n} 人从起点外侧走过，没有计入：把起点向外移。", "Not counted, for they passed beyond the start: {n}. Move the start outwards."],
  beyond_end: ["有 {n} 人从终点外侧走过，没有计入：把终点向外移。", "Not counted, for they passed beyond the end: {n}. Move the end outwards."],
  close_to_start: ["有 {n} 人紧贴起点走过：这条线可能没有横跨整个通道。", "Passed close to the start: {n}. The line may not span the passage."],
  close_to_end: ["有 {n} 人紧贴终点走过：这条线可能没有横跨整个通道。", "Passed close to the end: {n}. The line may not span the passage."],
  nobody_near: ["看到 {n} 人走动，没有一人靠近这条线：它离人流太远。", "{n} people were seen and none came near: the line is far from where people walk."],
  personTitle: ["人体大小", "Size of a person"],
  personLearnt: ["自动学习：现在是画面的 {w} × {h}", "Learnt by itself; now {w} × {h} of the picture"],
  personFixed: ["已固定：画面的 {w} × {h}", "Fixed: {w} × {h} of the picture"],
  personGrows: ["已固定：画面的 {w} × {h}，越靠下越大", "Fixed: {w} × {h} of the picture, larger further down"],
  takeLearnt: ["固定为当前值", "Fix it as it is"], learnAgain: ["改回自动学习", "Learn it again"],
  save: ["保存到 {file}", "Save to {file}"], countAnew: ["从零计数", "Count from zero"],
  saved: ["已保存。旧版本在 {kept}。重启边缘端后生效：sudo systemctl restart kaiguan-edge", "Saved. The version before is {kept}. Restart the edge to use it: sudo systemctl restart kaiguan-edge"],
  left: ["本页还有 {m} 分钟自动关闭。", "This page closes by itself in {m} minutes."],
  leftOne: ["本页不到一分钟就自动关闭。", "This page closes by itself in less than a minute."],
  unsaved: ["有改动尚未保存。", "There are changes that are not saved."],
  live: ["实时", "live"], wait: ["连接中", "connecting"], failed: ["摄像头不可用", "no camera"], lost: ["已断开", "disconnected"],
  starting: ["正在打开摄像头……", "Opening the camera …"],
  cameraFails: ["摄像头打不开，会自动重试。若边缘端正在运行，先停掉它：sudo systemctl stop kaiguan-edge", "The camera gives nothing; it is tried again. If the edge is running, stop it first: sudo systemctl stop kaiguan-edge"],
  over: ["本页已关闭或连接已断开。需要时在终端重新启动。", "This page is closed or out of reach. Start it again in the terminal when it is needed."],
  badName: ["名称只能用小写字母、数字、- 和 _，最多 48 个。", "A name has small letters, digits, - and _, at most 48."],
  taken: ["这个名称已经用过。", "This name is taken."],
  tooShort: ["线太短。", "The line is too short."],
  crosses: ["区域的边不能相交。", "The border of a zone may not cross itself."],
  cannotSave: ["先改正标出的问题。", "Mend what is marked first."],
  dark: ["画面是黑的：灯没开，或镜头被盖住。", "The picture is dark: the lights are off, or the lens is shut."],
  covered: ["镜头前有遮挡。", "Something is before the lens."],
  frozen: ["画面不动了：摄像头一直发同一张。", "The picture stands still: the camera sends the same one again and again."],
  defocused: ["画面模糊：擦一擦镜头，或重新对焦。", "Out of focus: wipe the lens, or focus it."],
  moved: ["摄像头被移动过，正在重新学习画面；线的位置也要检查。", "The camera was moved: its new view is being learnt. See whether the lines still lie right."],
  flood: ["画面大半突然变了，正在重新学习。", "Most of the picture changed at once: it is being learnt anew."],
  auditTitle: ["计数核对", "Audit a door"],
  auditPage: ["计数核对 · 开馆", "Audit · Kaiguan"],
  auditHint: ["看着门，每过一人就按一下。多按了就撤销。", "Watch the door and tap each person who passes. Undo takes the last tap back."],
  auditPrivacy: ["不显示、不保存任何影像，只记下按键和计数的时刻。", "No picture is shown or kept: only the moments of taps and crossings."],
  auditLeft: ["还有 {m} 分钟自动结束，结果保存在设备上。", "It ends by itself in {m} minutes; the statement is kept on the device."],
  auditLeftOne: ["不到一分钟就自动结束。", "It ends by itself in less than a minute."],
  auditEnded: ["已结束", "ended"],
  auditSaid: ["已结束。声明保存在运行它的终端所示的位置。", "Ended. The terminal that runs it says where the statement is."],
  tapped: ["人工", "tapped"], counted: ["计数", "counted"], undo: ["撤销", "Undo"], endAudit: ["结束", "End"],
  noLine: ["至少要有一条计数线才能保存。", "Saving needs at least one counting line."],
};

let lang = "zh";
export const language = () => lang;

export function t(key, values = {}) {
  const words = WORDS[key];
  const text = words ? words[lang === "en" ? 1 : 0] : key;
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

export function speak(chosen) {
  lang = chosen === "en" ? "en" : "zh";
  document.documentElement.lang = lang === "en" ? "en" : "zh-CN";
  for (const part of document.querySelectorAll("[data-t]")) part.textContent = t(part.dataset.t);
  for (const part of document.querySelectorAll("[data-t-label]")) part.setAttribute("aria-label", t(part.dataset.tLabel));
  for (const button of document.querySelectorAll(".languages button"))
    if (button.dataset.lang === lang) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
}
