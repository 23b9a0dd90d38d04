import { Button, Menu } from '@mantine/core';
import { useMemo, type ReactNode } from 'react';
import { useMay } from '@/kernel/session';
import { at } from '@/kernel/workspace';
import { usePageActions } from '@/kit/actions';
import { IconChevronDown, IconPlus, IconRocket, IconTrash } from '@/kit/icons';
import { useFollow } from '@/kit/Link';
import { MayLink } from '@/kit/MayLink';
import { Reason } from '@/kit/Reason';
import { PageHeader } from '@/kit/Page';
import { MenuWhy } from '@/kit/MenuWhy';

interface Props {
  title: string;
  /** What is deployed: a model by its name, or one of its versions. */
  reference: string;
  facts: ReactNode;
  /** Further lines of the menu. */
  menu?: ReactNode;
  /** "Delete the model", "Delete this version". */
  deletion: string;
  onDelete: () => void;
  /** Of a model: where its next version is registered. */
  newHref?: string;
  /** Whether it can be served: a prompt cannot, and what has no version yet says so. */
  deployable?: boolean | string;
}

/** The header of a model and of a version: what can be done with either. */
export function ModelHeader({
  title,
  reference,
  facts,
  menu,
  deletion,
  onDelete,
  newHref,
  deployable = true,
}: Props) {
  const may = useMay('models.write');
  return (
    <PageHeader
      title={title}
      facts={facts}
      actions={
        <>
          <Menu position="bottom-end">
            <Menu.Target>
              <Button variant="default" rightSection={<IconChevronDown size={14} aria-hidden />}>
                More
              </Button>
            </Menu.Target>
            <Menu.Dropdown>
              {menu}
              <Menu.Item
                color="red"
                disabled={!may}
                leftSection={<IconTrash size={14} aria-hidden />}
                onClick={onDelete}
              >
                {deletion}
                <MenuWhy why={may ? undefined : 'Your role in this workspace may not delete models'} />
              </Menu.Item>
            </Menu.Dropdown>
          </Menu>
          {newHref ? (
            <MayLink
              permission="models.write"
              to="register models"
              variant="default"
              href={newHref}
              leftSection={<IconPlus size={16} aria-hidden />}
            >
              New version
            </MayLink>
          ) : null}
          {typeof deployable === 'string' ? (
            <Reason why={deployable}>
              <Button leftSection={<IconRocket size={16} aria-hidden />}>Deploy</Button>
            </Reason>
          ) : deployable ? (
            <MayLink
              permission="endpoints.write"
              to="deploy models"
              href={deployHref(reference)}
              leftSection={<IconRocket size={16} aria-hidden />}
            >
              Deploy
            </MayLink>
          ) : null}
        </>
      }
    />
  );
}

function deployHref(reference: string): string {
  return at(['endpoints', 'new'], { model: reference });
}

/** The keys and palette lines of both pages, as far as the role may follow them. */
export function useModelActions(reference: string | null, newOf?: string): void {
  const follow = useFollow();
  const mayDeploy = useMay('endpoints.write');
  const mayWrite = useMay('models.write');
  usePageActions(
    useMemo(
      () => [
        ...(mayDeploy && reference
          ? [
              {
                id: 'deploy',
                label: `Deploy ${reference}`,
                key: 'd',
                run: () => follow(deployHref(reference)),
              },
            ]
          : []),
        ...(newOf && mayWrite
          ? [
              {
                id: 'register',
                label: `Register a version of ${newOf}`,
                key: 'n',
                run: () => follow(at(['models', 'new'], { name: newOf })),
              },
            ]
          : []),
      ],
      [reference, newOf, mayDeploy, mayWrite, follow],
    ),
  );
}
