import { expect, test } from 'vitest';
import { mlflowAddress } from './mlflowLinks';

const RUN = '0198c0de00007000800000000000abcd';

test('a link that the MLflow client printed opens the run here', () => {
  expect(mlflowAddress('/', `#/experiments/1/runs/${RUN}`)).toBe(`/w/default/experiments/runs/${RUN}`);
  expect(mlflowAddress('/w/team/', `#/experiments/1/runs/${RUN}`)).toBe(`/w/team/experiments/runs/${RUN}`);
});

test('experiments and model versions as well', () => {
  expect(mlflowAddress('/w/default', '#/experiments/7')).toBe('/w/default/experiments/7');
  expect(mlflowAddress('/', '#/models/titanic/versions/2')).toBe('/w/default/models/titanic?version=2');
});

test('another hash is left alone', () => {
  expect(mlflowAddress('/w/default', '#main')).toBeNull();
  expect(mlflowAddress('/w/default', '')).toBeNull();
});
