import type { AuthJson } from './auth-json.ts';
import type { ForwardProxySettings } from './settings.ts';

/** Which headers a proxy in front sets: by convention those of https://learn.microsoft.com/azure/app-service/overview-authentication-authorization#considerations-when-using-azure-front-door. */
export function forwardProxy(configured: AuthJson['httpSettings']['forwardProxy']): ForwardProxySettings {
  const { convention, customHostHeaderName, customProtoHeaderName } = configured;
  switch (convention) {
    case 'none':
      return { convention };
    case 'standard':
      return { convention, hostHeader: 'x-forwarded-host', protoHeader: 'x-forwarded-proto' };
    case 'custom':
      return {
        convention,
        ...(customHostHeaderName === undefined ? {} : { hostHeader: customHostHeaderName }),
        ...(customProtoHeaderName === undefined ? {} : { protoHeader: customProtoHeaderName }),
      };
  }
}
