import { Fragment } from 'react';

/** A sentence whose words in backticks are code: names of options, values, commands. */
export function Marked({ text }: { text: string }) {
  const parts = text.split('`');
  if (parts.length % 2 === 0) return text; // one that is never closed is a sign like others
  return parts.map((part, at) =>
    at % 2 === 0 ? <Fragment key={at}>{part}</Fragment> : <code key={at}>{part}</code>,
  );
}
