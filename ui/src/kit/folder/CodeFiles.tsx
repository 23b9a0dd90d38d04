import { Button, Group, Text } from '@mantine/core';
import { useRef, useState, type ChangeEvent } from 'react';
import { bytes, count } from '@/kernel/format';
import { codeOf, type CodeFile } from './sending';

interface Props {
  files: readonly CodeFile[] | null;
  kept: number;
  onFiles: (files: CodeFile[] | null) => void;
  /** What it means that there are none. */
  none?: string;
  /** What those are of that are kept. */
  of?: string;
}

/** The code that the command starts in: files or a folder of this computer, else what the run it is made from had. */
export function CodeFiles({
  files,
  kept,
  onFiles,
  none = 'No code: the command alone',
  of = 'the run it is made from',
}: Props) {
  const some = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  const [passed, setPassed] = useState(0);
  const choose = (event: ChangeEvent<HTMLInputElement>) => {
    const all = [...(event.currentTarget.files ?? [])];
    event.currentTarget.value = ''; // the same folder may be chosen again
    if (all.length === 0) return;
    const code = codeOf(all);
    setPassed(all.length - code.length);
    onFiles(code.length > 0 ? code : null);
  };
  const drop = () => {
    setPassed(0);
    onFiles(null);
  };
  const size = (files ?? []).reduce((sum, { file }) => sum + file.size, 0);
  const left = passed > 0 ? `; ${count(passed)} left out (git, caches, environments)` : '';
  return (
    <Group gap="sm">
      <Button variant="default" onClick={() => folder.current?.click()}>
        Choose a folder
      </Button>
      <Button variant="default" onClick={() => some.current?.click()}>
        Choose files
      </Button>
      <Text size="sm" role="status">
        {files
          ? `${count(files.length)} ${files.length === 1 ? 'file' : 'files'}, ${bytes(size)}${left}`
          : kept > 0
            ? `${count(kept)} ${kept === 1 ? 'file' : 'files'} of ${of}${left}`
            : `${none}${left}`}
      </Text>
      {files ? (
        <Button variant="subtle" onClick={drop}>
          {kept > 0 ? 'Keep the old ones' : 'Remove'}
        </Button>
      ) : null}
      <input ref={some} type="file" multiple hidden aria-label="Files of the code" onChange={choose} />
      <input
        ref={folder}
        type="file"
        hidden
        aria-label="Folder of the code"
        {...{ webkitdirectory: '' }}
        onChange={choose}
      />
    </Group>
  );
}
