import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { guardsTheSite } from './guards-the-site.ts';

guardsTheSite(
  { name: 'nginx', passesCookies: true },
  {
    configuration: 'nginx.conf',
    addresses: { '127.0.0.1:8000': 'proxy', '127.0.0.1:7071': 'tokenkeep', '127.0.0.1:8080': 'site' },
    command(file, folder) {
      const main = join(folder, 'main.conf');
      const scratch = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${kind};`);
      // Continuous integration runs as root, whose folder the workers could not read otherwise.
      const user = process.getuid?.() === 0 ? 'user root;\n' : '';
      writeFileSync(
        main,
        `${user}worker_processes 1;\npid nginx.pid;\nevents {}\nhttp {\naccess_log off;\n${scratch.join('\n')}\ninclude ${file};\n}\n`,
      );
      return { arguments: ['-p', folder, '-c', main, '-e', 'stderr', '-g', 'daemon off;'] };
    },
  },
);
