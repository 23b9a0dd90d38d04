import { Button, Group, Select, Stack, Textarea } from '@mantine/core';
import { useRef, useState, type FormEvent } from 'react';
import { bytes } from '@/kernel/format';
import { Problem } from '@/kernel/problem';
import { useMay } from '@/kernel/session';
import { upload, type Sent } from '@/kernel/upload';
import { apiUrl } from '@/kernel/workspace';
import { ErrorState } from '@/kit/ErrorState';
import { FileDrop } from '@/kit/FileDrop';
import { ProgressBar } from '@/kit/ProgressBar';
import { nameProblem } from './naming';
import type { ModelVersion } from './queries';

const KINDS = [
  { value: 'auto', label: 'Find out' },
  { value: 'folder', label: 'Folder in MLflow’s format (zip, tar)' },
  { value: 'onnx', label: 'ONNX' },
  { value: 'lightgbm', label: 'LightGBM' },
  { value: 'xgboost', label: 'XGBoost' },
  { value: 'catboost', label: 'CatBoost' },
  { value: 'skops', label: 'skops' },
  { value: 'pickle', label: 'Pickle' },
  { value: 'joblib', label: 'joblib' },
];
const FIELDS = ['name', 'kind', 'description', 'requirements', 'example'];

interface Props {
  name: string;
  onName: (problem: string | undefined) => void;
  onChosen: (filename: string) => void;
  onDone: (made: ModelVersion) => void;
}

/** A file on its way: streamed, with progress; what is against it stands beside it. */
export function FromFile({ name, onName, onChosen, onDone }: Props) {
  const may = useMay('models.write');
  const [file, setFile] = useState<File | null>(null);
  const [kind, setKind] = useState('auto');
  const [sent, setSent] = useState<Sent | null>(null);
  const [startedAt, setStartedAt] = useState('');
  const [problem, setProblem] = useState<Problem | null>(null);
  const stop = useRef<AbortController | null>(null);
  const fields = problem?.fields ?? {};
  const elsewhere = problem && !Object.keys(fields).some((field) => FIELDS.includes(field));

  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (!file) return;
    const form = new FormData(event.currentTarget);
    const text = (key: string) => String(form.get(key) ?? '').trim() || undefined;
    const controller = new AbortController();
    stop.current = controller;
    setProblem(null);
    setStartedAt(new Date().toISOString());
    setSent({ sent: 0, total: file.size });
    const query = {
      filename: file.name,
      kind,
      description: text('description'),
      requirements: text('requirements'),
      example: text('example'),
    };
    const url = apiUrl(`/models/${encodeURIComponent(name)}/uploads`, query);
    upload<ModelVersion>(url, file, setSent, controller.signal)
      .then(onDone)
      .catch((error: unknown) => {
        if (controller.signal.aborted) return;
        const found = Problem.from(error);
        setProblem(found);
        onName(found.fields.name);
      })
      .finally(() => setSent(null));
  };
  const whole = sent !== null && sent.sent >= sent.total;
  return (
    <form onSubmit={submit}>
      <Stack gap="lg">
        <FileDrop
          label="File of the model"
          accepts="ONNX, LightGBM, XGBoost, CatBoost, skops, pickle, joblib; a folder with an MLmodel file as zip or tar"
          file={file}
          onFile={(chosen) => {
            setFile(chosen);
            setProblem(null);
            onChosen(chosen.name);
          }}
          disabled={sent !== null}
        />
        <details>
          <summary>More about it</summary>
          <Stack gap="md" mt="sm">
            <Select
              label="What it is"
              data={KINDS}
              value={kind}
              onChange={(value) => setKind(value ?? 'auto')}
              allowDeselect={false}
              error={fields.kind}
            />
            <Textarea
              label="Card"
              description="Markdown"
              name="description"
              autosize
              minRows={2}
              maxLength={8000}
              error={fields.description}
            />
            <Textarea
              label="Requirements"
              description="One line of pip's each; left empty, they are found out"
              name="requirements"
              placeholder="scikit-learn==1.9.1"
              autosize
              minRows={2}
              error={fields.requirements}
            />
            <Textarea
              label="Input example"
              description="Rows as JSON; makes the signature of a file that brings none"
              name="example"
              placeholder='[{"age": 22.0, "sex": "female"}]'
              autosize
              minRows={2}
              maxLength={16_000}
              error={fields.example}
            />
          </Stack>
        </details>
        {problem && elsewhere ? <ErrorState error={problem} inline /> : null}
        {sent ? (
          <ProgressBar
            name="Upload"
            done={sent.sent}
            total={whole ? null : sent.total}
            unit={bytes}
            label={whole ? 'Making a model of it' : 'Uploading'}
            startedAt={startedAt}
          />
        ) : null}
        <Group>
          <Button
            type="submit"
            disabled={!may || !file || name === '' || nameProblem(name) !== null}
            loading={sent !== null}
          >
            Register model
          </Button>
          {sent ? (
            <Button variant="default" onClick={() => stop.current?.abort()}>
              Cancel
            </Button>
          ) : null}
        </Group>
      </Stack>
    </form>
  );
}
