import { isSecureOrLoopback } from '../http/loopback.ts';
import { Secret } from '../telemetry/secret.ts';
import type { SettingValues } from './environment.ts';
import type { Problem } from './problems.ts';
import type { HostStorage } from './settings.ts';

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
