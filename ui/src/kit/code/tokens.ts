export interface Token {
  text: string;
  /** "keyword", "string", "comment": drawn by `code.module.css`. */
  kind?: string;
}

export type Tone = 'add' | 'remove' | 'hunk' | 'file';

/** What each line of a unified diff is; undefined: as it was. */
export function diffTones(lines: readonly string[]): (Tone | undefined)[] {
  return lines.map((line) => {
    if (/^(diff |index |--- |\+\+\+ |new file|deleted file|rename |similarity |old mode|new mode)/.test(line))
      return 'file';
    if (line.startsWith('@@')) return 'hunk';
    if (line.startsWith('+')) return 'add';
    return line.startsWith('-') ? 'remove' : undefined;
  });
}

export interface DiffSize {
  files: number;
  added: number;
  removed: number;
}

export function diffSize(text: string): DiffSize {
  const lines = text.split('\n');
  const tones = diffTones(lines);
  return {
    files: lines.filter((line) => line.startsWith('diff ')).length,
    added: tones.filter((tone) => tone === 'add').length,
    removed: tones.filter((tone) => tone === 'remove').length,
  };
}
