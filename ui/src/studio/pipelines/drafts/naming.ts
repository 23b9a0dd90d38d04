/** Names that a draft may have. */
export const DRAFT_NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$/;

/** A name for the draft of a pipeline that is called so. */
export function draftName(title: string): string {
  const plain = title
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^A-Za-z0-9_.-]+/g, '-')
    .replace(/^[-.]+|-+$/g, '')
    .slice(0, 100);
  return plain || 'pipeline';
}
