// Questions to the server, and what can go wrong with them.

/** Why there is no answer: `kind` is "offline", "rate" or "refused". */
export class Failure extends Error {
  constructor(kind, told = {}) {
    super(kind);
    this.kind = kind;
    this.told = told;
  }
}

async function answer(path, options) {
  let response;
  try {
    response = await fetch(path, { cache: "no-store", credentials: "omit", ...options });
  } catch (error) {
    throw error.name === "AbortError" ? error : new Failure("offline");
  }
  let value;
  try {
    value = await response.json();
  } catch (error) {
    throw error.name === "AbortError" ? error : new Failure("offline");
  }
  if (response.ok) return value;
  if (response.status === 429) {
    const seconds = Number(response.headers.get("Retry-After")) || 1;
    throw new Failure("rate", { seconds });
  }
  throw new Failure("refused", value.error ?? {});
}

export const look = (path) => answer(path, {});

export const ask = (path, body, signal) =>
  answer(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
    signal,
  });

/** Whether a question is larger than the server takes. */
export function isTooLarge(body, most) {
  const characters = Object.values(body).reduce((sum, value) => sum + String(value).length, 0);
  // No character takes more than six bytes in JSON.
  if (!most || 6 * characters + 200 < most) return false;
  return new TextEncoder().encode(JSON.stringify(body)).length > most;
}
