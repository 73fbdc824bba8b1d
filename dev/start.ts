import { existsSync, mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundle } from './build.ts';
import { isFree, keptPorts, type Ports } from './ports.ts';
import { type HostCommand, localHost, type Stack, startStack } from './stack.ts';

/** `npm start`: the whole local stack, until Ctrl-C. `npm run start:func`: the same with Core Tools as the host. */
async function main(): Promise<void> {
  const withCoreTools = process.argv.includes('--func');
  const port = wholeNumber('PORT', 7071, 65_000);
  const accessTokenSeconds = wholeNumber('DEMO_ACCESS_TOKEN_SECONDS', 3600, 86_400);
  const directory = resolve(process.env['TOKENKEEP_DATA'] ?? '.tokenkeep');
  const hostCommand = withCoreTools ? coreTools(port) : localHost;

  mkdirSync(directory, { recursive: true });
  const ports = keptPorts(directory, port);
  await checkFree({ app: port, ...ports });
  await bundle();
  // The second registration is there to show connected accounts.
  const stack = await startStack({ directory, port, ports, accessTokenSeconds, hostCommand, further: ['second'] });
  stopOnSignal(stack);
  console.log(table(stack, directory, withCoreTools));
  console.log(`Tokenkeep is ready on ${stack.origin}`);
}

function wholeNumber(name: string, standard: number, largest: number): number {
  const text = process.env[name] ?? '';
  const value = text === '' ? standard : Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= largest) return value;
  throw new Error(`${name} must be a whole number from 1 to ${largest}, not "${text}".`);
}

/** `func`, if its package could be installed; its download is blocked on some machines. */
function coreTools(port: number): HostCommand {
  const file = fileURLToPath(new URL('../node_modules/.bin/func', import.meta.url));
  if (!existsSync(file)) {
    throw new Error('Azure Functions Core Tools are not installed here: use `npm start`, which needs only npm.');
  }
  return { file, arguments: ['start', '--port', String(port)], announces: false };
}

async function checkFree(ports: { readonly app: number } & Ports): Promise<void> {
  for (const [name, port] of Object.entries(ports)) {
    if (await isFree(port)) continue;
    const use = name === 'app' ? '' : ` (for the ${name} service)`;
    throw new Error(`Port ${port}${use} is in use: stop the other program, or set PORT and TOKENKEEP_DATA.`);
  }
}

function stopOnSignal(stack: Stack): void {
  let isStopping = false;
  const stop = async (code: number) => {
    if (isStopping) return;
    isStopping = true;
    await stack.close();
    process.exit(code);
  };
  process.on('SIGINT', () => stop(0)).on('SIGTERM', () => stop(0));
  const parts = { 'function host': stack.host.process, Azurite: stack.services.azurite.process };
  for (const [name, child] of Object.entries(parts)) {
    child.once('exit', () => {
      if (isStopping) return;
      console.error(`The ${name} has ended by itself; stopping the rest.`);
      stop(1);
    });
  }
}

function table({ origin, services }: Stack, directory: string, withCoreTools: boolean): string {
  const { vault, identity, provider, azurite } = services;
  const rows = [
    ['Demo page', withCoreTools ? `not with Core Tools; sign in at ${origin}/.auth/login/demo` : `${origin}/`],
    ['Sign in', `${origin}/.auth/login/demo`],
    ['Claims and tokens', `${origin}/.auth/me`],
    ['Health', `${origin}/.auth/health`],
    ['Demo identity provider', provider.issuer],
    ['Key Vault emulator', vault.url],
    ['Managed identity', identity.endpoint],
    ['Azurite, blobs', azurite.blobUrl],
    ['Azurite, queues', azurite.queueUrl],
    ['Data', directory],
  ];
  return `\n${rows.map(([name = '', value = '']) => `  ${name.padEnd(24)}${value}`).join('\n')}\n`;
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
