import { Button, Menu, Text } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { count } from '@/kernel/format';
import { api, data } from '@/kernel/request';
import { useMay } from '@/kernel/session';
import { at } from '@/kernel/workspace';
import { toastProblem } from '@/kit/ConfirmUndo';
import { IconChevronDown } from '@/kit/icons';
import { useFollow } from '@/kit/Link';
import { samples } from './queries';

/** Tables that come with the studio, so that everything can be tried without a file and without a network. */
export function UseSample() {
  const follow = useFollow();
  const cache = useQueryClient();
  const may = useMay('datasets.write');
  const found = useQuery(samples);
  const use = useMutation({
    mutationFn: (sample: string) =>
      data(api().POST('/datasets/samples/{sample}', { params: { path: { sample } } })),
    onSuccess: (made) => {
      void cache.invalidateQueries({ queryKey: ['datasets'] });
      follow(at(['datasets', made.dataset.name]));
    },
    onError: toastProblem,
  });
  if (!found.data || found.data.length === 0) return null;
  return (
    <Menu position="bottom-start" width={320}>
      <Menu.Target>
        <Button
          variant="default"
          loading={use.isPending}
          disabled={!may}
          rightSection={<IconChevronDown size={14} />}
        >
          Use sample data
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {found.data.map((sample) => (
          <Menu.Item key={sample.name} onClick={() => use.mutate(sample.name)}>
            {sample.title}
            <Text size="xs" c="dimmed">
              {count(sample.rows)} rows; try {sample.task} of {sample.target}. {sample.licence}
            </Text>
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
