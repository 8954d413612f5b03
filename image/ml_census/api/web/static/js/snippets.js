// Programs that send rows to /prediction: for curl, Python and JavaScript.

const WIDTH = 76; // maximum length of a line of values, in characters

/** Language -> function that returns the program. `url` is the address of the server, without a slash at the end.
 *  `user` is null if the server requires no login. */
export const SNIPPETS = { curl, Python: python, JavaScript: javaScript };

/** Return the address of the server, without a slash at the end. */
export const serverAddress = () => new URL(".", location.href).href.replace(/\/$/, "");

/** Return the JSON of `{"inputs": rows}`, with line breaks between the values of a row. */
export const formatBody = (rows) => `{"inputs": ${formatRows(rows, JSON.stringify)}}`;

function curl(url, rows, user) {
  const quote = (text) => `'${text.replaceAll("'", "'\\''")}'`;
  const login = user === null ? "" : `token=$(curl -s -u ${quote(user)} ${url}/login | cut -d '"' -f 4)\n`;
  const header = user === null ? "" : `-H "Authorization: Bearer $token" \\\n  `;
  return `${login}curl ${url}/prediction ${header}-H 'Content-Type: application/json' \\\n  -d ${quote(formatBody(rows))}`;
}

function python(url, rows, user) {
  const login = user === null ? "" : `token = requests.get("${url}/login", auth=(${JSON.stringify(user)}, "PASSWORD")).json()["token"]\n`;
  const header = user === null ? "" : '    headers={"Authorization": f"Bearer {token}"},\n';
  return `import requests

${login}response = requests.post(
    "${url}/prediction",
${header}    json={"inputs": ${formatRows(rows, pythonLiteral, "    ", "    ")}},
)
print(response.json())`;
}

function pythonLiteral(value) {
  if (Array.isArray(value)) return `[${value.map(pythonLiteral).join(", ")}]`;
  const names = new Map([[null, "None"], [true, "True"], [false, "False"]]);
  return names.get(value) ?? JSON.stringify(value);
}

function javaScript(url, rows, user) {
  const login = user === null ? "" : `const login = await fetch("${url}/login", {
  headers: { Authorization: "Basic " + btoa(${JSON.stringify(`${user}:PASSWORD`)}) },
});
const { token } = await login.json();
`;
  const header = user === null ? "" : "Authorization: `Bearer ${token}`, ";
  return `${login}const response = await fetch("${url}/prediction", {
  method: "POST",
  headers: { ${header}"Content-Type": "application/json" },
  body: JSON.stringify({ inputs: ${formatRows(rows, JSON.stringify, "  ")} }),
});
console.log(await response.json());`;
}

/** Return the rows as a literal. `literal` writes one value. A row longer than WIDTH has several lines. */
function formatRows(rows, literal, indent = "", step = "  ") {
  const lines = rows.map((row) => indent + step + formatRow(row, literal, indent + step, step));
  return `[\n${lines.join(",\n")}\n${indent}]`;
}

function formatRow(row, literal, indent, step) {
  const [start, end] = Array.isArray(row) ? "[]" : "{}";
  const parts = Array.isArray(row) ? row.map(literal)
    : Object.entries(row).map(([name, value]) => `${JSON.stringify(name)}: ${literal(value)}`);
  const lines = [];
  for (const part of parts) {
    const longer = lines.length && `${lines.at(-1)}, ${part}`;
    if (longer && longer.length <= WIDTH) lines[lines.length - 1] = longer;
    else lines.push(part);
  }
  if (lines.length <= 1) return start + lines.join("") + end;
  return `${start}\n${indent}${step}${lines.join(`,\n${indent}${step}`)}\n${indent}${end}`;
}
