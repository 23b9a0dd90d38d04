import { Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { bytes } from '@/kernel/format';
import { CodeView } from '@/kit/code/CodeView';
import { ErrorState } from '@/kit/ErrorState';
import { plainText } from '@/kit/log/ansi';
import { Markdown } from '@/kit/Markdown';
import { Answer } from '@/kit/Page';
import { SandboxFrame } from '@/kit/SandboxFrame';
import type { Run } from '../queries';
import { readNotebook, type Cell, type Notebook, type Output } from './notebook';
import { contentLink, textOf } from './queries';
import classes from './files.module.css';

const MOST = 32 * 1024 * 1024;

/** A notebook as it was saved: text, code, outputs. Outputs in HTML are shown by the second origin, in a sandbox. */
export function NotebookPreview({ run, path, url }: { run: Run; path: string; url: string }) {
  const query = useQuery(textOf(url, MOST));
  const link = useQuery(contentLink(run.id, path));
  return (
    <Answer query={query} inline>
      {({ text, size }) =>
        size > MOST ? (
          <Text size="sm" c="dimmed">
            {bytes(size)} is too much to be shown here; download it.
          </Text>
        ) : (
          <Cells text={text} frame={link.data?.frame} />
        )
      }
    </Answer>
  );
}

function Cells({ text, frame }: { text: string; frame: string | undefined }) {
  const read = useMemo((): Notebook | Error => {
    try {
      return readNotebook(text);
    } catch (error) {
      return error as Error;
    }
  }, [text]);
  if (read instanceof Error)
    return <ErrorState error={new Error(`This is no notebook: ${read.message}`)} inline />;
  return (
    <div className={classes.notebook}>
      {read.cells.map((cell, index) => (
        <CellView key={index} cell={cell} number={index + 1} language={read.language} frame={frame} />
      ))}
    </div>
  );
}

interface CellProps {
  cell: Cell;
  number: number;
  language: string;
  frame: string | undefined;
}

function CellView({ cell, number, language, frame }: CellProps) {
  return (
    <div className={classes.cell}>
      <span className={classes.cellName}>{cell.kind === 'code' ? `[${cell.count ?? ' '}]` : ''}</span>
      <div>
        {cell.kind === 'markdown' ? (
          <Markdown text={cell.source} />
        ) : (
          <CodeView
            text={cell.source}
            language={cell.kind === 'code' ? language : undefined}
            label={`Cell ${number}`}
          />
        )}
        {cell.outputs.map((output, index) => (
          <OutputView key={index} output={output} title={`Output of cell ${number}`} frame={frame} />
        ))}
      </div>
    </div>
  );
}

function OutputView({ output, title, frame }: { output: Output; title: string; frame: string | undefined }) {
  switch (output.kind) {
    case 'image':
      return (
        <div className={classes.output}>
          <img src={output.src} alt={title} />
        </div>
      );
    case 'html':
      return frame ? (
        <SandboxFrame title={title} src={frame} html={output.html} height={320} />
      ) : (
        <pre className={classes.output}>{output.html}</pre>
      );
    case 'markdown':
      return <Markdown text={output.text} />;
    default:
      return (
        <pre
          className={classes.output}
          data-error={output.error || undefined}
          tabIndex={0}
          aria-label={title}
        >
          {plainText(output.text)}
        </pre>
      );
  }
}
