import { pathToFileURL } from 'node:url';
import { AppContext } from '../dev/host/app-context.ts';
import { installFunctionsCore } from '../dev/host/functions-core.ts';

// Prints the milliseconds that one import of a function app takes, once the host's own module is there.
const [, , file = ''] = process.argv;
installFunctionsCore(new AppContext(() => undefined));
const from = performance.now();
await import(pathToFileURL(file).href);
console.log(performance.now() - from);
process.exit(0);
