type Variables = Readonly<Record<string, string>>;

// several lines have no place in a line: such a variable is kept as it is, unless a line of the same name is written
const SEVERAL = /[\r\n]/;

/** Variables as the form shows them, one `NAME=value` in a line. */
export function linesOf(env: Variables): string {
  return Object.entries(env)
    .filter(([, value]) => !SEVERAL.test(value))
    .map(([name, value]) => `${name}=${value}`)
    .join('\n');
}

/** Names of those that the form cannot show. */
export function hiddenOf(env: Variables): string[] {
  return Object.keys(env).filter((name) => SEVERAL.test(env[name] ?? ''));
}

/** What the lines say, values to the last space; `env`: the variables that they began with. */
export function variablesOf(text: string, env: Variables = {}): Record<string, string> {
  if (text === linesOf(env)) return { ...env };
  const kept = hiddenOf(env).map((name) => [name, env[name] ?? ''] as const);
  return Object.fromEntries([...kept, ...pairs(text).filter(([name]) => name)]);
}

/** What is wrong with the lines, in words. */
export function lackOfVariables(text: string): string | null {
  const lines = text.split('\n');
  const wrong = lines.findIndex((line) => line.trim() !== '' && !/^\s*[^\s=].*=/.test(line));
  if (wrong >= 0)
    return `Environment variables: line ${wrong + 1} has no ${lines[wrong]?.includes('=') ? 'name' : "'='"}.`;
  const names = pairs(text).map(([name]) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  return twice ? `Environment variables: ${twice} stands there twice.` : null;
}

function pairs(text: string): (readonly [string, string])[] {
  return text
    .split('\n')
    .filter((line) => line.includes('='))
    .map((line) => [line.slice(0, line.indexOf('=')).trim(), line.slice(line.indexOf('=') + 1)] as const);
}
