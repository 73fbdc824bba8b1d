import type { OpenIdConnectSettings } from '../providers/openid-connect.ts';
import { Secret } from '../telemetry/secret.ts';
import type { AuthJson } from './auth-json.ts';
import type { SettingValues } from './environment.ts';
import type { Problem } from './problems.ts';

type Registered = AuthJson['identityProviders']['customOpenIdConnectProviders'][string];

/** The identity providers that are enabled, with their client secrets. */
export function providers(auth: AuthJson, values: SettingValues, problems: Problem[]): OpenIdConnectSettings[] {
  return Object.entries(auth.identityProviders.customOpenIdConnectProviders)
    .filter(([, { enabled }]) => enabled)
    .map(([name, registered]) => provider(name, registered, values, problems));
}

function provider(
  name: string,
  { registration, login }: Registered,
  values: SettingValues,
  problems: Problem[],
): OpenIdConnectSettings {
  const { method, clientSecretSettingName: setting } = registration.clientCredential;
  const secret = values.get(setting) ?? '';
  if (!clientSecretText.test(secret)) {
    const path = `${isSettingLike(setting) ? setting : 'the app setting'} (named by auth.json for provider ${name})`;
    const found = secret === '' ? 'nothing' : 'characters that a client secret cannot have';
    problems.push({ path, found, expected: 'the client secret' });
  }
  const { nameClaimType } = login;
  return {
    name: name.toLowerCase(),
    clientId: registration.clientId,
    clientSecret: new Secret('client_secret', secret),
    clientAuthentication: method === 'ClientSecretBasic' ? 'client_secret_basic' : 'client_secret_post',
    endpoints: endpoints(registration.openIdConnectConfiguration),
    scopes: login.scopes,
    loginParameters: Object.fromEntries(login.loginParameters.map(splitParameter)),
    ...(nameClaimType === undefined ? {} : { nameClaim: nameClaimType }),
  };
}

/** RFC 6749 appendix A.2. */
const clientSecretText = /^[ -~]+$/;

/** Words in capitals, as such names are by custom. Anything else may be the secret itself and is not told. */
function isSettingLike(name: string): boolean {
  return /^[A-Z\d]+(_[A-Z\d]+)+$/.test(name);
}

function endpoints(
  configured: Registered['registration']['openIdConnectConfiguration'],
): OpenIdConnectSettings['endpoints'] {
  const { wellKnownOpenIdConfiguration: wellKnown, issuer } = configured;
  if (wellKnown !== undefined) return { wellKnown, ...(issuer === undefined ? {} : { issuer }) };
  const { authorizationEndpoint = '', tokenEndpoint = '', certificationUri = '' } = configured;
  return { issuer: issuer ?? '', authorizationEndpoint, tokenEndpoint, jwksUri: certificationUri };
}

function splitParameter(parameter: string): [string, string] {
  const at = parameter.indexOf('=');
  return [parameter.slice(0, at), parameter.slice(at + 1)];
}
