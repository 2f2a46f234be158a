// The HTTP side of ply.v1: JSON in, JSON out, every failure a Refusal.

/** A refusal by the server, or code "offline" if no server answered. */
export class Refusal extends Error {
  constructor(body, status = 0) {
    super(body.message ?? body.code);
    this.code = body.code;
    this.status = status;
    this.retry = body.retry ?? false;
    this.after = body.after;
    this.version = body.v;
  }
}

const offline = { code: "offline", message: "no answer", retry: true };

async function ask(method, path, token, body) {
  const headers = {};
  if (token) {
    headers.Authorization = `Bearer ${token}`;
  }
  if (body !== undefined) {
    headers["Content-Type"] = "application/json";
  }
  let answer;
  try {
    answer = await fetch(path, { method, headers, body: body && JSON.stringify(body), cache: "no-store" });
  } catch {
    throw new Refusal(offline);
  }
  if (!answer.ok) {
    const reason = await answer.json().catch(() => ({ code: answer.status >= 500 ? "unavailable" : "bad_message" }));
    throw new Refusal(reason, answer.status);
  }
  return answer;
}

/** Asks and gives back the answer's object. */
export async function call(method, path, { token, body } = {}) {
  const answer = await ask(method, path, token, body);
  return answer.json().catch(() => { throw new Refusal(offline); });
}

/** Reads a stream of lines (NDJSON) to its end. */
export async function lines(path, { token } = {}) {
  const answer = await ask("GET", path, token);
  const text = await answer.text().catch(() => { throw new Refusal(offline); });
  return text.split("\n").filter(Boolean).map((line) => JSON.parse(line));
}

/**
 * Does something that must happen once, however often it is sent: while the outcome is open, the same body (with the
 * same id in it) goes out again.
 */
export async function insist(path, { token, body }) {
  const open = new Set(["offline", "unknown", "busy", "unavailable", "internal", "rate_limited"]);
  for (let left = 5; ; left--) {
    try {
      return await call("POST", path, { token, body });
    } catch (error) {
      if (!open.has(error.code) || left === 0) {
        throw error;
      }
      await new Promise((done) => setTimeout(done, error.after ?? 500));
    }
  }
}

/** A new id for a command: 128 random bits, base64url. */
export function newID() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
