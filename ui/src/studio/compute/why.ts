/** Why a job does not start yet, as a sentence: what its compute says, or that others come before it. */
export function whyQueued(waits: string | null | undefined, ahead: number): string {
  const before = ahead > 0 ? `${ahead === 1 ? 'One job comes' : `${ahead} jobs come`} before it` : '';
  if (!waits || waits.startsWith('starts as soon')) return before ? `${before}.` : 'It starts in a moment.';
  const said = waits.charAt(0).toUpperCase() + waits.slice(1);
  const sentence = /[.?!]$/.test(said) ? said : `${said}.`;
  return before ? `${sentence} ${before}.` : sentence;
}
