import { isSecureOrLoopback } from '../http/loopback.ts';
import { Secret } from '../telemetry/secret.ts';
import type { ShardMark } from '../token-store/placement.ts';
import { secondaryUrl } from '../token-store/secondary-reads.ts';
import type { AuthJson } from './auth-json.ts';
import type { SettingValues } from './environment.ts';
import type { Problem } from './problems.ts';
import { readSasUrl } from './sas-url.ts';
import type { ContainerGrant, ContainerSettings, Settings } from './settings.ts';

type Fault = Pick<Problem, 'found' | 'expected'>;
/** What the URL of a container grants, or what is wrong with it. */
type Read = (url: string) => ContainerGrant | Fault;

const further = 'TOKENKEEP_FURTHER_CONTAINERS';

/**
 * The token containers, of which the first has the key ring: SAS URLs that are good at `now` (seconds) in one app
 * setting, or the URL in auth.json and those in an app setting beside it, for the app's identity. Undefined where none
 * can be used.
 */
export function containers(
  auth: AuthJson,
  values: SettingValues,
  now: number,
  problems: Problem[],
): Settings['containers'] | undefined {
  const { sasUrlSettingName, blobContainerUri, clientId } = auth.login.tokenStore.azureBlobStorage;
  const sasSetting = sasUrlSettingName ?? 'WEBSITE_AUTH_TOKEN_CONTAINER_SASURL';
  const listed = (name: string) => (values.get(name) ?? '').split(/\s+/).filter((text) => text !== '');

  if (blobContainerUri !== undefined) {
    const identity = clientId ?? values.get('AZURE_CLIENT_ID');
    const byIdentity: Read = (url) => plainFault(url) ?? (identity === undefined ? {} : { clientId: identity });
    return allOf(further, [blobContainerUri, ...listed(further)], byIdentity, problems);
  }
  if (values.has(further)) {
    problems.push({
      path: further,
      found: 'a list',
      expected: `none beside a SAS: all SAS URLs belong into ${sasSetting}`,
    });
  }
  const bySas: Read = (url) => {
    const grant = readSasUrl(url, now);
    return 'found' in grant ? grant : { sasUrl: new Secret('sas_url', url), ...grant };
  };
  return allOf(sasSetting, listed(sasSetting), bySas, problems);
}

/** Reports the containers of which it cannot be told where their secondary is. */
export function checkSecondaries(found: Settings['containers'], problems: Problem[]): void {
  for (const { address } of found.filter((one) => secondaryUrl(one.address) === undefined)) {
    const expected = 'addresses of the service itself, such as https://name.blob.core.windows.net/tokens';
    problems.push({ path: 'TOKENKEEP_READ_SECONDARY', found: `true with the container ${address}`, expected });
  }
}

function allOf(
  path: string,
  texts: readonly string[],
  read: Read,
  problems: Problem[],
): Settings['containers'] | undefined {
  const found: ContainerSettings[] = [];
  for (const [at, text] of texts.entries()) {
    const one = settingsOf(text, at === 0, found, read);
    // The address tells which one it is, and is all that may be said of a SAS URL.
    const which = addressOf(text) ?? `number ${at + 1}`;
    if ('found' in one) problems.push({ path: texts.length === 1 ? path : `${path} (${which})`, ...one });
    else found.push(one);
  }
  if (texts.length === 0) problems.push({ path, found: 'nothing', expected: 'a container SAS URL' });
  const [first, ...others] = found;
  return first && [first, ...others];
}

function settingsOf(
  text: string,
  isFirst: boolean,
  before: readonly ContainerSettings[],
  read: Read,
): ContainerSettings | Fault {
  const [url = '', fragment] = text.split('#');
  const grant = read(url);
  if ('found' in grant) return grant;
  const address = addressOf(url) ?? '';
  if (before.some((one) => one.address === address)) {
    return { found: 'a container that was named before', expected: 'each container once' };
  }
  if (fragment === undefined) return { address, ...grant };
  if (!isMark(fragment)) return { found: 'an unknown mark', expected: '#closed, #half-open or no mark' };
  if (isFirst) return { found: 'a mark', expected: 'none at the first container, which has the key ring' };
  return { address, mark: fragment, ...grant };
}

function isMark(text: string): text is ShardMark {
  return text === 'closed' || text === 'half-open';
}

/** What is wrong with a container's URL for an identity. */
function plainFault(text: string): Fault | undefined {
  const expected = 'https URLs of containers without a SAS, separated by white space';
  const url = URL.parse(text);
  if (!url) return { found: 'text that is not a URL', expected };
  if (!isSecureOrLoopback(url)) return { found: 'a URL that is not https', expected };
  if (addressOf(text) === url.origin) return { found: 'a URL that names no container', expected };
  return url.search === '' ? undefined : { found: 'a URL with a query', expected };
}

/** A container's URL without query and fragment; undefined for what is no http URL and may be anything. */
function addressOf(text: string): string | undefined {
  const { protocol, origin, pathname } = URL.parse(text) ?? {};
  if (protocol !== 'https:' && protocol !== 'http:') return undefined;
  return `${origin}${pathname}`.replace(/\/+$/, '');
}
