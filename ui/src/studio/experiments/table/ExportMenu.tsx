import { Button, Menu } from '@mantine/core';
import { toastProblem } from '@/kit/ConfirmUndo';
import { IconChevronDown } from '@/kit/icons';
import { beginExport, FORMS, type ExportForm } from './exports';
import { toastExport } from './ExportToast';
import type { Where } from './ask';

interface Props {
  where: Where;
  orders: string[];
  columns: string[];
}

/** All runs that match as a file; how far it is, is told while the browser loads it. */
export function ExportMenu({ where, orders, columns }: Props) {
  const start = (form: ExportForm) =>
    void beginExport(form, where, orders, columns).then(toastExport, toastProblem);
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button variant="default" rightSection={<IconChevronDown size={14} aria-hidden />}>
          Export
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>All runs that match, these columns</Menu.Label>
        {FORMS.map((form) => (
          <Menu.Item key={form} onClick={() => start(form)}>
            {{ csv: 'CSV', parquet: 'Parquet', json: 'JSON' }[form]}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
