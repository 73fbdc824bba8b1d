import { isSecureOrLoopback } from '../http/loopback.ts';
import { Secret } from '../telemetry/secret.ts';
import type { AuthJson } from './auth-json.ts';
import type { SettingValues } from './environment.ts';
import type { Problem } from './problems.ts';
import { readSasUrl } from './sas-url.ts';
import type { ContainerSettings, HostStorage } from './settings.ts';

/** The token container: a URL for the app's identity, or a SAS URL that is good at `now` (seconds). */
export function container(auth: AuthJson, values: SettingValues, now: number, problems: Problem[]): ContainerSettings {
  const { sasUrlSettingName, blobContainerUri, clientId } = auth.login.tokenStore.azureBlobStorage;
  if (blobContainerUri !== undefined) {
    const identity = clientId ?? values.get('AZURE_CLIENT_ID');
    return { url: blobContainerUri, ...(identity === undefined ? {} : { clientId: identity }) };
  }
  const path = sasUrlSettingName ?? 'WEBSITE_AUTH_TOKEN_CONTAINER_SASURL';
  const text = values.get(path) ?? '';
  const grant = text === '' ? { found: 'nothing', expected: 'a container SAS URL' } : readSasUrl(text, now);
  if ('found' in grant) {
    problems.push({ path, ...grant });
    return { url: '' };
  }
  return { sasUrl: new Secret('sas_url', text), ...grant };
}

/**
 * The host's own storage connection: a connection string, or the settings of an identity-based one
 * (https://learn.microsoft.com/azure/azure-functions/functions-reference#connecting-to-host-storage-with-an-identity).
 */
export function hostStorage(values: SettingValues, problems: Problem[]): HostStorage {
  const connection = values.get('AzureWebJobsStorage');
  if (connection !== undefined) return { connectionString: new Secret('connection_string', connection) };

  const account = values.get('AzureWebJobsStorage__accountName');
  const url =
    values.get('AzureWebJobsStorage__queueServiceUri') ?? (account && `https://${account}.queue.core.windows.net`);
  if (!url || !URL.canParse(url) || !isSecureOrLoopback(new URL(url))) {
    const found = url ? 'an identity-based connection without an https address' : 'nothing';
    const expected = 'a connection string, or AzureWebJobsStorage__accountName for the app identity';
    problems.push({ path: 'AzureWebJobsStorage', found, expected });
    return { queueServiceUrl: '' };
  }
  const clientId = values.get('AzureWebJobsStorage__clientId') ?? values.get('AZURE_CLIENT_ID');
  return { queueServiceUrl: url, ...(clientId === undefined ? {} : { clientId }) };
}
