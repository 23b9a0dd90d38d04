import { createRootRoute, createRoute } from '@tanstack/react-router';

/** The two roots every slice hangs its routes on; app/router.tsx gives them their looks. */
export const rootRoute = createRootRoute();
export const workspaceRoute = createRoute({ getParentRoute: () => rootRoute, path: '/w/$ws' });
