import type { Component } from './queries';

/** The smallest pipeline: two steps, of which the second reads what the first wrote. */
export const YAML = `$schema: https://azuremlschemas.azureedge.net/latest/pipelineJob.schema.json
type: pipeline
display_name: hello
inputs:
  name: world
jobs:
  make:
    command: echo "hello \${{inputs.name}}" > \${{outputs.greeting}}
    inputs:
      name: \${{parent.inputs.name}}
    outputs:
      greeting: {type: uri_file}
  read:
    command: cat \${{inputs.greeting}}
    inputs:
      greeting: \${{parent.jobs.make.outputs.greeting}}
`;

export const FIRST = {
  'pipeline.yml': YAML,
  Python: `from studiolo import Studio

studio = Studio()
submitted = studio.pipelines.submit("pipeline.yml")
print(studio.pipelines.wait(submitted.run.id).run.state)
`,
  'Command line': 'studiolo pipelines submit pipeline.yml --wait',
};

export const COMPONENT = {
  'train.yml': `$schema: https://azuremlschemas.azureedge.net/latest/commandComponent.schema.json
name: train
type: command
inputs:
  rate: {type: number, default: 0.1}
outputs:
  model: {type: uri_folder}
command: python train.py --rate \${{inputs.rate}} --model \${{outputs.model}}
code: src
environment: azureml:sklearn-1.5@latest
`,
  'Command line': 'studiolo apply -f train.yml',
};

/** A component as a step of a pipeline file: what it needs is left to be filled in. */
export function usageOf({
  name,
  version,
  inputs = {},
}: Pick<Component, 'name' | 'version' | 'inputs'>): string {
  const needed = Object.entries(inputs).filter(
    ([, port]) => !port.optional && (port.default === null || port.default === undefined),
  );
  return [
    'jobs:',
    `  ${name}:`,
    '    type: command',
    `    component: azureml:${name}:${version}`,
    ...(needed.length > 0 ? ['    inputs:'] : []),
    ...needed.map(([input, port]) => `      ${input}: # ${port.type ?? 'string'}`),
  ].join('\n');
}
