import type { ReactNode } from 'react';

/** Where the code of a run came from, by the tags that MLflow's client and `studiolo submit` set. */
export function sourceFacts(tags: Readonly<Record<string, string>>): (readonly [string, ReactNode])[] {
  const tag = (name: string) => tags[`mlflow.source.${name}`] ?? tags[`mlflow.${name}`];
  const dirty = tag('git.dirty');
  const facts: (readonly [string, string | undefined])[] = [
    ['Source', tag('source.name') ?? tags['mlflow.source.name']],
    ['Kind', tags['mlflow.source.type']?.toLowerCase()],
    ['Commit', tag('git.commit')],
    ['Branch', tag('git.branch')],
    ['Repository', tag('git.repoURL')],
    ['Changes', dirty === undefined ? undefined : dirty === 'true' ? 'not all committed' : 'all committed'],
    ['Entry point', tags['mlflow.project.entryPoint']],
  ];
  return facts.filter(([, value]) => value);
}
