import { ActionIcon, Kbd } from '@mantine/core';
import { useLocalStorage } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { Outlet, useRouter } from '@tanstack/react-router';
import { Suspense, useEffect, useState } from 'react';
import { goLive } from '@/kernel/events';
import { later } from '@/kernel/later';
import { session } from '@/kernel/session';
import { at, workspace } from '@/kernel/workspace';
import { IconMenu, IconSearch } from '@/kit/icons';
import { Loading } from '@/kit/Page';
import { Problem } from '@/kernel/problem';
import { Breadcrumb } from './Breadcrumb';
import { Failed } from './Failed';
import { LiveBanner } from './LiveBanner';
import { NavPane } from './NavPane';
import { useShortcuts } from './shortcuts';
import classes from './shell.module.css';

// what it opens is heavy and not needed to draw the page
const NoticeBell = later(() => import('./NoticeBell'), 'NoticeBell');
const WorkspaceMenu = later(() => import('./HeaderMenus'), 'WorkspaceMenu');
const AccountMenus = later(() => import('./HeaderMenus'), 'AccountMenus');
const Palette = later(() => import('./Palette'), 'default');
const ShortcutSheet = later(() => import('./ShortcutSheet'), 'default');

/** What is opened by a key opens when its code is here; while the studio is away the banner says why it does not. */
const opened = (part: typeof Palette | typeof ShortcutSheet, open: () => void) =>
  void Promise.resolve(part.preload?.()).then(open, () => undefined);

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
  const openPalette = () => opened(Palette, () => setPalette(true));
  const openSheet = () => opened(ShortcutSheet, () => setSheet(true));
  useShortcuts({ onPalette: openPalette, onSheet: openSheet });

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
        <Suspense fallback={<span className={classes.workspace}>{here}</span>}>
          <WorkspaceMenu who={who} />
        </Suspense>
        <Breadcrumb />
        <div className={classes.gap} />
        <button type="button" className={classes.search} onClick={openPalette}>
          <IconSearch size={14} aria-hidden />
          <span>Search</span>
          <Kbd size="xs">Ctrl K</Kbd>
        </button>
        {member ? (
          <Suspense fallback={<span style={{ width: 28 }} />}>
            <NoticeBell />
          </Suspense>
        ) : null}
        <Suspense fallback={<span style={{ width: 64 }} />}>
          <AccountMenus who={who} onSheet={openSheet} />
        </Suspense>
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
          <Palette onClose={() => setPalette(false)} onSheet={openSheet} />
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
