import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, type IncomingHttpHeaders, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { openScriptedServer, uws, ws } from '../support/scripted-server.ts';
import { NO_UWS, runsUws } from '../support/uws.ts';

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** All requests share one connection: an answer whose end is not where its reader looks for it would spoil the next. */
function openReader(url: string) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const ask = (path: string, tag?: string, method = 'GET'): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const headers = tag === undefined ? {} : { 'if-none-match': tag };
      const asking = request(url + path, { agent, method, headers }, (response) => {
        let text = '';
        response.on('data', (chunk) => (text += chunk));
        response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, text }));
      });
      asking.on('error', reject);
      asking.end();
    });
  return { ask, close: () => agent.destroy() };
}

for (const [name, transport] of Object.entries({ ws, uws }))
  t.test(
    `over ${name} a file that the reader has already is not sent again`,
    { skip: name === 'uws' && !runsUws ? NO_UWS : false },
    async (t) => {
      const web = mkdtempSync(join(tmpdir(), 'sotto-pages-'));
      writeFileSync(join(web, 'index.html'), 'page one');
      writeFileSync(join(web, 'app.js'), 'program one');
      const server = await openScriptedServer([], 1, { web, transport });
      const { ask, close } = openReader(server.url);
      t.teardown(async () => {
        close();
        await server.close();
        rmSync(web, { recursive: true });
      });

      const first = await ask('/');
      t.match(first, {
        status: 200,
        text: 'page one',
        headers: { etag: /^"[\w-]{20,}"$/, 'cache-control': 'no-cache' },
      });
      const tag = first.headers.etag!;
      const script = await ask('/app.js');
      t.not(script.headers.etag, tag, 'another file has another tag');

      for (const known of [tag, `W/${tag}`, `"other", ${tag}`, '*']) {
        const again = await ask('/', known);
        t.match(
          again,
          { status: 304, text: '', headers: { etag: tag, 'content-security-policy': /script-src/ } },
          known,
        );
        t.notOk(Number(again.headers['content-length']) === 0, 'it does not say that the page is empty');
      }
      t.match(await ask('/', tag, 'HEAD'), { status: 304, text: '' });
      t.match(await ask('/', '"other"'), { status: 200, text: 'page one' });
      t.match(await ask('/', '', 'HEAD'), { status: 200, text: '', headers: { etag: tag } });
      t.equal((await ask('/absent.html', '*')).status, 404, 'what is not there has not stayed the same');

      writeFileSync(join(web, 'index.html'), 'page two, a new build');
      const changed = await ask('/', tag);
      t.match(changed, { status: 200, text: 'page two, a new build' });
      t.not(changed.headers.etag, tag);
      writeFileSync(join(web, 'index.html'), 'page one');
      t.equal((await ask('/')).headers.etag, tag, 'the same content has the same tag');
      t.match(await ask('/app.js', script.headers.etag), { status: 304 });
    },
  );
