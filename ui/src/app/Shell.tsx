import { ActionIcon, Button, Kbd, Menu, Text } from '@mantine/core';
import { useLocalStorage } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { Outlet, useRouter } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useState } from 'react';
import { goLive } from '@/kernel/events';
import { queries } from '@/kernel/query';
import { session, signOut } from '@/kernel/session';
import { at, workspace } from '@/kernel/workspace';
import { IconChevronDown, IconLogout, IconMenu, IconSearch, IconUser } from '@/kit/icons';
import { Loading } from '@/kit/Page';
import { Problem } from '@/kernel/problem';
import { Breadcrumb } from './Breadcrumb';
import { Failed } from './Failed';
import { LiveBanner } from './LiveBanner';
import { NavPane } from './NavPane';
import { SchemeSwitch } from './SchemeSwitch';
import { useShortcuts } from './shortcuts';
import classes from './shell.module.css';

// what it opens is heavy and not needed to draw the page
const NoticeBell = lazy(() => import('./NoticeBell').then((it) => ({ default: it.NoticeBell })));
const Palette = lazy(() => import('./Palette'));
const ShortcutSheet = lazy(() => import('./ShortcutSheet'));

function unknown(name: string): Problem {
  return new Problem(
    {
      code: 'workspace.unknown',
      title: 'Unknown workspace',
      detail: `There is no workspace '${name}', or you are not a member of it.`,
      hint: 'Choose another at the top left.',
    },
    404,
  );
}

/** Header, side pane, the page. */
export function Shell() {
  const router = useRouter();
  const here = workspace();
  const { data: who, error, refetch } = useQuery(session);
  const [folded, setFolded] = useLocalStorage({ key: 'studiolo-nav-folded', defaultValue: false });
  const [drawer, setDrawer] = useState(false);
  const [palette, setPalette] = useState(false);
  const [sheet, setSheet] = useState(false);
  useShortcuts({ onPalette: () => setPalette(true), onSheet: () => setSheet(true) });

  useEffect(() => router.subscribe('onResolved', () => setDrawer(false)), [router]);
  const signedOut = error instanceof Problem && error.signedOut;
  useEffect(() => {
    if (signedOut) router.history.replace(`/signin?then=${encodeURIComponent(router.history.location.href)}`);
  }, [signedOut, router]);

  const member = who?.workspaces.some((space) => space.workspace === here);
  useEffect(() => {
    if (!member) return;
    const stop = new AbortController();
    goLive(stop.signal);
    return () => stop.abort();
  }, [here, member]);

  return (
    <div className={classes.shell} data-folded={folded || undefined} data-drawer={drawer || undefined}>
      <a href="#main" className={classes.skip}>
        Skip to content
      </a>
      <header className={classes.header}>
        <ActionIcon
          className={classes.burger ?? ''}
          aria-label="Menu"
          aria-expanded={drawer}
          onClick={() => setDrawer(!drawer)}
        >
          <IconMenu size={18} />
        </ActionIcon>
        <a
          href={at([])}
          aria-label="Studiolo, home"
          className={classes.brand}
          onClick={(e) => {
            e.preventDefault();
            router.history.push(at([]));
          }}
        >
          <img src="/favicon.svg" alt="" width={22} height={22} />
          <span>Studiolo</span>
        </a>
        <Menu position="bottom-start">
          <Menu.Target>
            <Button
              variant="subtle"
              color="gray"
              c="inherit"
              rightSection={<IconChevronDown size={14} />}
              aria-label={`Workspace ${here}`}
            >
              {here}
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Label>Workspaces</Menu.Label>
            {who?.workspaces.map((space) => (
              <Menu.Item
                key={space.workspace}
                component="a"
                href={`/w/${encodeURIComponent(space.workspace)}`}
              >
                {space.workspace}
                <Text size="xs" c="dimmed">
                  {space.role}
                </Text>
              </Menu.Item>
            ))}
            <Menu.Divider />
            <Menu.Item
              component="a"
              href={at(['workspace'])}
              onClick={(event) => {
                event.preventDefault();
                router.history.push(at(['workspace']));
              }}
            >
              Settings of {here}
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
        <Breadcrumb />
        <div className={classes.gap} />
        <button type="button" className={classes.search} onClick={() => setPalette(true)}>
          <IconSearch size={14} aria-hidden />
          <span>Search</span>
          <Kbd size="xs">Ctrl K</Kbd>
        </button>
        {member ? (
          <Suspense fallback={<span style={{ width: 28 }} />}>
            <NoticeBell />
          </Suspense>
        ) : null}
        <SchemeSwitch />
        <Menu position="bottom-end">
          <Menu.Target>
            <ActionIcon aria-label={`Account ${who?.account ?? ''}`}>
              <IconUser size={18} />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Label>
              {who?.account} · Studiolo {who?.version}
            </Menu.Label>
            <Menu.Item onClick={() => setSheet(true)}>Keyboard shortcuts</Menu.Item>
            <Menu.Item component="a" href="/api/docs" target="_blank">
              API reference
            </Menu.Item>
            <Menu.Divider />
            <Menu.Item
              leftSection={<IconLogout size={14} />}
              onClick={() => {
                void signOut().then(() => {
                  queries.clear();
                  router.history.push('/signin');
                });
              }}
            >
              Sign out
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
      </header>
      <NavPane folded={folded} onFold={() => setFolded(!folded)} />
      <main id="main" className={classes.main} tabIndex={-1}>
        <LiveBanner />
        {error && !signedOut ? (
          <Failed error={error} onRetry={() => void refetch()} />
        ) : who && !member ? (
          <Failed error={unknown(here)} />
        ) : signedOut ? (
          <Loading />
        ) : (
          <Outlet />
        )}
      </main>
      {palette ? (
        <Suspense fallback={null}>
          <Palette onClose={() => setPalette(false)} onSheet={() => setSheet(true)} />
        </Suspense>
      ) : null}
      {sheet ? (
        <Suspense fallback={null}>
          <ShortcutSheet onClose={() => setSheet(false)} />
        </Suspense>
      ) : null}
    </div>
  );
}
