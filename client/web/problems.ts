/** A problem in the words of the person in front of the page: what happened, and what to do. */
export interface Problem {
  readonly title: string;
  readonly advice: string;
}

const MICROPHONE: Readonly<Record<string, Problem>> = {
  NotAllowedError: {
    title: 'The microphone is not allowed.',
    advice: 'Allow it for this page in the address bar of your browser, then press Start again.',
  },
  NotFoundError: { title: 'No microphone was found.', advice: 'Connect one, or open an audio file instead.' },
  NotReadableError: {
    title: 'The microphone is in use.',
    advice: 'Close the other program that holds it, then press Start again.',
  },
  OverconstrainedError: { title: 'That microphone is gone.', advice: 'Choose another under Settings.' },
  AbortError: {
    title: 'The microphone did not start.',
    advice: 'Unplug it and plug it in again, or choose another under Settings.',
  },
  SecurityError: { title: 'This browser forbids microphones here.', advice: 'Check its privacy settings.' },
  InsecureContext: {
    title: 'Browsers give the microphone to secure pages only.',
    advice: 'Open this page at http://127.0.0.1 or over HTTPS.',
  },
};

export function microphoneProblem(error: unknown): Problem {
  const name = error instanceof Error || error instanceof DOMException ? error.name : '';
  return (
    MICROPHONE[name] ?? {
      title: 'The microphone could not be opened.',
      advice: error instanceof Error ? error.message : 'Try again.',
    }
  );
}

export function connectionProblem(error: unknown): Problem {
  const code = (error as { code?: unknown }).code;
  const text = error instanceof Error ? error.message : String(error);
  if (code === 'server.full')
    return { title: 'The server is full.', advice: 'Try again when another session has ended.' };
  if (typeof code === 'string') return { title: 'The server ended the session.', advice: text };
  return {
    title: 'The server cannot be reached.',
    advice: 'Check that Sotto is running, then press Start again. Nothing on this page is lost.',
  };
}
