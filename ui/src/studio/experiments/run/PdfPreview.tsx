import { Anchor, Group, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getDocument, GlobalWorkerOptions, type PDFDocumentProxy } from 'pdfjs-dist';
import workerUrl from 'pdfjs-dist/build/pdf.worker.min.mjs?url';
import { useEffect, useRef, useState } from 'react';
import { count } from '@/kernel/format';
import { Answer } from '@/kit/Page';
import { EmptyState } from '@/kit/EmptyState';
import classes from './files.module.css';

GlobalWorkerOptions.workerSrc = workerUrl;

const AHEAD = '800px'; // pages so near the window are drawn
const MOST = 500;

/** A PDF, page by page: drawn by code of the studio, because a sandboxed frame has no viewer of the browser's. */
export function PdfPreview({ url, path }: { url: string; path: string }) {
  const opened = useQuery({
    queryKey: ['pdf', url],
    queryFn: async () => {
      // scripts within a document are never run; fonts and pictures are drawn from the file alone
      const task = getDocument({ url, withCredentials: true, enableXfa: false });
      return task.promise;
    },
    staleTime: Infinity,
    gcTime: 60_000,
    structuralSharing: false,
    retry: false,
  });
  if (opened.error)
    return (
      <EmptyState title="This PDF cannot be drawn">
        {opened.error.name === 'PasswordException'
          ? 'It is locked with a password. Download it to open it elsewhere.'
          : 'It is damaged, or no PDF. Download it to look at it elsewhere.'}
      </EmptyState>
    );
  return (
    <Answer query={opened}>
      {(pdf) => (
        <>
          <Group gap="md" mb="sm">
            <Text size="sm" c="dimmed">
              {count(pdf.numPages)} {pdf.numPages === 1 ? 'page' : 'pages'}
              {pdf.numPages > MOST ? `; the first ${MOST} are shown` : ''}
            </Text>
          </Group>
          <div className={classes.pages} role="group" aria-label={`Pages of ${path}`} tabIndex={0}>
            {Array.from({ length: Math.min(pdf.numPages, MOST) }, (_, index) => (
              <PdfPage key={index} pdf={pdf} number={index + 1} />
            ))}
          </div>
          <Anchor href={url} size="sm" download>
            Download it
          </Anchor>
        </>
      )}
    </Answer>
  );
}

function PdfPage({ pdf, number }: { pdf: PDFDocumentProxy; number: number }) {
  const frame = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [near, setNear] = useState(false);
  const [words, setWords] = useState('');
  useEffect(() => {
    const element = frame.current;
    if (!element) return;
    const observer = new IntersectionObserver(
      ([entry]) => {
        if (entry?.isIntersecting) setNear(true);
      },
      { rootMargin: AHEAD },
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  useEffect(() => {
    const target = canvas.current;
    if (!near || !target) return;
    let gone = false;
    let stop: (() => void) | undefined;
    void (async () => {
      const page = await pdf.getPage(number);
      if (gone) return;
      const plain = page.getViewport({ scale: 1 });
      const wide = Math.min(frame.current?.clientWidth ?? 800, 900);
      const viewport = page.getViewport({
        scale: (wide / plain.width) * Math.min(window.devicePixelRatio, 2),
      });
      target.width = Math.round(viewport.width);
      target.height = Math.round(viewport.height);
      const task = page.render({ canvas: target, viewport });
      stop = () => task.cancel();
      await task.promise;
      const text = await page.getTextContent();
      if (!gone) setWords(text.items.map((item) => ('str' in item ? item.str : '')).join(' '));
    })().catch(() => undefined); // canceled, or a page that is damaged: it stays white
    return () => {
      gone = true;
      stop?.();
    };
  }, [near, pdf, number]);
  return (
    <div ref={frame} className={classes.page}>
      <canvas
        ref={canvas}
        role="img"
        aria-label={`Page ${number}${words ? `: ${words.slice(0, 2000)}` : ''}`}
      />
    </div>
  );
}
