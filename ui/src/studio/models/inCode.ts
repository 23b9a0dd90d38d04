import { inShell } from '@/kernel/shell';
import type { SOURCES } from './routes';

type Source = (typeof SOURCES)[number];

/** What was typed of where a model is from. */
export interface Typed {
  run?: string | undefined;
  path?: string | undefined;
  address?: string | undefined;
  /** Of another MLflow. */
  server?: string | undefined;
}

/** An address that names something of an MLflow, and so needs its server. */
export const OF_MLFLOW = /^(runs|models):\//;

/** The command and the Python that register what the form would. */
export function inCode(source: Source, name: string, typed: Typed): Record<string, string> {
  return CODE[source](name, typed);
}

const text = (value: string) => JSON.stringify(value);

const CODE: Record<Source, (name: string, typed: Typed) => Record<string, string>> = {
  file: (name) => ({
    'Command line': `studiolo models register model.onnx --name ${name}`,
    Python: `from studiolo import Studio\n\nstudio = Studio()\nstudio.models.register(${text(name)}, source="model.onnx")   # or a folder, a zip, model.pkl …`,
  }),
  run: (name, typed) => {
    const run = typed.run?.trim() || 'RUN';
    const path = typed.path?.trim() || 'model';
    return {
      'Command line': `studiolo models register ${name} --run ${inShell(run)} --path ${inShell(path)}`,
      Python: `studio.models.register(${text(name)}, ${text(run)}, ${text(path)})`,
      MLflow: `mlflow.register_model(${text(`runs:/${run}/${path}`)}, ${text(name)})`,
    };
  },
  address: (name, typed) => {
    const address = typed.address?.trim() || 'models:/other/3';
    return {
      'Command line': `studiolo models register ${inShell(address)} --name ${name}`,
      Python: `studio.models.register(${text(name)}, source=${text(address)})`,
    };
  },
  web: (name, typed) => {
    const address = typed.address?.trim() || 'https://example.org/model.onnx';
    const server = typed.server?.trim() || 'https://mlflow.example.org';
    const other = OF_MLFLOW.test(address);
    const command = `studiolo models register ${inShell(address)}${other ? ` --tracking-uri ${inShell(server)}` : ''} --name ${name}`;
    return {
      'The studio fetches': `${command} --on-server`,
      'This machine fetches': `${other ? 'MLFLOW_TRACKING_TOKEN=… ' : ''}${command}`,
      Python: `studio.models.register_from(${text(address)}, ${text(name)}${other ? `, tracking_uri=${text(server)}` : ''})`,
    };
  },
};
