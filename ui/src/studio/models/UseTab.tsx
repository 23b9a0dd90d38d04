import { Text } from '@mantine/core';
import { CodeSnippet } from '@/kit/CodeSnippet';
import { Section } from '@/kit/Page';
import type { ModelVersion } from './queries';
import classes from './models.module.css';

/** How to take the model elsewhere. */
export function UseTab({ version: it }: { version: ModelVersion }) {
  const reference = `${it.name}:${it.version}`;
  return (
    <div className={classes.stack}>
      <Section title="Load it">
        <Text size="sm">With plain MLflow, from anywhere that can reach this studio:</Text>
        <CodeSnippet
          label="Python"
          code={`# in the shell: eval "$(studiolo env)"\nimport mlflow\n\nmodel = mlflow.pyfunc.load_model("models:/${it.name}/${it.version}")\nmodel.predict(rows)   # rows: a pandas DataFrame`}
        />
      </Section>
      <Section title="Take it along">
        <Text size="sm">
          As a folder; it loads without Studiolo, in an environment with its requirements:
        </Text>
        <CodeSnippet
          code={{
            'Command line': `studiolo models download ${reference} ./${it.name}`,
            Python: `from studiolo import Studio\n\nstudio = Studio()\nfolder = studio.models.download("${reference}", "./${it.name}")`,
          }}
          label="Download"
        />
      </Section>
      <Section title="Serve it">
        <CodeSnippet
          code={{
            'Command line': `studiolo endpoints deploy ${reference} --name ${it.name} --wait`,
            Python: `studio.endpoints.deploy("${reference}", "${it.name}", wait=True)`,
          }}
          label="Deploy"
        />
      </Section>
    </div>
  );
}
