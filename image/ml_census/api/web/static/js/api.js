// Requests to the server, and the state of the session.

const BATCH_ROWS = 500; // maximum rows of a request; a response with status 413 halves this number
const MAX_ATTEMPTS = 20; // maximum attempts while the server answers with status 503

/** The user (null without login), the token, the model's schema, and in `result` the last predicted row with its
 *  prediction and probabilities. */
export const session = { user: null, token: "", schema: { columns: [], classes: null }, result: null };

/** Error of a request. `status` is 0 without a response; `details` are the values that the server rejects. */
export class RequestError extends Error {
  constructor(message, status = 0, details = []) {
    super(message);
    Object.assign(this, { status, details });
  }
}

export class SessionExpiredError extends RequestError {}

export const authorization = () => (session.token ? { Authorization: `Bearer ${session.token}` } : {});

/** Return the JSON of a response, with the number of unknown values as `unknown`. Retry after status 503.
 *  Throw SessionExpiredError if the server rejects the token, and RequestError for any other error. */
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

/** Discard the token, dispatch the event sessionexpired, and return the error. */
function expireSession(status) {
  session.token = "";
  document.dispatchEvent(new Event("sessionexpired"));
  return new SessionExpiredError("session expired", status);
}

/** Predict rows. Above 0, `reasons` is the maximum number of reasons for each row. */
export const predict = (rows, reasons = 0) =>
  request(`prediction?proba=${Boolean(session.schema.classes)}${reasons ? `&reasons=${reasons}` : ""}`, {
    method: "POST",
    headers: { ...authorization(), "Content-Type": "application/json" },
    body: JSON.stringify({ inputs: rows }),
  });

/** Send the rows in batches. Yield the index of the first row and the response of each batch. Halve the batches that
 *  the server rejects as too large (413). Throw RequestError; a row in its details is an index in `rows`. */
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
