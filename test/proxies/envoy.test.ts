import { guardsTheSite } from './guards-the-site.ts';

guardsTheSite(
  { name: 'envoy', passesCookies: true },
  {
    configuration: 'envoy.yaml',
    addresses: { 'port_value: 8000': 'proxy', 'port_value: 7071': 'tokenkeep', 'port_value: 8080': 'site' },
    command: (file) => ({
      arguments: ['-c', file, '--concurrency', '1', '--log-level', 'error', '--use-dynamic-base-id'],
    }),
  },
);
