import { MantineProvider, localStorageColorSchemeManager } from '@mantine/core';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode, Suspense } from 'react';
import { createRoot } from 'react-dom/client';
import './app/fonts.css';
import './app/mantine.css';
import './app/app.css';
import { router } from './app/router';
import { later } from './kernel/later';
import { mlflowAddress } from './kernel/mlflowLinks';
import { queries } from './kernel/query';
import { session } from './kernel/session';
import { cssVariables, theme } from './theme';

// what the first page does not need comes after it
const Toasts = later(() => import('./app/Toasts'), 'default');
const schemes = localStorageColorSchemeManager({ key: 'studiolo-colour-scheme' });
const host = document.getElementById('root');
if (!host) throw new Error('index.html lost its #root');

const address = mlflowAddress(window.location.pathname, window.location.hash);
if (address) router.history.replace(address); // before the first render: the router starts at the right page

if (!window.location.pathname.startsWith('/signin')) void queries.prefetchQuery(session); // every other page asks for it first
// the page's code and what it asks for are on their way while the frame around it is drawn
void router.preloadRoute({ to: '.', href: router.history.location.href } as never).catch(() => undefined);
createRoot(host).render(
  <StrictMode>
    <MantineProvider
      theme={theme}
      cssVariablesResolver={cssVariables}
      colorSchemeManager={schemes}
      defaultColorScheme="auto"
    >
      <QueryClientProvider client={queries}>
        <Suspense fallback={null}>
          <Toasts />
        </Suspense>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);

const stop = router.subscribe('onResolved', () => {
  stop();
  void import('./app/ahead').then(
    ({ lookAhead }) => lookAhead(router),
    () => undefined,
  );
});
