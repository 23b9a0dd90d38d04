import { expect, test } from 'vitest';
import { inCode } from './inCode';

test('the code says what was typed, and an example where nothing was', () => {
  expect(inCode('web', 'line', {})['The studio fetches']).toBe(
    'studiolo models register https://example.org/model.onnx --name line --on-server',
  );
  const typed = { address: ' https://host/späte modelle.onnx ' };
  expect(inCode('web', 'line', typed)['This machine fetches']).toBe(
    "studiolo models register 'https://host/späte modelle.onnx' --name line",
  );
  expect(inCode('run', 'line', { run: 'abc' })['Command line']).toBe(
    'studiolo models register line --run abc --path model',
  );
  expect(inCode('address', 'line', { address: 'models:/x@best' }).Python).toBe(
    'studio.models.register("line", source="models:/x@best")',
  );
});

test('what another MLflow has is asked of its server', () => {
  const made = inCode('web', 'm', { address: 'models:/x/3', server: 'https://mlflow.local' });
  expect(made['The studio fetches']).toBe(
    'studiolo models register models:/x/3 --tracking-uri https://mlflow.local --name m --on-server',
  );
  expect(made.Python).toBe(
    'studio.models.register_from("models:/x/3", "m", tracking_uri="https://mlflow.local")',
  );
});
