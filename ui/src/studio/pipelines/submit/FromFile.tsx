import { Button, Group, Select, Stack, Text, Textarea } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import { bytes, count } from '@/kernel/format';
import { Problem } from '@/kernel/problem';
import type { components } from '@/kernel/schema';
import { ErrorState } from '@/kit/ErrorState';
import { Note } from '@/kit/Note';
import { ProgressBar } from '@/kit/ProgressBar';
import { CodeFiles } from '@/kit/folder/CodeFiles';
import { droppedFiles } from '@/kit/folder/dropped';
import { sendCode, type CodeFile, type Sending } from '@/kit/folder/sending';
import { SaveDraft } from '../drafts/SaveDraft';
import type { DraftDetail } from '../drafts/queries';
import type { PipelineSpec } from '../queries';
import { Problems } from './Problems';
import { SpecForm } from './SpecForm';
import { useRead } from './useRead';
import { inFolder, mainOf } from './values';
import classes from './submit.module.css';

type InputFile = components['schemas']['InputFile'];

/** What is written before anything is changed. spec: what the form below it said. */
export interface Start {
  text: string;
  main: string;
  files: readonly InputFile[];
  spec: PipelineSpec | null;
}

interface Props {
  start: Start;
  /** The draft that it is. */
  kept: DraftDetail | null;
}

/** A pipeline file, pasted or with its folder; what the studio reads in it is a form below. */
export function FromFile({ start: given, kept }: Props) {
  const [start] = useState(given);
  const [text, setText] = useState(start.text);
  const [main, setMain] = useState(start.main);
  const [files, setFiles] = useState<readonly CodeFile[] | null>(null);
  const [sent, setSent] = useState(start.files);
  const [sending, setSending] = useState<Sending | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [over, setOver] = useState(false);
  const giveUp = useRef<AbortController>(undefined);
  useEffect(() => () => giveUp.current?.abort(), []);
  const { read, error, reading } = useRead(text, main, sent);

  const take = async (all: readonly CodeFile[] | null) => {
    giveUp.current?.abort();
    const stop = new AbortController();
    giveUp.current = stop;
    setFiles(all);
    setSent(all ? [] : start.files);
    setProblem(null);
    if (!all) return;
    try {
      const found = await mainOf(all);
      if (found) {
        setMain(found.path);
        setText(found.text);
      }
      setSent(await sendCode(all, setSending, stop.signal));
    } catch (refused) {
      if (!stop.signal.aborted) setProblem(Problem.from(refused));
    } finally {
      if (giveUp.current === stop) setSending(null);
    }
  };
  const documents = (files ?? []).map(({ path }) => path).filter((path) => /\.ya?ml$/i.test(path));
  const choose = async (path: string | null) => {
    const file = files?.find((one) => one.path === path);
    if (!file) return;
    setMain(file.path);
    setText(await file.file.text());
  };
  const untouched = text === start.text && main === start.main && sent === start.files;
  const spec = (untouched ? start.spec : null) ?? read?.spec ?? null;
  const file = { main, text, files: [...sent] };
  return (
    <Stack gap="lg">
      <div
        className={classes.drop}
        data-over={over || undefined}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => {
          event.preventDefault();
          setOver(false);
          void droppedFiles(event.dataTransfer, '').then((all) =>
            all.length > 0 ? take(inFolder(all)) : undefined,
          );
        }}
      >
        <Stack gap="md">
          <Group gap="sm">
            <CodeFiles
              files={files}
              kept={start.files.length}
              of="the draft"
              onFiles={(all) => void take(all)}
              none="No folder: the file alone"
            />
            {sending ? (
              <>
                <ProgressBar
                  name="Folder"
                  label={`${sending.step === 'looking' ? 'Looking at' : 'Sending'} the folder, ${count(sending.files)} of ${count(sending.ofFiles)} files`}
                  done={sending.bytes}
                  total={sending.ofBytes}
                  unit={bytes}
                />
                <Button variant="default" onClick={() => void take(null)}>
                  Cancel
                </Button>
              </>
            ) : null}
          </Group>
          {documents.length > 1 ? (
            <Select
              label="Which file is the pipeline"
              data={documents}
              value={documents.includes(main) ? main : null}
              onChange={(path) => void choose(path)}
              allowDeselect={false}
            />
          ) : null}
          <Textarea
            label={files ? main : 'Pipeline file'}
            description="Paste it here, or drop the folder it stands in. Paths in it count from the file."
            autosize
            minRows={10}
            maxRows={24}
            spellCheck={false}
            styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
          />
        </Stack>
      </div>
      {problem ? <ErrorState error={problem} inline /> : null}
      {error ? <ErrorState error={Problem.from(error)} inline /> : null}
      {read && read.warnings.length > 0 ? (
        <Note tone="warning" title="Left out">
          {read.warnings.map((warning) => (
            <div key={warning}>{warning}</div>
          ))}
        </Note>
      ) : null}
      {spec === null ? <Problems problems={read?.problems ?? []} /> : null}
      {spec ? (
        <SpecForm
          key={JSON.stringify(spec)}
          spec={spec}
          problems={read?.problems ?? []}
          beside={(wanted) => (
            <SaveDraft holds={{ file, spec: wanted }} kept={kept} title={wanted.name ?? ''} />
          )}
        />
      ) : (
        <Group gap="sm">
          <Button disabled>Submit</Button>
          <SaveDraft holds={{ file }} kept={kept} title="" />
          <Text size="sm" c="dimmed" role="status">
            {text.trim() === '' ? 'No pipeline yet' : reading ? 'Reading the file' : ''}
          </Text>
        </Group>
      )}
    </Stack>
  );
}
