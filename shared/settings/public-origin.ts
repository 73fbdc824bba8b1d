import { isSecureOrLoopback } from '../http/loopback.ts';
import type { SettingValues } from './environment.ts';
import type { Problem } from './problems.ts';
import { isOrigin } from './values.ts';

/** The origin that browsers see where TOKENKEEP_PUBLIC_URL does not say: https and the host name of the platform. */
export function platformOrigin(values: SettingValues, problems: Problem[]): string {
  const host = values.get('WEBSITE_HOSTNAME');
  if (host === undefined) {
    const expected = 'an https origin such as https://auth.example.com';
    problems.push({ path: 'TOKENKEEP_PUBLIC_URL', found: 'nothing', expected });
    return '';
  }
  const [plain, secure] = [`http://${host}`, `https://${host}`].map((text) => URL.parse(text));
  if (plain && isOrigin(plain) && isSecureOrLoopback(plain)) return plain.origin;
  if (secure && isOrigin(secure)) return secure.origin;
  const expected = 'a host name such as name.azurewebsites.net';
  problems.push({ path: 'WEBSITE_HOSTNAME', found: 'a text that is no host name', expected });
  return '';
}
