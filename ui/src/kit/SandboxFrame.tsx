import { useEffect, useRef, useState } from 'react';
import classes from './sandbox.module.css';

interface Props {
  /** What it shows, for people who cannot see it. */
  title: string;
  /** A signed address of the second origin, or that origin's empty page with the HTML to hand to it. */
  src: string;
  html?: string;
  height?: number;
}

// said by what was handed over, in its own window: how high it is
const MEASURE =
  '<script>addEventListener("load",function(){parent.postMessage({studioloHeight:document.documentElement.scrollHeight},"*")})</script>';

/** A page that somebody wrote, in a frame that can see neither the studio nor the network. */
export function SandboxFrame({ title, src, html, height = 480 }: Props) {
  const frame = useRef<HTMLIFrameElement>(null);
  const [measured, setMeasured] = useState<number | null>(null);
  useEffect(() => {
    if (html === undefined) return;
    const hand = (event: MessageEvent) => {
      const target = frame.current?.contentWindow;
      // the sandboxed page has no origin that could be named; the window is the proof
      if (!target || event.source !== target) return;
      if (event.data === 'studiolo-frame-ready') target.postMessage({ html: html + MEASURE }, '*');
      const said = (event.data as { studioloHeight?: unknown } | null)?.studioloHeight;
      if (typeof said === 'number' && said > 0) setMeasured(Math.min(640, Math.ceil(said) + 2));
    };
    window.addEventListener('message', hand);
    return () => window.removeEventListener('message', hand);
  }, [html]);
  return (
    <div className={classes.box} style={{ height: measured ?? height }}>
      <iframe
        ref={frame}
        key={html === undefined ? src : `${src} ${html.length}`}
        title={title}
        src={src}
        sandbox="allow-scripts"
        referrerPolicy="no-referrer"
        loading="lazy"
      />
    </div>
  );
}
