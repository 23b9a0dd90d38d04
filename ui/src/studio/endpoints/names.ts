/** `titanic:3` in its parts; names may hold colons, versions are numbers. */
export function splitModel(reference: string): { name: string; version: string | undefined } {
  const cut = /^(.*):(\d+)$/.exec(reference);
  return cut?.[1]
    ? { name: cut[1], version: cut[2] }
    : { name: reference.replace(/:$/, ''), version: undefined };
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/;

/** What is wrong with an endpoint's name, in words; null when nothing is. */
export function nameProblem(name: string): string | null {
  if (name === '' || NAME.test(name)) return null;
  if (name.length > 63) return 'At most 63 characters.';
  return 'Letters, digits, - and _ only, and a letter or digit first: it stands in the address.';
}
