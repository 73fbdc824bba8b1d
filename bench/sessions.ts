import { Browser } from '../dev/provider/sign-in-client.ts';
import type { Stack } from '../dev/stack.ts';
import { createApp } from '../shared/app.ts';
import { machine, seconds } from '../shared/platform.ts';
import { loadSettings } from '../shared/settings/load.ts';
import { createLog } from '../shared/telemetry/log.ts';
import { Secret } from '../shared/telemetry/secret.ts';
import { sessionIdOf } from '../shared/token-store/names.ts';

/** Signs somebody in and stores that session again and again under keys of its own. Gives a session token of each. */
export async function storeSessions({ origin, services }: Stack, count: number): Promise<string[]> {
  const browser = new Browser();
  await browser.signIn(`${origin}/.auth/login/demo`, { account: 'ada@example.com' });
  const cookie = browser.cookies(origin)['AppServiceAuthSession'] ?? '';
  Object.assign(process.env, services.identity.environment);
  const settings = loadSettings(services.environment, process.cwd(), seconds(machine.clock));
  const app = createApp(
    settings,
    machine,
    createLog(machine.clock.now, () => {}),
  );
  const { key } = await app.sessionTokens.verify(new Secret('session_token', cookie), 0);
  const stored = key && (await app.store.read(sessionIdOf(key)));
  if (!stored) throw new Error('the sign-in left no session');
  const made: string[] = [];
  while (made.length < count) {
    const another = Buffer.from(machine.random.bytes(32)).toString('base64url') as typeof key;
    const session = { ...stored.session, id: sessionIdOf(another) };
    await app.store.create(session);
    made.push((await app.sessionTokens.issue(session, another)).reveal());
  }
  return made;
}
