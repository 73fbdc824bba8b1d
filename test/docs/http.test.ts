import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TokenkeepError } from '../../shared/errors/tokenkeep-error.ts';
import { problem } from '../../shared/http/respond.ts';
import { idTokenClaimTypes } from '../../shared/providers/claim-types.ts';
import { entryView } from '../../shared/sessions/entry-view.ts';
import { Secret } from '../../shared/telemetry/secret.ts';
import { type LocalApp, localApp, signedIn } from '../fixtures/local-app.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string) => readFileSync(`${root}/${path}`, 'utf8');
const page = read('docs/reference/http.md');

/** The JSON examples below a heading, in the order of the page. */
function examples(heading: string): unknown[] {
  const below = page.split(/^(?=#{2,3} )/m).find((section) => section.startsWith(`${heading}\n`)) ?? '';
  return [...below.matchAll(/^```json\n(.*?)^```/gms)].map(([, text = '']): unknown => JSON.parse(text));
}

/** The members of a document and the kinds of their values, in their order; of an array those of its first element. */
function shape(value: unknown): unknown {
  if (Array.isArray(value)) return value.slice(0, 1).map(shape);
  if (typeof value !== 'object' || value === null) return typeof value;
  return Object.entries(value).map(([name, inner]) => [name, shape(inner)]);
}

describe('the routes', () => {
  const registered = globSync('functions/*.ts', { cwd: root })
    .flatMap((file) => [...read(file).matchAll(/^httpTrigger\('\w+', '([^']+)', \[([^\]]+)\]/gm)])
    .map(([, route, methods = '']) => ({ route, methods: methods.replaceAll("'", '').split(', ') }));

  it('are those that the functions register, with their methods', () => {
    const rows = [...page.matchAll(/^\| \[`([^`]+)`\]\(#[\w-]+\) \| ([A-Z, ]+) \| .+ \|$/gm)];
    const described = rows.map(([, route, methods = '']) => ({ route, methods: methods.split(', ') }));
    const sorted = (routes: typeof registered) =>
      routes.toSorted((one, other) => (`${one.route} ${one.methods}` < `${other.route} ${other.methods}` ? -1 : 1));
    expect(registered.length).toBeGreaterThan(5);
    expect(sorted(described)).toEqual(sorted(registered));
  });

  it.each(registered)('$route has a section of its own', ({ route, methods }) => {
    const [last = '', ...others] = methods.toReversed();
    const before = others.toReversed().map((method) => `\`${method}\`, `);
    expect(page).toContain(`\n## ${before.join('')}\`${last} /.auth/${route}\`\n`);
  });
});

describe('the examples have the members of the real answers, in their order', () => {
  let local: LocalApp;
  let cookie: string;
  let token: string;
  beforeAll(async () => {
    local = await localApp();
    ({ cookie } = await signedIn(local));
    token = cookie.slice(cookie.indexOf('=') + 1);
  });
  afterAll(() => local.close());

  async function expectShape(example: unknown, response: Response): Promise<void> {
    expect(response.ok).toBe(true);
    expect(shape(example)).toEqual(shape(await response.json()));
  }

  it('a problem document, to the letter', async () => {
    const error = new TokenkeepError('session_unreadable', { detail: 'seal_broken' });
    const answer = problem(error, new Request('https://auth.example.com/.auth/me'), '/.auth/login/contoso');
    const [example] = examples('## Common to all');
    expect(JSON.stringify(example)).toBe(await answer.text());
  });

  it('an entry with every member', () => {
    const entry = {
      issuer: 'https://login.contoso.example',
      subject: '248289761001',
      claims: { sub: '248289761001', groups: ['staff'] },
      accessToken: new Secret('access_token', 'sO83-5Vh…'),
      idToken: new Secret('id_token', 'eyJhbGci…'),
      refreshToken: new Secret('refresh_token', 'v1.MkT9…'),
      issuedAt: Date.UTC(2026, 10, 21, 4, 26, 48) / 1000,
      expiresAt: Date.UTC(2026, 10, 21, 5, 26, 48) / 1000,
      refreshAt: Date.UTC(2026, 10, 21, 5, 14, 2) / 1000,
      failures: 0,
      dead: { at: Date.UTC(2026, 10, 21, 5, 14, 2) / 1000, reason: 'invalid_grant' },
      history: [{ at: Date.UTC(2026, 10, 21, 4, 26, 48) / 1000, by: 'sweep' as const }],
    };
    const rules = {
      userId: 'ada@example.com',
      claimTypes: { types: idTokenClaimTypes },
      legacyClaims: true,
      exposed: ['access_token', 'id_token', 'refresh_token'] as const,
      token: entry,
    };
    const [example] = examples('## `GET /.auth/me`');
    expect(JSON.stringify(example)).toBe(JSON.stringify([entryView('contoso', entry, rules)]));
  });

  it('refresh by cookie and by header', async () => {
    const [byCookie] = examples('## `GET`, `POST /.auth/refresh`');
    await expectShape(byCookie, await local.fetch('/.auth/refresh', { headers: { cookie } }));
    const [byHeader] = examples('### Token reply');
    await expectShape(byHeader, await local.fetch('/.auth/refresh', { headers: { 'x-zumo-auth': token } }));
  });

  it('sessions', async () => {
    await local.fetch('/.auth/refresh', { headers: { cookie } });
    const [example] = examples('## `GET /.auth/sessions`');
    await expectShape(example, await local.fetch('/.auth/sessions', { headers: { cookie } }));
  });

  it('the published keys, and the claims of a session token', async () => {
    const [keys, claims] = examples('## `GET /.auth/keys`');
    await expectShape(keys, await local.fetch('/.auth/keys'));
    expect(shape(claims)).toEqual(shape(decodeJwt(token)));
  });

  it('health, good and bad', async () => {
    const [good, bad] = examples('## `GET /.auth/health`');
    await expectShape(good, await local.fetch('/.auth/health'));
    local.services.vault.control.disable('tokenkeep-wrap');
    local.clock.advance(3 * 3600);
    const response = await local.fetch('/.auth/health');
    local.services.vault.control.enable('tokenkeep-wrap');
    expect(response.status).toBe(503);
    const { status, checks } = (await response.json()) as { status: string; checks: unknown[] };
    expect(page).toContain(`\`status\` is \`${status}\``);
    expect(shape(checks)).toEqual([shape(bad)]);
  });
});
