import { Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { bytes, count } from '@/kernel/format';
import { Answer } from '@/kit/Page';
import { fileDiff } from './queries';
import classes from './files.module.css';

const MARKS = { same: ' ', added: '+', removed: '−', gap: '⋯' } as const;
const WORDS = { same: '', added: 'added: ', removed: 'removed: ', gap: '' } as const;

/** A text file of two runs, line by line. */
export function FileDiffView({ first, second, path }: { first: string; second: string; path: string }) {
  const query = useQuery(fileDiff(first, second, path));
  return (
    <Answer query={query} inline rows={6}>
      {(found) => {
        const [one, two] = found.sizes;
        const size = (value: number | null | undefined) => (value == null ? 'not there' : bytes(value));
        if (found.same) return <Text size="sm">The same in both ({size(one)}).</Text>;
        return (
          <>
            <Text size="sm" c="dimmed" mb="xs">
              {count(found.removed)} {found.removed === 1 ? 'line' : 'lines'} removed, {count(found.added)}{' '}
              added; {size(one)} and {size(two)}.
              {found.cut ? ' Only the beginning of the file was compared.' : ''}
            </Text>
            <div className={classes.diff} tabIndex={0} role="region" aria-label={`Changes of ${path}`}>
              <table>
                <tbody>
                  {found.lines.map((line, index) => (
                    <tr key={index} data-op={line.op}>
                      <td>{line.first ?? ''}</td>
                      <td>{line.second ?? ''}</td>
                      <td aria-hidden>{MARKS[line.op]}</td>
                      <td>
                        <span className={classes.hidden}>{WORDS[line.op]}</span>
                        {line.text}
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          </>
        );
      }}
    </Answer>
  );
}
