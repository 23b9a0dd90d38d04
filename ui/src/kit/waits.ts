/** Why a job does not start yet, as a sentence: where it is in its queue and what its compute says. */
export function whyQueued(waits: string | null | undefined): string {
  if (!waits || waits.startsWith('starts as soon')) return 'It starts in a moment.';
  const said = waits.charAt(0).toUpperCase() + waits.slice(1);
  return /[.?!]$/.test(said) ? said : `${said}.`;
}

const PLACE = /^is number \d+ of \d+ in the queue of '.*?'(?: \([^)]*\))?(?:; |$)/;

/** What a job waits for, without its place in the queue; nothing where only those before it are in its way. */
export function reasonOf(waits: string | null | undefined): string {
  return (waits ?? '').replace(PLACE, '');
}
