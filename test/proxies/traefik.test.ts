import { guardsTheSite } from './guards-the-site.ts';

guardsTheSite(
  { name: 'traefik', passesCookies: true },
  {
    configuration: 'traefik.yml',
    addresses: { '127.0.0.1:7071': 'tokenkeep', '127.0.0.1:8080': 'site' },
    hostName: 'site.example.com',
    command: (file, _folder, port) => ({
      arguments: [
        `--entrypoints.web.address=127.0.0.1:${port}`,
        `--providers.file.filename=${file}`,
        '--global.checknewversion=false',
        '--global.sendanonymoususage=false',
        '--log.level=ERROR',
      ],
    }),
  },
);
