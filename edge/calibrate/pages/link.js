// How a local page speaks with the process that serves it: the code, requests, the live stream.

const BACK_MILLISECONDS = 3000;

// The code in the address's fragment is given once for a cookie; then it leaves the address.
export async function enter() {
  const code = location.hash.slice(1);
  if (!code) return "";
  const answer = await post("/api/enter", { code });
  history.replaceState(null, "", location.pathname + location.search);
  return answer.status === 200 ? "" : answer.problem;
}

export async function ask(path) {
  return told(() => fetch(path));
}

export async function post(path, body) {
  const headers = { "Content-Type": "application/json" };
  return told(() => fetch(path, { method: "POST", headers, body: JSON.stringify(body) }));
}

async function told(send) {
  try {
    const answer = await send();
    const content = await answer.json();
    return { ...content, status: answer.status, problem: content.problem ?? "" };
  } catch {
    return { status: 0, problem: "" };
  }
}

// Calls `seen` with each view, and `lost` with a sentence (or nothing) while there is none.
// `isOver` tells that the end was asked for: nobody is asked after it.
export function listen(path, seen, lost, isOver = () => false) {
  const stream = new EventSource(path);
  stream.onmessage = (event) => seen(JSON.parse(event.data));
  stream.onerror = async () => {
    stream.close();
    if (isOver()) return;
    const { problem } = await ask("/api/setup");
    lost(problem);
    setTimeout(() => listen(path, seen, lost, isOver), BACK_MILLISECONDS);
  };
}
