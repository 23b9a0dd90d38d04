// The heavy half of Markdown, loaded when the first text is shown.
import ReactMarkdown, { type Components } from 'react-markdown';
import remarkGfm from 'remark-gfm';

const components: Components = {
  // one h1 a page: headings of a text start below those of the page
  h1: ({ children }) => <h3>{children}</h3>,
  h2: ({ children }) => <h4>{children}</h4>,
  h3: ({ children }) => <h5>{children}</h5>,
  h4: ({ children }) => <h6>{children}</h6>,
  a: ({ href, children }) => (
    <a href={href} target="_blank" rel="noopener noreferrer">
      {children}
    </a>
  ),
  img: ({ src, alt }) => {
    if (typeof src === 'string' && src.startsWith('data:image/')) return <img src={src} alt={alt ?? ''} />;
    return (
      <a href={typeof src === 'string' ? src : undefined} target="_blank" rel="noopener noreferrer">
        {alt ?? src ?? 'picture'}
      </a>
    );
  },
  pre: ({ children }) => <pre tabIndex={0}>{children}</pre>,
  table: ({ children }) => (
    <div tabIndex={0} role="region" aria-label="Table">
      <table>{children}</table>
    </div>
  ),
};
const safe = (url: string) =>
  /^(https?:|mailto:|data:image\/(png|jpeg|gif|webp);|[/#?]|[^:]*$)/i.test(url) ? url : '';

export default function MarkdownText({ text }: { text: string }) {
  return (
    <ReactMarkdown remarkPlugins={[remarkGfm]} components={components} urlTransform={safe}>
      {text}
    </ReactMarkdown>
  );
}
