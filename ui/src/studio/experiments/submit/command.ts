const PLAIN = /^[\w@%+=:,./-]+$/; // what a shell reads as it is written
const EXPRESSION = /^\$\{\{[^{}]*\}\}$/; // a value or path stands in its place before a shell sees it

/** A command as a shell would read it: one text is a script already, of several words each is quoted where it has to be. */
export function shown(words: readonly string[]): string {
  if (words.length === 1) return (words[0] ?? '').trim();
  return words.map((word) => (PLAIN.test(word) || EXPRESSION.test(word) ? word : quoted(word))).join(' ');
}

const quoted = (word: string) => `'${word.replaceAll("'", "'\\''")}'`;

/** The words of a script: one text with a space in it is what the studio hands to bash, without one it is a program's name. */
export function script(text: string): string[] {
  return [`${text.trim()} `];
}
