import { createElement, use, type ComponentType } from 'react';
import { Problem } from './problem';

const TOLD_MS = 1000; // a failure stands so long; who looks after that asks anew

/**
 * A page, or a part of one, whose code comes when it is first wanted. Code that does not arrive is a problem, told where the
 * part would stand, and "Try again" asks for it anew: loading the tab again would lose what was typed in it.
 */
export function later<M, K extends keyof M>(load: () => Promise<M>, name: K) {
  let part: ComponentType<object> | undefined;
  let coming: Promise<void> | undefined;
  const preload = () =>
    (coming ??= load().then(
      (found) => {
        part = found[name] as ComponentType<object>;
        Later.preload = undefined; // the router waits for nothing any more
      },
      (cause: unknown) => {
        setTimeout(() => {
          coming = undefined;
          // the bundler asks for a style sheet once; a copy of its element is fetched again
          for (const link of document.querySelectorAll<HTMLLinkElement>('link[rel=stylesheet]'))
            if (!link.sheet) link.replaceWith(link.cloneNode());
        }, TOLD_MS);
        throw Problem.unreachable(cause);
      },
    ));
  const Later: Preloaded<ComponentType<object>> = (props: object) => {
    if (!part) use(preload());
    return part ? createElement(part, props) : null;
  };
  Later.preload = preload;
  return Later as unknown as Preloaded<M[K]>;
}

type Preloaded<C> = C & { preload?: (() => Promise<void>) | undefined };
