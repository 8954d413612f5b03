// Read and write CSV (RFC 4180) as protocols/csv_text.py does. Tests run both with tests/support/csv_cases.json.

const DELIMITERS = [",", ";", "\t", "|"];

export class CsvError extends Error {}

/** Return the text of a file and its encoding. Decompress gzip. Decode UTF-16 if the file has a byte order mark, else
 *  UTF-8, or Windows-1252 if the file is not UTF-8. Throw CsvError if the gzip file is damaged. */
export async function decode(bytes) {
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) {
    const unpacked = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    try {
      bytes = new Uint8Array(await new Response(unpacked).arrayBuffer());
    } catch {
      throw new CsvError("the gzip file is truncated or damaged");
    }
  }
  const mark = 256 * bytes[0] + bytes[1];
  if (mark === 0xfffe || mark === 0xfeff) {
    return { text: new TextDecoder(mark === 0xfffe ? "utf-16le" : "utf-16be").decode(bytes), encoding: "UTF-16" };
  }
  try {
    return { text: new TextDecoder("utf-8", { fatal: true }).decode(bytes), encoding: "UTF-8" };
  } catch {
    return { text: new TextDecoder("windows-1252").decode(bytes), encoding: "Windows-1252 (the file is not UTF-8)" };
  }
}

/** Yield each record with its cells and the number of its first line, counted from 1. A blank line has no cells.
 *  Throw CsvError for an unmatched quotation mark. */
export function* records(text, delimiter = ",") {
  const [blanks, first] = delimiter === "\t" ? ["", '"'] : [" *", '[ "]']; // no unquoted cell begins with `first`
  const cell = new RegExp(`${blanks}(?:"((?:[^"]|"")*)"|((?!${first})[^${delimiter}\\r\\n]*))(\\${delimiter}|\\r?\\n|\\r|$)`, "y");
  for (let at = 0, line = 1; at < text.length; ) {
    const start = line;
    const cells = [];
    for (let end = delimiter; end === delimiter; ) {
      cell.lastIndex = at;
      const match = cell.exec(text);
      if (!match) throw new CsvError(`line ${start} has an unmatched quotation mark`);
      cells.push(match[1] === undefined ? match[2] : match[1].replaceAll('""', '"'));
      line += match[0].match(/\r?\n|\r/g)?.length || 0;
      at += match[0].length;
      end = match[3];
    }
    yield { line: start, cells: cells.length > 1 || cells[0].trim() ? cells : [] };
  }
}

/** Return the delimiter with which the first record has the most column names, else one cell per column, else a
 *  comma. */
export function detectDelimiter(text, names) {
  const candidates = DELIMITERS.map((delimiter) => ({ delimiter, cells: firstRecord(text, delimiter) }));
  const matches = ({ cells }) => names.filter((name) => cells.some((cell) => cell.trim() === name)).length;
  const best = candidates.reduce((left, right) => (matches(right) > matches(left) ? right : left));
  if (matches(best) === names.length || (matches(best) && !areNumbers(names))) return best.delimiter;
  return candidates.find(({ cells }) => names.length > 1 && cells.length === names.length)?.delimiter || ",";
}

/** Return whether columns have the numbers from 0 as names, because the model has no names. */
export const areNumbers = (names) => names.every((name, index) => name === String(index));

/** Return the cells of the first record that is not blank, or an empty list. */
export function firstRecord(text, delimiter) {
  try {
    for (const { cells } of records(text, delimiter)) if (cells.length) return cells;
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
  }
  return [];
}

/** Return a cell as CSV, quoted if necessary. */
export function quote(cell, delimiter = ",") {
  const plain = typeof cell === "object" ? JSON.stringify(cell) : String(cell);
  return /["\r\n]/.test(plain) || plain.includes(delimiter) ? `"${plain.replaceAll('"', '""')}"` : plain;
}
