// Read CSV (RFC 4180) and its relatives, as protocols/csv_text.py does; tests/support/csv_cases.json holds what both must make of a text.

const DELIMITERS = [",", ";", "\t", "|"];

export class CsvError extends Error {}

/** The text of a file: gzip is unpacked; UTF-16 by its byte order mark, else UTF-8, else Windows-1252. */
export async function decode(bytes) {
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) {
    const unpacked = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    try {
      bytes = new Uint8Array(await new Response(unpacked).arrayBuffer());
    } catch {
      throw new CsvError("the file is not whole: gzip ends early or is damaged");
    }
  }
  const mark = 256 * bytes[0] + bytes[1];
  if (mark === 0xfffe || mark === 0xfeff) return new TextDecoder(mark === 0xfffe ? "utf-16le" : "utf-16be").decode(bytes);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}

/** The records of a text, each with the line where it begins, counted from 1; a blank line has no cells. Throws CsvError. */
export function* records(text, delimiter = ",") {
  const [blanks, first] = delimiter === "\t" ? ["", '"'] : [" *", '[ "]']; // what a plain cell does not begin with
  const cell = new RegExp(`${blanks}(?:"((?:[^"]|"")*)"|((?!${first})[^${delimiter}\\r\\n]*))(\\${delimiter}|\\r?\\n|\\r|$)`, "y");
  for (let at = 0, line = 1; at < text.length; ) {
    const start = line;
    const cells = [];
    for (let end = delimiter; end === delimiter; ) {
      cell.lastIndex = at;
      const found = cell.exec(text);
      if (!found) throw new CsvError(`line ${start} has a quotation mark too many`);
      cells.push(found[1] === undefined ? found[2] : found[1].replaceAll('""', '"'));
      line += found[0].match(/\r?\n|\r/g)?.length || 0;
      at += found[0].length;
      end = found[3];
    }
    yield { line: start, cells: cells.length > 1 || cells[0].trim() ? cells : [] };
  }
}

/** The delimiter under which the first record names most of the columns, or has as many cells as these. */
export function delimiterOf(text, names) {
  const firsts = DELIMITERS.map((delimiter) => ({ delimiter, cells: first(text, delimiter) }));
  const matches = ({ cells }) => names.filter((name) => cells.some((cell) => cell.trim() === name)).length;
  const best = firsts.reduce((one, other) => (matches(other) > matches(one) ? other : one));
  const areNumbers = names.every((name, place) => name === String(place));
  if (matches(best) === names.length || (matches(best) && !areNumbers)) return best.delimiter;
  return firsts.find(({ cells }) => names.length > 1 && cells.length === names.length)?.delimiter || ",";
}

/** The first record that is not blank. */
function first(text, delimiter) {
  try {
    for (const { cells } of records(text, delimiter)) if (cells.length) return cells;
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
  }
  return [];
}
