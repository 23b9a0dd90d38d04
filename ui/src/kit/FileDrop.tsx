import { Button, Text } from '@mantine/core';
import { useRef, useState } from 'react';
import { bytes } from '@/kernel/format';
import { IconFile, IconUpload } from './icons';
import classes from './filedrop.module.css';

interface Props {
  label: string;
  /** Which files, in words: "CSV, TSV, Parquet or JSON lines". */
  accepts: string;
  accept?: string;
  file: File | null;
  onFile: (file: File) => void;
  disabled?: boolean;
}

/** Choose a file with a button, or drop it anywhere on the box. */
export function FileDrop({ label, accepts, accept, file, onFile, disabled }: Props) {
  const input = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  return (
    <div
      className={classes.drop}
      data-over={over || undefined}
      role="group"
      aria-label={label}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        const dropped = event.dataTransfer.files[0];
        if (dropped && !disabled) onFile(dropped);
      }}
    >
      {file ? <IconFile size={24} aria-hidden /> : <IconUpload size={24} aria-hidden />}
      {file ? (
        <Text size="sm" fw={500} className={classes.name ?? ''}>
          {file.name} <span className={classes.size}>{bytes(file.size)}</span>
        </Text>
      ) : (
        <Text size="sm">Drop a file here</Text>
      )}
      <Button variant="default" disabled={disabled ?? false} onClick={() => input.current?.click()}>
        {file ? 'Choose another file' : 'Choose a file'}
      </Button>
      <Text size="xs" c="dimmed">
        {accepts}
      </Text>
      <input
        ref={input}
        type="file"
        hidden
        accept={accept}
        aria-label={label}
        onChange={(event) => {
          const chosen = event.currentTarget.files?.[0];
          if (chosen) onFile(chosen);
          event.currentTarget.value = '';
        }}
      />
    </div>
  );
}
