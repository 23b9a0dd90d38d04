import { expect, test } from 'vitest';
import { whyQueued } from './why';

const room = { cores: 2, cores_free: 1, memory_bytes: 4e9, memory_reserved_bytes: 3e9 };

test('a waiting job says what it waits for', () => {
  expect(whyQueued({ cores: 2 }, room, 0)).toBe('Wants 2 cores; 1 of 2 are free.');
  expect(whyQueued({ cores: 4 }, room, 0)).toContain('cannot start here');
  expect(whyQueued({ memory_bytes: 2e9 }, room, 0)).toBe('Wants 2.0 GB of memory; 1.0 GB are not reserved.');
  expect(whyQueued({ memory_bytes: 8e9 }, room, 0)).toContain('cannot start here');
  expect(whyQueued({}, room, 2)).toBe('Waits for the 2 jobs before it.');
  expect(whyQueued({}, room, 0)).toBe('Starts in a moment.');
});
