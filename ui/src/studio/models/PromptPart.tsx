import { CodeSnippet } from '@/kit/CodeSnippet';
import { Section } from '@/kit/Page';
import { promptText } from './prompt';
import type { ModelVersion } from './queries';
import { Aliases } from './Aliases';
import { Card } from './Card';
import { changeVersion } from './queries';
import { Tags } from './Tags';
import classes from './models.module.css';

/** A version of a prompt: its text, and how to load it. It has no files, no signature and nothing to scan. */
export function PromptPart({ version: it }: { version: ModelVersion }) {
  return (
    <div className={classes.stack}>
      <Section title="Prompt">
        <CodeSnippet label="Text of the prompt" code={promptText(it)} />
      </Section>
      <Section title="Load it">
        <CodeSnippet
          label="Python"
          code={`# in the shell: eval "$(studiolo env)"\nimport mlflow\n\nprompt = mlflow.genai.load_prompt("prompts:/${it.name}/${it.version}")\nprompt.format()   # give its variables by name`}
        />
      </Section>
      <Card
        key={`${it.name}:${it.version}`}
        of={`version ${it.version}`}
        text={it.description ?? ''}
        save={(text) => changeVersion(it, { description: text, tags: {} })}
      />
      <div className={classes.columns}>
        <Section title="Aliases">
          <Aliases version={it} />
        </Section>
        <Section title="Tags">
          <Tags tags={it.tags ?? {}} save={(tags) => changeVersion(it, { tags })} />
        </Section>
      </div>
    </div>
  );
}
