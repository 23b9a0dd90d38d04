import { Problem, type ProblemBody } from './problem';

export interface Sent {
  sent: number;
  total: number;
}

/**
 * Send a file as the body of a request, streamed by the browser from disk, with progress.
 * XMLHttpRequest, because fetch cannot tell how much has been sent. Refusals are thrown as Problem.
 */
export function upload<T>(
  url: string,
  file: Blob,
  onProgress: (sent: Sent) => void,
  signal: AbortSignal,
  method: 'POST' | 'PUT' = 'POST',
): Promise<T> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(method, url);
    request.setRequestHeader('content-type', 'application/octet-stream');
    request.responseType = 'text';
    request.upload.onprogress = (event) =>
      onProgress({ sent: event.loaded, total: event.total || file.size });
    request.upload.onload = () => onProgress({ sent: file.size, total: file.size });
    request.onload = () => {
      const id = request.getResponseHeader('x-request-id');
      let body: unknown = null;
      try {
        body = JSON.parse(request.responseText);
      } catch {
        // an answer that is not JSON is told by its status
      }
      if (request.status >= 200 && request.status < 300) resolve(body as T);
      else reject(new Problem((body ?? {}) as ProblemBody, request.status, id));
    };
    request.onerror = () => reject(Problem.unreachable(new Error('the connection was lost while sending')));
    request.onabort = () => reject(new DOMException('canceled', 'AbortError'));
    signal.addEventListener('abort', () => request.abort());
    request.send(file);
  });
}
