import { useQuery } from '@tanstack/react-query';
import { session, useMay } from '@/kernel/session';
import { Note } from './Note';

/** Says, before anything is filled in, that the signed-in account may not do what the page is for. */
export function Denied({ permission, to }: { permission: string; to: string }) {
  const known = useQuery(session).data !== undefined;
  const may = useMay(permission);
  if (!known || may) return null;
  return (
    <Note tone="warning" title={`Your role in this workspace may not ${to}`}>
      <div>It needs the permission {permission}. Ask an owner of the workspace for a role that has it.</div>
    </Note>
  );
}
