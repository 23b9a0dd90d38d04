import { SegmentedControl } from '@mantine/core';

interface Props {
  value: 'grid' | 'list';
  onChange: (value: 'grid' | 'list') => void;
}

/** Files as pictures beside each other, or as a list. */
export function ShowAs({ value, onChange }: Props) {
  return (
    <SegmentedControl
      size="xs"
      aria-label="Show as"
      value={value}
      onChange={(chosen) => onChange(chosen as 'grid' | 'list')}
      data={[
        { value: 'grid', label: 'Pictures' },
        { value: 'list', label: 'List' },
      ]}
    />
  );
}
