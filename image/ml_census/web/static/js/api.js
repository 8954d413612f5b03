// Requests to the server, and the state of the session.

const BATCH_ROWS = 500; // maximum rows of a request, if the server accepts them
const MAX_ATTEMPTS = 20; // of a request that the server rejects with 503

/** The token, the model's schema, and the last predicted row with its result. */
export const session = { token: "", schema: { columns: [], classes: null }, result: null };

/** A request without a result: message, status (0 without a response) and the rejected values. */
export class RequestError extends Error {
  constructor(message, status = 0, details = []) {
    super(message);
    Object.assign(this, { status, details });
  }
}

export class SessionExpiredError extends RequestError {}

export const authorization = () => ({ Authorization: `Bearer ${session.token}` });

/** Return the JSON of a response. Retry while the server is overloaded. Throw RequestError. */
export async function request(path, options = {}) {
  for (let attempt = 1; ; attempt++) {
    const response = await fetch(path, { cache: "no-store", credentials: "omit", ...options }).catch(() => {
      throw new RequestError("the server cannot be reached");
    });
    if (response.status === 503 && attempt < MAX_ATTEMPTS) {
      const seconds = Number(response.headers.get("Retry-After")) || 1;
      await new Promise((resolve) => setTimeout(resolve, 1000 * seconds));
      continue;
    }
    const body = await response.json().catch(() => ({}));
    if (response.ok) return { ...body, unknown: Number(response.headers.get("X-Unknown-Values")) };
    if (session.token && [401, 403].includes(response.status)) throw expireSession(response.status);
    throw new RequestError(body["error message"] || `the server responded with status ${response.status}`, response.status, body.details);
  }
}

/** Discard the token, notify the page, and return the error. */
function expireSession(status) {
  session.token = "";
  document.dispatchEvent(new Event("sessionexpired"));
  return new SessionExpiredError("session expired", status);
}

export const predict = (rows) =>
  request(`prediction${session.schema.classes ? "?proba=true" : ""}`, {
    method: "POST",
    headers: { ...authorization(), "Content-Type": "application/json" },
    body: JSON.stringify({ inputs: rows }),
  });

/** Yield the index of the first row and the response of each batch. Halve the batches that the server rejects as too
 *  large (413). Throw RequestError, whose row indices count from the first row of all batches. */
export async function* predictBatches(rows) {
  for (let start = 0, size = BATCH_ROWS; start < rows.length; ) {
    const batch = rows.slice(start, start + size);
    try {
      yield [start, await predict(batch)];
      start += batch.length;
    } catch (error) {
      if (error.status === 413 && batch.length > 1) {
        size = Math.ceil(batch.length / 2);
        continue;
      }
      error.details?.forEach((detail) => (detail.row += start));
      throw error;
    }
  }
}
