import { at } from '@/kernel/workspace';
import { EmptyState } from '@/kit/EmptyState';
import { Link } from '@/kit/Link';
import { Page } from '@/kit/Page';

export function NotFound() {
  return (
    <Page title="No such page">
      <EmptyState title="There is nothing at this address" action={<Link href={at([])}>Go home</Link>}>
        The thing it named may have been deleted, or the address is cut off. Ctrl K finds what there is.
      </EmptyState>
    </Page>
  );
}
