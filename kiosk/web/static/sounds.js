// Short tones, made here, and the voice, made by the kiosk.
const TONES = { seen: [[880, 0.08]], done: [[660, 0.1], [990, 0.16]], attention: [[440, 0.16], [330, 0.24]] };
let context = null;
let voice = null;

export function play(name) {
  if (document.body.dataset.sounds !== "1" || !TONES[name]) return;
  try {
    context ??= new AudioContext();
    if (context.state === "suspended") return; // nobody has touched the page yet
    let at = context.currentTime;
    for (const [pitch, seconds] of TONES[name]) {
      const tone = context.createOscillator();
      const loudness = context.createGain();
      tone.frequency.value = pitch;
      loudness.gain.setValueAtTime(0.12, at);
      loudness.gain.exponentialRampToValueAtTime(0.001, at + seconds);
      tone.connect(loudness).connect(context.destination);
      tone.start(at);
      tone.stop(at + seconds);
      at += seconds;
    }
  } catch { context = null; }
}

export function hush() { voice?.pause(); voice = null; }

export function speak() {
  hush();
  voice = new Audio("/speech");
  voice.play().catch(() => {});
}

addEventListener("pointerdown", () => { context?.resume(); }, { passive: true });
