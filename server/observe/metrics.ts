import { readdir } from 'node:fs/promises';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** Upper bounds, seconds. */
const DELAY_BUCKETS = [0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.8, 1.2, 2, 4, 8, 16];

/** All metrics the server exposes at `/metrics`. */
export class Metrics {
  readonly #registry = new Registry();
  readonly sessions = this.#gauge('sotto_sessions', 'Live sessions.');
  readonly sessionsTotal = this.#counter('sotto_sessions_total', 'Sessions ever opened.');
  readonly refused = this.#counter(
    'sotto_sessions_refused_total',
    'Sessions refused because the server was full or draining.',
  );
  readonly audioSeconds = this.#counter('sotto_audio_seconds_total', 'Seconds of audio taken in.');
  readonly finals = this.#counter('sotto_finals_total', 'Final sentences sent.');
  readonly decodeSeconds = this.#histogram('sotto_decode_seconds', 'Wall time of one decode.', ['kind']);
  readonly waitSeconds = this.#histogram('sotto_wait_seconds', 'Time a decode waited for a slot.', ['kind']);
  readonly delaySeconds = this.#histogram(
    'sotto_delay_seconds',
    'From the arrival of the last sound of a text to the text; of a final with the silence that ends it.',
    ['kind'],
  );
  readonly secondHearingSeconds = this.#histogram(
    'sotto_second_hearing_seconds',
    'From the first sentence of a stretch to its second hearing, or to giving that up.',
    ['outcome'],
    [1, 2, 5, 10, 15, 20, 25, 30, 35, 40, 45],
  );
  readonly revised = this.#counter('sotto_revised_total', 'Final sentences that a second hearing revised.');
  readonly restarts = this.#gauge('sotto_engine_restarts', 'Speech workers replaced since the start.');
  readonly descriptors = this.#gauge(
    'sotto_open_descriptors',
    'Open files and sockets; 0 where the system tells none.',
  );
  readonly waiting = this.#gauge('sotto_jobs_waiting', 'Decodes waiting for a slot.');
  readonly busy = this.#gauge('sotto_busy_ratio', 'Share of the decode slots in use over the last seconds.');
  readonly cadence = this.#gauge('sotto_cadence', 'Times by which partials are slowed under load; 0 is off.');
  readonly faults = new Counter({
    name: 'sotto_faults_total',
    help: 'Faults by code.',
    labelNames: ['code'],
    registers: [this.#registry],
  });
  readonly journalBytes = this.#gauge('sotto_journal_bytes', 'Bytes of the journals of live sessions.');
  readonly unjournalled = this.#counter(
    'sotto_unjournalled_total',
    'Times a session had to go on without its journal because that could not be written.',
  );
  readonly viewers = this.#gauge('sotto_viewers', 'Viewers of rooms, who read what is said.');
  readonly viewersCut = this.#counter('sotto_viewers_cut_total', 'Viewers cut off because they did not read.');
  readonly memory = this.#gauge('sotto_memory_bytes', 'Resident memory of the server process.');

  /** Renders all metrics. `restarts`: speech workers replaced so far. */
  async render(restarts: number): Promise<string> {
    this.memory.set(process.memoryUsage.rss());
    this.restarts.set(restarts);
    this.descriptors.set((await readdir('/proc/self/fd').catch(() => [])).length);
    return this.#registry.metrics();
  }

  #gauge(name: string, help: string): Gauge {
    return new Gauge({ name, help, registers: [this.#registry] });
  }

  #counter(name: string, help: string): Counter {
    return new Counter({ name, help, registers: [this.#registry] });
  }

  #histogram(name: string, help: string, labelNames: string[], buckets = DELAY_BUCKETS): Histogram {
    return new Histogram({ name, help, labelNames, buckets, registers: [this.#registry] });
  }
}
