import { ActionIcon, CopyButton as Copy, Tooltip } from '@mantine/core';
import { shortId } from '@/kernel/format';
import { IconCheck, IconCopy } from './icons';
import classes from './kit.module.css';

export function CopyButton({ value, label = 'Copy' }: { value: string; label?: string }) {
  return (
    <Copy value={value} timeout={1500}>
      {({ copied, copy }) => (
        <Tooltip label={copied ? 'Copied' : label}>
          <ActionIcon onClick={copy} aria-label={copied ? 'Copied' : label} size={24}>
            {copied ? <IconCheck size={14} /> : <IconCopy size={14} />}
          </ActionIcon>
        </Tooltip>
      )}
    </Copy>
  );
}

/** An id, shortened, with a button that copies all of it. */
export function Id({ value }: { value: string }) {
  return (
    <span className={classes.id} title={value}>
      <code>{shortId(value)}</code>
      <CopyButton value={value} label="Copy the id" />
    </span>
  );
}
