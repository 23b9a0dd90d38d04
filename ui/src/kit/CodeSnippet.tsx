import { Tabs } from '@mantine/core';
import { useId } from 'react';
import { CopyButton } from './CopyButton';
import classes from './kit.module.css';

interface Props {
  /** One text, or one per language ("Python", "Command line"). */
  code: string | Readonly<Record<string, string>>;
  label?: string;
}

/** Code to take along, with a copy button. */
export function CodeSnippet({ code, label = 'Code' }: Props) {
  const id = useId();
  const variants = typeof code === 'string' ? { [label]: code } : code;
  const names = Object.keys(variants);
  if (names.length === 1) return <Block text={variants[names[0] ?? ''] ?? ''} label={label} />;
  return (
    <Tabs defaultValue="0" id={id}>
      <Tabs.List aria-label={label}>
        {names.map((name, index) => (
          <Tabs.Tab key={name} value={String(index)}>
            {name}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      {names.map((name, index) => (
        <Tabs.Panel key={name} value={String(index)}>
          <Block text={variants[name] ?? ''} label={name} />
        </Tabs.Panel>
      ))}
    </Tabs>
  );
}

function Block({ text, label }: { text: string; label: string }) {
  return (
    <div className={classes.snippet}>
      <pre tabIndex={0} aria-label={label} role="region">
        <code>{text}</code>
      </pre>
      <CopyButton value={text} label={`Copy ${label}`} />
    </div>
  );
}
