import ReactMarkdown, { type Components } from 'react-markdown';
import remarkGfm from 'remark-gfm';
import classes from './models.module.css';

const PARTS: Components = {
  // addresses of strangers are neither fetched nor followed by themselves
  img: ({ alt, src }) => (
    <a href={typeof src === 'string' ? src : ''} rel="noreferrer noopener" target="_blank">
      {alt || 'picture'}
    </a>
  ),
  a: ({ href, children }) => (
    <a href={href} rel="noreferrer noopener" target={href?.startsWith('#') ? undefined : '_blank'}>
      {children}
    </a>
  ),
  // the page has its own h1 and h2
  h1: ({ children }) => <h3>{children}</h3>,
  h2: ({ children }) => <h3>{children}</h3>,
  h3: ({ children }) => <h4>{children}</h4>,
};

/** A card as it is meant to be read. HTML in it is shown as text, never run. */
export function Markdown({ text }: { text: string }) {
  return (
    <div className={classes.markdown}>
      <ReactMarkdown remarkPlugins={[remarkGfm]} components={PARTS}>
        {text}
      </ReactMarkdown>
    </div>
  );
}
