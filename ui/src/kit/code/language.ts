/** Languages by the ending of a file name, as the highlighter calls them. */
const ENDINGS: Record<string, string> = {
  py: 'python', pyi: 'python', ipynb: 'json', json: 'json', jsonl: 'json', yaml: 'yaml', yml: 'yaml',
  mlmodel: 'yaml', sh: 'bash', bash: 'bash', zsh: 'bash', js: 'javascript', mjs: 'javascript', cjs: 'javascript',
  jsx: 'javascript', ts: 'typescript', tsx: 'typescript', html: 'xml', htm: 'xml', xml: 'xml', svg: 'xml', css: 'css',
  sql: 'sql', md: 'markdown', toml: 'ini', ini: 'ini', cfg: 'ini', r: 'r', jl: 'julia', java: 'java', scala: 'scala',
  go: 'go', rs: 'rust', c: 'c', h: 'c', cpp: 'cpp', hpp: 'cpp', cc: 'cpp', dockerfile: 'dockerfile',
}; // prettier-ignore

export function languageOf(path: string): string | undefined {
  const name = path.slice(path.lastIndexOf('/') + 1).toLowerCase();
  return ENDINGS[name.includes('.') ? name.slice(name.lastIndexOf('.') + 1) : name];
}
