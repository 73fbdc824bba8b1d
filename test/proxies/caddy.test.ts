import { guardsTheSite } from './guards-the-site.ts';

guardsTheSite(
  { name: 'caddy', passesCookies: false },
  {
    configuration: 'Caddyfile',
    showsKey: true,
    addresses: { 'localhost:8000': 'proxy', '127.0.0.1:7071': 'tokenkeep', '127.0.0.1:8080': 'site' },
    command: (file, folder) => ({
      arguments: ['run', '--config', file, '--adapter', 'caddyfile'],
      // The interface for changes while it runs, on a socket of its own.
      env: { XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder, CADDY_ADMIN: `unix/${folder}/admin.sock` },
    }),
  },
);
