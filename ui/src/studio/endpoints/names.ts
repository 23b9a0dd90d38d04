/** `titanic:3` in its parts; names may hold colons, versions are numbers. */
export function splitModel(reference: string): { name: string; version: string | undefined } {
  const cut = /^(.*):(\d+)$/.exec(reference);
  return cut?.[1]
    ? { name: cut[1], version: cut[2] }
    : { name: reference.replace(/:$/, ''), version: undefined };
}
